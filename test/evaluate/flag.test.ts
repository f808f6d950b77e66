import { describe, expect, it } from 'vitest';
import { flagBelow } from '../../src/evaluate/flag.js';

describe('a flag below a cut-off', () => {
  it('takes the cut-off from the good results alone, and counts what it finds of both', () => {
    const good = Array.from({ length: 11 }, (_, i) => ({ score: 0.5 + i / 20, poor: false }));
    const poor = [0.1, 0.52, 0.56, 0.99].map((score) => ({ score, poor: true }));
    const flag = flagBelow([...poor, ...good], 0.1);
    expect(flag).toMatchObject({ poor: 4, good: 11, detection: 0.5 });
    expect(flag!.below).toBeCloseTo(0.55, 12);
    expect(flag!.falseAlarms).toBeCloseTo(1 / 11, 12);
  });

  it('is none where a group is empty', () => {
    expect(flagBelow([{ score: 1, poor: true }], 0.1)).toBeNull();
    expect(flagBelow([{ score: 1, poor: false }], 0.1)).toBeNull();
  });
});
