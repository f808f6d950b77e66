import { describe, expect, it } from 'vitest';
import { fitSwapCheck, fitUptakeCheck } from '../../src/measure/imageChecks.js';
import { solveSymmetric } from '../../src/measure/linear.js';
import { randomStream } from '../../src/training/random.js';

describe('linear equations', () => {
  it('are solved, and refused where the matrix is not positive definite', () => {
    const x = solveSymmetric(
      [
        [4, 2, 0],
        [2, 5, 3],
        [0, 3, 6],
      ],
      [8, 21, 24],
    );
    [1, 2, 3].forEach((expected, i) => expect(x![i]).toBeCloseTo(expected, 12));
    expect(
      solveSymmetric(
        [
          [1, 2],
          [2, 1],
        ],
        [1, 1],
      ),
    ).toBeNull();
  });
});

describe('fitting the checks of the images', () => {
  const random = randomStream(5);
  /** T1ce has a bright tail; `tail` 0 makes it a second T1. */
  const images = (tail: number) => ({
    t1: Float32Array.from({ length: 800 }, () => random.normal()),
    t1ce: Float32Array.from({ length: 800 }, (_, v) => random.normal() + (v % 40 === 0 ? tail : 0)),
  });
  const many = (count: number, tail: number) => Array.from({ length: count }, () => images(tail));

  it('finds swaps where the sequences differ, and says that it does not where they are alike', () => {
    const useful = fitSwapCheck(many(60, 6), many(40, 6), ['t1', 't1ce'])!;
    expect(useful.detection).toBe(1);
    expect(useful.falseAlarms).toBeLessThanOrEqual(0.025);
    expect(useful.below).toBeLessThanOrEqual(0);
    const useless = fitSwapCheck(many(60, 0), many(40, 0), ['t1', 't1ce'])!;
    expect(useless.detection).toBeLessThan(0.5);
    expect(fitSwapCheck(many(60, 6), many(40, 6), ['t1', 'flair'])).toBeNull();
  });

  it('takes the cut-off of contrast uptake from what is usual', () => {
    const { below, detection, cases } = fitUptakeCheck(many(40, 6), () => random.normal())!;
    expect(cases).toBe(40);
    expect(below).toBeGreaterThan(3);
    expect(detection).toBe(1);
    expect(fitUptakeCheck([], () => random.normal())).toBeNull();
  });
});
