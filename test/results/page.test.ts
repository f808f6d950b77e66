import { describe, expect, it } from 'vitest';
import { compareArms } from '../../docs/results/measure/ablation.js';
import { ablation } from '../../docs/results/page/ablation.js';
import { training } from '../../docs/results/page/about.js';
import { gains, supported, wholeBrains } from '../../docs/results/page/brains.js';
import { modelCard } from '../../docs/results/page/card.js';
import { agreement, checks, ranges, robustness, stability } from '../../docs/results/page/limits.js';
import { type Logs, modelHashes, readLogs } from '../../docs/results/page/logs.js';
import { cutOuts } from '../../docs/results/page/scores.js';
import { type CaseScore, poolByPatient } from '../../src/evaluate/scores.js';
import { summarise } from '../../src/evaluate/summary.js';
import { descriptionTemplate } from '../../src/model/template.js';
import { MODALITIES } from '../../src/terms.js';

const nothing: Logs = { ...readLogs('/nowhere-at-all'), split: { train: [], validation: [], test: [] } };

/** A scored case of 80 % Dice in all regions. */
function scored(patient: string, combination: string): CaseScore {
  const overlap = { truePositives: 8, falsePositives: 2, falseNegatives: 2 };
  const lesionWise = { dice: 0.8, hd95: 1, trueLesions: 1, missedLesions: 0, falseLesions: 0 };
  const region = {
    overlap,
    dice: 0.8,
    hd95: { value: 4.2, kind: 'measured' as const },
    sensitivity: 0.8,
    trueMl: 10,
    volumeErrorMl: -1.5,
    lesionWise,
  };
  return { caseName: patient, patient, combination, regions: { WT: region, TC: region, ET: region } };
}

function evaluation(hash: string): NonNullable<Logs['testCutOuts']> {
  const cases = ['A', 'B'].map((patient) => scored(patient, 't1+t1ce+t2+flair'));
  const about = { dataset: 'whole', side: 'test', of: { model: { name: 'm', version: '1', hash } } };
  return { summary: { ...summarise(cases), ...about }, patients: poolByPatient(cases) };
}

/** Two whole brains with all four sequences; the second has no ET, of which 0.3 ml are found. */
function brains(hash: string): NonNullable<Logs['wholeTest']> {
  const region = {
    dice: 0.8,
    hd95: 5,
    trueMl: 40,
    foundMl: 42,
    falseMl: 4,
    expectedMl: 44,
    agreement: 0.9,
    spread: 0,
  };
  const rows = ['A', 'B'].map((name) => ({
    dataset: 'brains',
    name,
    patient: name,
    spacing: [1, 1, 1] as const,
    combination: 't1+t1ce+t2+flair',
    members: MODALITIES,
    regions: {
      WT: region,
      TC: region,
      ET:
        name === 'A'
          ? { ...region, dice: 0.7 }
          : { ...region, dice: null, hd95: null, trueMl: 0, foundMl: 0.3 },
    },
  }));
  return { model: { name: 'm', version: '1', hash }, side: 'test', rows };
}

describe('the results page', () => {
  it('says in every section what was not measured', () => {
    const sections = [
      wholeBrains,
      cutOuts,
      supported,
      gains,
      ranges,
      agreement,
      checks,
      robustness,
      training,
      stability,
    ];
    for (const section of [...sections, ablation])
      expect(section(nothing), section.name).toContain('**Not measured yet**');
    expect(ablation(nothing)).toContain('Nothing here says that gradient decoupling is better');
  });

  it('leads with whole brains, each number with how many it is over', () => {
    const text = wholeBrains({ ...nothing, wholeTest: brains('a') });
    expect(text).toContain('**Test: Four sequences, 128-grid (BraTS 2020 and 2021)** (2 brains)');
    expect(text).toContain('| all four | 0.800 (2) | 5.0 | 0.800 (2) | 5.0 | 0.700 (1) | 5.0 | 4.0 | 1.10 |');
    expect(text).toContain('| ET, with T1ce | 1 | 1 | 100 % | 0.30 | 0.3 |');
  });

  it('says that a region without whole brains is not measured', () => {
    const about = { name: 'm', version: '1', description: 'd.', trainingData: 'cubes.' };
    const { knowledge } = descriptionTemplate(about, 0.25);
    expect(supported({ ...nothing, knowledge })).toContain('| FLAIR | not measured | not measured |');
  });

  it('says what a cut-out is beside its scores', () => {
    const text = cutOuts({ ...nothing, testCutOuts: evaluation('a') });
    expect(text).toContain('none of these numbers may stand beside published BraTS figures');
    expect(text).toContain('| all four | 0.800 (0.80–0.80), n = 2 |');
  });

  it('compares decoupling with the mean of the losses, in the plan’s words', () => {
    const run = (arm: string, seed: number, dice: number) => ({
      ...{ arm, seed, steps: 200, seconds: 300 },
      dice: { WT: dice, TC: dice, ET: dice },
      process: { steps: 40, conflict: 0.1, dominance: 3, normRatio: 1, meanHarms: 0.015, mergedHarms: 0 },
    });
    const runs = [1, 2].flatMap((seed) => [run('mean', seed, 0.7), run('paper', seed, 0.7 + seed / 100)]);
    const comparisons = compareArms(runs, [['paper', 'mean']]);
    const text = ablation({ ...nothing, ablation: { runs, comparisons, sameSeconds: [] } });
    expect(text).toContain('| GMD (paper) | 200 | 0.710, 0.720 |');
    expect(text).toMatch(/\| GMD \(paper\) − mean of the losses, WT \| 0\.015 \| .* \| undecided \|/);
    expect(text).toContain('| mean of the losses | 10.0 % | 3.0 | 1.00 | 1.5 % | 0.0 % |');
  });

  it('knows when its logs are of several models', () => {
    const logs = { ...nothing, testCutOuts: evaluation('a'), wholeTest: brains('b') };
    expect(modelHashes(logs)).toEqual(['a', 'b']);
  });

  it('lists what passes without a warning', () => {
    const log = {
      kind: 'robustness',
      model: { name: 'm', version: '1', hash: 'a' },
      failureMeans: { poorDice: 0.7, lostDice: 0.1, falseMlWithoutTumour: 5 },
      results: [],
      knownFailures: [{ subject: 'Colin 27', change: 'none', combination: 't1' }],
    };
    expect(robustness({ ...nothing, robustness: log })).toContain('- Colin 27, none, T1');
    const about = { name: 'm', version: '1', description: 'd.', trainingData: 'cubes.' };
    const description = { ...descriptionTemplate(about, 0.25), weightsSha256: '' };
    const card = modelCard(description, { ...nothing, robustness: log });
    expect(card).toContain('Colin 27, none, T1');
    expect(card).toContain('**Cut-outs of test patients**: not measured yet');
    expect(card).toContain('**Whole test brains**: not measured yet');
  });
});
