import { describe, expect, it } from 'vitest';
import { indicatorCurve, methodRows, pairedTests, type Run } from '../../docs/results/measure/ablation.js';
import type { LogLine } from '../../src/training/log.js';

/** Twelve patients under two combinations; patient i has the Dice base + i/100. */
function run(method: string, seed: number, base: number): Run {
  const values = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`p${i}`, base + i / 100]));
  const region = { values };
  const regions = { WT: region, TC: region, ET: region };
  return { method, seed, side: { combinations: { flair: regions, t1: regions } } };
}

describe('an ablation', () => {
  const runs = [run('GMD', 1, 0.62), run('GMD', 2, 0.64), run('mean loss', 1, 0.6), run('mean loss', 2, 0.6)];

  it('has one row per method, with every seed', () => {
    const [gmd] = methodRows(runs);
    expect(gmd).toMatchObject({ method: 'GMD', seeds: [1, 2], mean: { WT: [0.675, 0.695] } });
    expect(gmd.combinations.t1.ET).toBe(0.685);
  });

  it('tests methods against each other over patients, the seeds averaged, with Holm’s correction', () => {
    const tests = pairedTests(runs, [['GMD', 'mean loss']]);
    expect(tests).toHaveLength(3);
    expect(tests[0]).toMatchObject({
      first: 'GMD',
      second: 'mean loss',
      region: 'WT',
      patients: 12,
      difference: 0.03,
    });
    // All twelve differences are positive but tied: the normal approximation's p is near the exact 2/2^12.
    expect(tests[0].pValue).toBeLessThan(0.005);
    expect(tests[0].adjusted).toBeCloseTo(3 * tests[0].pValue, 12);
  });

  it('averages dominance and conflict over stretches of steps', () => {
    const step = (n: number, norms: number[], cosine: number): LogLine => ({
      kind: 'step',
      step: n,
      learningRate: 1,
      losses: {},
      objectives: ['a', 'b'],
      norms,
      cosines: [
        [1, cosine],
        [cosine, 1],
      ],
      stepsPerSecond: 1,
    });
    const lines = [step(1, [2, 1], 0.5), step(2, [4, 1], -0.5), step(3, [3, 1], -0.1), step(4, [1, 1], -0.2)];
    expect(indicatorCurve(lines, 2)).toEqual([
      { step: 2, dominance: 3, conflict: 0.5 },
      { step: 4, dominance: 2, conflict: 1 },
    ]);
    expect(indicatorCurve([], 2)).toEqual([]);
  });
});
