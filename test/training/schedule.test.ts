import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../src/training/schedule.js';

const rates = (schedule: Parameters<typeof learningRateAt>[0]) =>
  [0, 25, 50, 100].map((step) => learningRateAt(schedule, 8e-4, step, 100));

describe('learning rate', () => {
  it('rises over the first steps where asked', () => {
    const constant = { kind: 'constant' } as const;
    const warm = [0, 1, 3, 4, 50].map((step) => learningRateAt(constant, 1, step, 100, 4));
    expect(warm).toEqual([0.25, 0.5, 1, 1, 1]);
  });

  it.each([
    [{ kind: 'constant' }, [1, 1, 1, 1]],
    [{ kind: 'polynomial', power: 0.9 }, [1, 0.75 ** 0.9, 0.5 ** 0.9, 0]],
    [{ kind: 'cosine' }, [1, (1 + Math.SQRT1_2) / 2, 0.5, 0]],
  ] as const)('%j', (schedule, expected) => {
    rates(schedule).forEach((rate, i) => {
      expect(rate).toBeCloseTo(8e-4 * expected[i], 15);
    });
  });

  it('does not rise again beyond the plan', () => {
    expect(learningRateAt({ kind: 'cosine' }, 1, 150, 100)).toBeCloseTo(0, 12);
    expect(learningRateAt({ kind: 'polynomial', power: 0.9 }, 1, 150, 100)).toBe(0);
  });
});
