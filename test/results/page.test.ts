import { describe, expect, it } from 'vitest';
import { ablation, training } from '../../docs/results/page/about.js';
import { modelCard } from '../../docs/results/page/card.js';
import { agreement, checks, ranges, robustness } from '../../docs/results/page/limits.js';
import { type Logs, modelHashes, readLogs } from '../../docs/results/page/logs.js';
import { cutOuts, gains, supported, wholeCases } from '../../docs/results/page/scores.js';
import type { CaseScore } from '../../src/evaluate/scores.js';
import { poolByPatient } from '../../src/evaluate/scores.js';
import { summarise } from '../../src/evaluate/summary.js';
import { descriptionTemplate } from '../../src/model/template.js';

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

function evaluation(hash: string): NonNullable<Logs['wholeTest']> {
  const cases = ['A', 'B'].map((patient) => scored(patient, 't1+t1ce+t2+flair'));
  const about = { dataset: 'whole', side: 'test', of: { model: { name: 'm', version: '1', hash } } };
  return { summary: { ...summarise(cases), ...about }, patients: poolByPatient(cases) };
}

describe('the results page', () => {
  it('says in every section what was not measured', () => {
    const sections = [wholeCases, cutOuts, supported, gains, ranges, agreement, checks, robustness, training];
    for (const section of [...sections, ablation])
      expect(section(nothing), section.name).toContain('**Not measured yet**');
    expect(ablation(nothing)).toContain('Nothing here says that gradient decoupling is better');
  });

  it('leads whole cases with their number and lists each', () => {
    const text = wholeCases({ ...nothing, wholeTest: evaluation('a') });
    expect(text).toContain('**2** test cases and **0** validation cases');
    expect(text).toContain('| B | test | all four | 0.800 / 0.800 / 0.800 | 4.2 | −1.5 | – / – |');
  });

  it('says what a cut-out is beside its scores', () => {
    const text = cutOuts({ ...nothing, testCutOuts: evaluation('a') });
    expect(text).toContain('none of these numbers may stand beside published BraTS figures');
    expect(text).toContain('| all four | 0.800 (0.80–0.80), n = 2 |');
  });

  it('shows methods seed by seed, against each other, and by combination', () => {
    const row = (method: string, dice: number) => ({
      method,
      seeds: [1, 2],
      mean: { WT: [dice, dice], TC: [dice, dice], ET: [dice, dice] },
      combinations: { flair: { WT: dice, TC: dice, ET: dice } },
    });
    const methods = [row('GMD', 0.7), row('mean loss', 0.6)];
    const pair = {
      first: 'GMD',
      second: 'mean loss',
      patients: 40,
      difference: 0.1,
      pValue: 0.01,
      adjusted: 0.03,
    };
    const tests = [{ ...pair, region: 'WT' as const }];
    const text = ablation({
      ...nothing,
      ablation: { about: 'small', side: 'validation', methods, tests, runs: [] },
    });
    expect(text).toContain('| GMD | 2 | 0.700, 0.700 |');
    expect(text).toContain('| GMD | mean loss | WT | 40 | +0.100 | 0.010 | 0.030 |');
    expect(text).toContain('| ET | GMD | mean loss |');
    expect(text).toContain('GMD has a higher Dice of WT than mean loss; nothing else differs (Holm, 5 %).');
    expect(text).toContain('| FLAIR | 0.700 | 0.600 |');
  });

  it('knows when its logs are of several models', () => {
    const logs = { ...nothing, testCutOuts: evaluation('a'), wholeTest: evaluation('b') };
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
    expect(card).toContain('FLAIR: TC, ET');
  });
});
