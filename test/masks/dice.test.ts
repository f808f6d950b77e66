import { describe, expect, it } from 'vitest';
import { addOverlaps, dice, overlapOf, sensitivity, volumeError } from '../../src/masks/dice.js';

const mask = (...data: number[]) => ({ data: Uint8Array.from(data), size: [data.length, 1, 1] as const });

describe('overlap scores', () => {
  it('follow their definitions', () => {
    const overlap = overlapOf(mask(1, 1, 1, 0, 0, 0), mask(1, 1, 0, 1, 1, 0));
    expect(overlap).toEqual({ truePositives: 2, falsePositives: 1, falseNegatives: 2 });
    expect(dice(overlap)).toBeCloseTo(4 / 7, 15);
    expect(sensitivity(overlap)).toBe(0.5);
    expect(volumeError(overlap, 500)).toBe(-0.5);
  });

  it('both empty: Dice 1; one empty: Dice 0; empty truth: no sensitivity', () => {
    expect(dice(overlapOf(mask(0, 0), mask(0, 0)))).toBe(1);
    expect(dice(overlapOf(mask(0, 0), mask(1, 0)))).toBe(0);
    expect(dice(overlapOf(mask(1, 0), mask(0, 0)))).toBe(0);
    expect(sensitivity(overlapOf(mask(1, 0), mask(0, 0)))).toBeNull();
    expect(sensitivity(overlapOf(mask(0, 0), mask(1, 0)))).toBe(0);
  });

  it('counts of several parts add up to those of the whole', () => {
    const [a, b] = [overlapOf(mask(1, 0), mask(1, 1)), overlapOf(mask(0, 1), mask(0, 0))];
    expect(addOverlaps([a, b])).toEqual(overlapOf(mask(1, 0, 0, 1), mask(1, 1, 0, 0)));
  });
});
