import { describe, expect, it } from 'vitest';
import { compareArms, processOf, type Run } from '../../docs/results/measure/ablation.js';
import type { StepLine } from '../../src/training/log.js';

/** Four seeds of an arm: WT as given, TC and ET the same in all arms of a seed. */
function arm(name: string, wt: readonly number[]): Run[] {
  return wt.map((dice, i) => ({ arm: name, seed: i + 1, dice: { WT: dice, TC: 0.6 + i / 100, ET: 0.5 } }));
}

describe('arms compared over seeds', () => {
  // Of 0.02, 0.03, 0.01, 0.04: mean 0.025, standard error 0.0064550; t for 3 degrees of freedom 3.182446 (95 %), 2.353363 (90 %);
  // p of t = 3.872983 is 0.030466 (scipy.stats.ttest_1samp).
  const runs = [...arm('paper', [0.72, 0.73, 0.71, 0.74]), ...arm('mean', [0.7, 0.7, 0.7, 0.7])];

  it('gives t-intervals of the paired differences, the seed as the unit', () => {
    const [wt] = compareArms(runs, [['paper', 'mean']]);
    expect(wt.mean).toBeCloseTo(0.025, 10);
    expect(wt.interval95[0]).toBeCloseTo(0.025 - 3.182446 * 0.006454972, 6);
    expect(wt.interval95[1]).toBeCloseTo(0.025 + 3.182446 * 0.006454972, 6);
    expect(wt.interval90[0]).toBeCloseTo(0.025 - 2.353363 * 0.006454972, 6);
    expect(wt.adjustedP).toBeCloseTo(3 * 0.030466, 4);
  });

  it('says undecided where Holm’s correction takes the difference back', () => {
    expect(compareArms(runs, [['paper', 'mean']])[0].verdict).toBe('undecided');
  });

  it('says better or worse where the difference stands', () => {
    const better = [...arm('paper', [0.72, 0.721, 0.72, 0.719]), ...arm('mean', [0.7, 0.7, 0.7, 0.7])];
    expect(compareArms(better, [['paper', 'mean']])[0].verdict).toBe('better');
    expect(compareArms(better, [['mean', 'paper']])[0].verdict).toBe('worse');
  });

  it('says equivalent where the 90 % interval lies within a point', () => {
    const close = [...arm('paper', [0.702, 0.698, 0.701, 0.7]), ...arm('mean', [0.7, 0.7, 0.7, 0.7])];
    const [wt, tc] = compareArms(close, [['paper', 'mean']]);
    expect(wt.verdict).toBe('equivalent');
    expect(tc).toMatchObject({ mean: 0, adjustedP: 1, verdict: 'equivalent' });
  });

  it('refuses a single seed', () => {
    const one = runs.filter(({ seed }) => seed === 1);
    expect(() => compareArms(one, [['paper', 'mean']])).toThrow('two are needed');
  });
});

it('sums up what happened between the objectives, over the steps that were watched', () => {
  const step = (n: number, watched: Partial<StepLine>): StepLine => ({
    kind: 'step',
    step: n,
    learningRate: 1,
    losses: {},
    stepsPerSecond: 1,
    ...watched,
  });
  const cosines = (value: number) => [
    [1, value],
    [value, 1],
  ];
  const lines = [
    step(1, { norms: [2, 1], cosines: cosines(0.5), normRatios: [1, 1], meanHarms: 0, mergedHarms: 0 }),
    step(2, {}),
    step(3, {
      norms: [4, 1],
      cosines: cosines(-0.5),
      normRatios: [0.8, 0.6],
      meanHarms: 0.5,
      mergedHarms: 0,
    }),
  ];
  expect(processOf(lines)).toEqual({
    steps: 2,
    conflict: 0.5,
    dominance: 3,
    normRatio: 0.85,
    meanHarms: 0.25,
    mergedHarms: 0,
  });
  expect(processOf([step(1, {})])).toBeNull();
});
