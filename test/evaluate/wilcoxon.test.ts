import { describe, expect, it } from 'vitest';
import { wilcoxonSignedRank } from '../../src/evaluate/wilcoxon.js';

const against0 = (differences: number[]) =>
  wilcoxonSignedRank(
    differences,
    differences.map(() => 0),
  );

describe('Wilcoxon signed-rank test', () => {
  it('Hollander and Wolfe’s depression scores: V = 40, p = 0.03906', () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const test = wilcoxonSignedRank(before, after);
    expect(test).toMatchObject({ positiveRanks: 40, negativeRanks: 5, pairs: 9, method: 'exact' });
    expect(test.pValue).toBeCloseTo(0.0390625, 12);
  });

  it('Darwin’s maize: W = 24 of 15 pairs, exact p = 0.04126', () => {
    const test = against0([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]);
    expect(test.negativeRanks).toBe(24);
    expect(test.pValue).toBeCloseTo(0.041259765625, 12);
  });

  it.each([
    // Largest W with two-sided p ≤ 0.05 in the published tables.
    [6, 0],
    [7, 2],
    [8, 3],
    [9, 5],
    [10, 8],
    [15, 25],
    [20, 52],
    [25, 89],
    [30, 137],
  ])('table of critical values: n = %i, W = %i', (n, critical) => {
    const withW = (w: number) => {
      let left = w;
      const differences: number[] = [];
      for (let rank = n; rank >= 1; rank--) {
        const negative = rank <= left;
        if (negative) left -= rank;
        differences.push(negative ? -rank : rank);
      }
      return against0(differences);
    };
    expect(withW(critical).negativeRanks).toBe(critical);
    expect(withW(critical).pValue).toBeLessThanOrEqual(0.05);
    expect(withW(critical + 1).pValue).toBeGreaterThan(0.05);
  });

  it('ties and zeros: the normal approximation of scipy', () => {
    const few = against0([1, 2, 2, 3, -1, 4, 0, 5, 6, 6, -2, 7, 8, 9, 10, 0, -3, 11, 12, 12]);
    expect(few).toMatchObject({ negativeRanks: 12, pairs: 18, method: 'normal' });
    expect(few.pValue).toBeCloseTo(0.0013553672327609053, 12);
    const many = against0(Array.from({ length: 60 }, (_, i) => (((i * 37) % 101) - 45) / 10));
    expect(Math.min(many.positiveRanks, many.negativeRanks)).toBe(763.5);
    expect(many.pValue).toBeCloseTo(0.2647081919479235, 12);
  });

  it('far in the tail the approximation stays accurate, relative to erfc', () => {
    // n = 300, all positive: z = 15.0125…, 2·Φ(−z) by scipy.stats.norm.sf
    const { pValue } = against0(Array.from({ length: 300 }, (_, i) => i + 1));
    expect(pValue / 6.083559849691437e-51).toBeCloseTo(1, 9);
  });

  it('no difference at all: p = 1', () => {
    expect(against0([0, 0, 0])).toMatchObject({ pairs: 0, pValue: 1 });
  });
});
