import { describe, expect, it } from 'vitest';
import { conformalQuantile, leaveOneOutCoverage } from '../../src/evaluate/conformal.js';
import { randomStream } from '../../src/training/random.js';

describe('the split-conformal quantile', () => {
  it('is the ⌈(n + 1)·level⌉-th smallest score', () => {
    const scores = [9, 2, 7, 4, 1, 8, 3, 6, 5];
    expect(conformalQuantile(scores, 0.8)).toBe(8);
    expect(conformalQuantile(scores, 0.81)).toBe(9);
    expect(conformalQuantile(scores, 0.91)).toBe(Number.POSITIVE_INFINITY);
    expect(conformalQuantile([3], 0.5)).toBe(3);
    expect(conformalQuantile([], 0.5)).toBe(Number.POSITIVE_INFINITY);
  });

  it('covers new scores as often as promised, whatever their distribution', () => {
    const random = randomStream(3);
    const draw = () => random.uniform(0, 1) ** 6;
    let covered = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const scores = Array.from({ length: 19 }, draw);
      if (draw() <= conformalQuantile(scores, 0.8)) covered += 1;
    }
    // 4000 trials of probability 0.8: 3 standard deviations are 0.019.
    expect(Math.abs(covered / 4000 - 0.8)).toBeLessThan(0.019);
  });

  it('leaves one patient out in turn', () => {
    // Of n distinct scores exactly the ⌈n·level⌉ smallest lie under the quantile of the others.
    expect(leaveOneOutCoverage([5, 1, 4, 2, 3, 10, 9, 8, 7, 6], 0.8)).toBe(0.8);
    expect(leaveOneOutCoverage([1], 0.8)).toBeNull();
  });
});
