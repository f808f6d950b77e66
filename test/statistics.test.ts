import { describe, expect, it } from 'vitest';
import { bootstrapInterval, holm, mean, quantile, quantileOfSorted, sortedOrder } from '../src/statistics.js';

describe('quantile', () => {
  it('interpolates as numpy does', () => {
    // numpy.percentile([7, 1, 3, 10], [0, 25, 50, 95, 100])
    const found = [0, 0.25, 0.5, 0.95, 1].map((fraction) => quantile([7, 1, 3, 10], fraction));
    [1, 2.5, 5, 9.55, 10].forEach((expected, i) => {
      expect(found[i]).toBeCloseTo(expected, 12);
    });
  });

  it('is that of the sorted values, with ties and in any order', () => {
    for (const length of [1, 2, 3, 50, 2001]) {
      for (const most of [2, 7, 1e6]) {
        const values = Array.from({ length }, (_, n) => Math.floor((Math.sin(n * 78.233) + 1) * most));
        const sorted = values.toSorted((a, b) => a - b);
        for (const order of [values, sorted, sorted.toReversed()])
          for (const fraction of [0, 0.1, 0.3, 0.5, 0.9, 1])
            expect(quantile(order, fraction)).toBe(quantileOfSorted(sorted, fraction));
      }
    }
  });

  it('sorts by value, not by text', () => {
    expect(quantile([10, 9, 100], 0.5)).toBe(10);
  });
});

describe('order of values', () => {
  it('is that of a sort by comparisons', () => {
    const values = Float32Array.from({ length: 5000 }, (_, n) => Math.sin(n * 12.9898) * 10 ** ((n % 9) - 4));
    values.set([0, -0, 1, 1, -1e-38, 1e38, -1e38]);
    const sorted = Array.from(sortedOrder(values), (n) => values[n]);
    expect(sorted.map((value) => value || 0)).toEqual(
      Array.from(values.slice().sort(), (value) => value || 0),
    );
    expect(Array.from(sortedOrder(new Float32Array(0)))).toEqual([]);
  });
});

describe('bootstrap interval of the mean', () => {
  it('comes close to the normal interval for many values', () => {
    const values = Array.from({ length: 400 }, (_, i) => Math.sin(i * 1.7) + (i % 7) / 7);
    const average = mean(values);
    const deviation = Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
    const half = (1.959964 * deviation) / Math.sqrt(values.length);
    const { low, high } = bootstrapInterval(values);
    expect(Math.abs(low - (average - half))).toBeLessThan(0.05 * half);
    expect(Math.abs(high - (average + half))).toBeLessThan(0.05 * half);
  });

  it('has the binomial quantiles of two values', () => {
    // Means of 2 draws from {0, 1}: 0, ½, 1 with ¼, ½, ¼.
    expect(bootstrapInterval([0, 1], { level: 0.4 })).toEqual({ low: 0.5, high: 0.5 });
    expect(bootstrapInterval([0, 1], { level: 0.6 })).toEqual({ low: 0, high: 1 });
  });

  it('is the same for the same seed, and a point for one patient', () => {
    const values = [0.2, 0.9, 0.4, 0.75, 0.66];
    expect(bootstrapInterval(values, { seed: 3 })).toEqual(bootstrapInterval(values, { seed: 3 }));
    expect(bootstrapInterval([0.7])).toEqual({ low: 0.7, high: 0.7 });
  });
});

describe('Holm', () => {
  it('gives the adjusted values of R’s p.adjust', () => {
    // p.adjust(c(0.01, 0.04, 0.03, 0.005), 'holm')
    [0.03, 0.06, 0.06, 0.02].forEach((expected, i) => {
      expect(holm([0.01, 0.04, 0.03, 0.005])[i]).toBeCloseTo(expected, 12);
    });
    expect(holm([0.5, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
