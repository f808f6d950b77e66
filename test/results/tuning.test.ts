import { describe, expect, it } from 'vitest';
import { chooseCleanUp, chooseMirroring, scoresOf } from '../../docs/results/measure/tuning.js';
import { constantFusion } from '../../src/model/template.js';
import type { PredictedCase } from '../../src/training/predictCase.js';

const SIZE = [16, 16, 16] as const;

/** Truth is 100 voxels of ET, of 1 ml where nothing else is said. */
function caseOf(patient: string, mask: () => Uint8Array, ml = 1): PredictedCase {
  const mm = 10 * Math.cbrt(ml);
  const truth = new Uint8Array(16 ** 3).fill(4, 0, 100);
  return {
    kind: 'whole',
    name: patient,
    patient,
    present: ['flair'],
    grid: { size: SIZE, affine: [mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, 1] as never },
    truth: { data: truth, size: SIZE },
    truthLabels: 'brats',
    spacing: [mm, mm, mm],
    known: null,
    masks: async () => new Map([['flair', mask()]]),
  } as unknown as PredictedCase;
}

const withSpeck = () => new Uint8Array(16 ** 3).fill(4, 0, 100).fill(4, 4000, 4001);
const before = {
  fusion: { weights: constantFusion(1), biases: constantFusion(0) },
  threshold: 0.5,
  cleanUp: { connectivity: 26 as const, minimumMl: { WT: 0, TC: 0, ET: 0 } },
};

describe('tuning', () => {
  it('scores the mean over the brains that have the region, and how much is found', async () => {
    const perfect = caseOf('a', () => new Uint8Array(16 ** 3).fill(4, 0, 100));
    const oedema = (patient: string) => caseOf(patient, () => new Uint8Array(16 ** 3).fill(2, 0, 50));
    const { dice, volumeRatio } = await scoresOf([perfect, oedema('b'), oedema('c')], before);
    expect(dice).toEqual({ WT: 0.7778, TC: 0.3333, ET: 0.3333 });
    expect(volumeRatio).toEqual({ WT: 0.5, TC: 0, ET: 0 });
  });

  it('removes the largest parts whose removal costs no Dice', async () => {
    // A speck of 1 ml stays with every minimum that is tried; nothing else is in the mask.
    const { settings, trials } = await chooseCleanUp([caseOf('a', withSpeck)], before);
    expect(settings.cleanUp.minimumMl).toEqual({ WT: 1, TC: 0.13, ET: 0.13 });
    expect(settings.threshold).toBe(0.5);
    expect(trials[0]).toMatchObject({ what: 'every part kept', taken: true });
  });

  it('keeps parts that are true', async () => {
    const all = () => new Uint8Array(16 ** 3).fill(4, 0, 100);
    const { settings } = await chooseCleanUp([caseOf('a', all, 0.0012)], before);
    expect(settings.cleanUp.minimumMl).toEqual({ WT: 0, TC: 0, ET: 0.05 });
  });

  it('takes the mirrored pass only where it gains half a point', async () => {
    const all = () => new Uint8Array(16 ** 3).fill(4, 0, 100);
    const most = (n: number) => () => new Uint8Array(16 ** 3).fill(4, 0, n);
    const taken = async (n: number) =>
      (await chooseMirroring([caseOf('a', most(n))], [caseOf('a', all)], before)).at(-1)!.taken;
    expect(await taken(99)).toBe(true);
    expect(await taken(100)).toBe(false);
  });
});
