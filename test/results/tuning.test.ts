import { describe, expect, it } from 'vitest';
import type { PredictedCase } from '../../docs/results/measure/cases.js';
import { chooseSettings, mixedFusion, PLAIN_FUSION, scoresOf } from '../../docs/results/measure/tuning.js';
import { constantFusion } from '../../src/model/template.js';
import type { FusionRules } from '../../src/segment/fusion.js';

const SIZE = [16, 16, 16] as const;
const affine = [10, 0, 0, 0, 0, 10, 0, 0, 0, 0, 10, 0, 0, 0, 0, 1] as never;

/** 1 ml voxels. Truth is 100 voxels of ET; the mask has them too, and 5 ml of false ET far away. */
function caseOf(
  kind: PredictedCase['kind'],
  patient: string,
  mask: (rules: FusionRules) => Uint8Array,
): PredictedCase {
  const truth = new Uint8Array(16 ** 3).fill(4, 0, 100);
  return {
    kind,
    name: patient,
    patient,
    present: ['flair'],
    grid: { size: SIZE, affine },
    truth: { data: truth, size: SIZE },
    truthLabels: 'brats',
    spacing: [10, 10, 10],
    known: null,
    masks: async (rules: FusionRules) => new Map([['flair', mask(rules)]]),
  } as unknown as PredictedCase;
}

const withSpeck = () => new Uint8Array(16 ** 3).fill(4, 0, 100).fill(4, 4000, 4001);
const before = {
  fusion: PLAIN_FUSION,
  threshold: 0.5,
  cleanUp: { connectivity: 26 as const, minimumMl: { WT: 0, TC: 0, ET: 0 } },
};

describe('tuning', () => {
  it('scores cut-outs and whole cases alike', async () => {
    const perfect = caseOf('whole', 'a', () => new Uint8Array(16 ** 3).fill(4, 0, 100));
    const half = (patient: string) =>
      caseOf('cut-out', patient, () => new Uint8Array(16 ** 3).fill(2, 0, 100));
    const scores = await scoresOf([perfect, half('b'), half('c')], before);
    expect(scores).toEqual({ WT: 1, TC: 0.5, ET: 0.5 });
  });

  it('takes what helps on validation and leaves the rest as it is', async () => {
    const cases = [caseOf('whole', 'a', withSpeck)];
    const { settings, trials } = await chooseSettings(cases, before, { fitted: PLAIN_FUSION });
    // The speck of 1 ml is cleaned with the first minimum above it; nothing else changes a score.
    expect(settings.cleanUp.minimumMl).toEqual({ WT: 2, TC: 0, ET: 0 });
    expect(settings.threshold).toBe(0.5);
    expect(settings.fusion).toEqual(PLAIN_FUSION);
    expect(trials.filter(({ taken }) => taken).map(({ what }) => what)).toEqual([
      'mean of the logits',
      'WT at least 2 ml',
    ]);
  });

  it('takes a fitted fusion for the regions where it is better', async () => {
    const fitted = { weights: constantFusion(2), biases: constantFusion(1) };
    const mask = ({ fusion }: FusionRules) =>
      new Uint8Array(16 ** 3).fill(fusion.weights.flair!.ET === 2 ? 4 : 1, 0, 100);
    const { settings } = await chooseSettings([caseOf('whole', 'a', mask)], before, { fitted });
    expect(settings.fusion).toEqual(mixedFusion(PLAIN_FUSION, fitted, (region) => region === 'ET'));
  });

  it('gives a region a threshold of its own where that is better', async () => {
    const mask = ({ fusion }: FusionRules) =>
      new Uint8Array(16 ** 3).fill(fusion.biases.flair!.ET > 0.7 ? 4 : 1, 0, 100);
    const { settings } = await chooseSettings([caseOf('whole', 'a', mask)], before, {});
    // The first that is tried, 0.25, is low enough.
    expect(settings.threshold).toBe(0.5);
    expect(settings.fusion.biases.flair!.WT).toBe(0);
    expect(settings.fusion.biases.flair!.ET).toBeCloseTo(Math.log(0.75 / 0.25), 4);
  });
});
