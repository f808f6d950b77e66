import { describe, expect, it } from 'vitest';
import {
  brainWarnings,
  CUT_OFFS,
  checkFacts,
  checkWarnings,
  inputWarnings,
  lookAtImages,
  qualityWarnings,
  resultWarnings,
} from '../../src/checks/checkWarnings.js';
import { trustIn } from '../../src/contract/trust.js';
import { describeWarning, isGrave } from '../../src/contract/warnings.js';
import type { BrainQuality } from '../../src/prepare/brainQuality.js';
import type { ImageQuality } from '../../src/prepare/inputChecks.js';
import type { ResultQuality } from '../../src/segment/resultChecks.js';
import { GRID, head } from '../support/heads.js';
import { ADULT_GLIOMAS } from '../support/population.js';

const IMAGE: ImageQuality = {
  bias: 0.5,
  lean: 0.1,
  noise: 0.1,
  sharpness: 0.8,
  rim: -1,
  ghosts: 0.02,
  coverage: 1,
};
const BRAIN: BrainQuality = { ml: 1400, asymmetry: 0.03, top: 0.05, bottom: 0.05, apart: 0 };
const RESULT: ResultQuality = {
  share: 0.1,
  parts: 1,
  atTop: 0,
  atBottom: 0,
  uptake: { overTissue: 2, overT1: 2 },
  uncovered: 0.2,
  masses: [],
  fluid: 0,
  place: { posteriorFossa: 0, deep: 0.1 },
};
const sentences = (warnings: Parameters<typeof describeWarning>[0][]) => warnings.map(describeWarning);

describe('warnings by what images and mask look like', () => {
  it('none of a sound case', () => {
    expect(qualityWarnings({ images: { t1: IMAGE, flair: IMAGE } })).toEqual([]);
    expect(brainWarnings(BRAIN, { t1: IMAGE })).toEqual([]);
    expect(resultWarnings(RESULT, BRAIN, ADULT_GLIOMAS)).toEqual([]);
    expect(resultWarnings({ ...RESULT, uptake: null }, BRAIN, ADULT_GLIOMAS)).toEqual([]);
  });

  it('of poor images, with the sequences that are', () => {
    const images = {
      t1: { ...IMAGE, bias: 9 },
      t2: { ...IMAGE, noise: 2, bias: 9 },
      flair: { ...IMAGE, sharpness: 0.05, coverage: 0.5, ghosts: 0.2 },
    };
    expect(sentences(qualityWarnings({ images }))).toEqual([
      'Strong shading across T1 and T2: volumes may be far off. Correct the bias field (e.g. N4) first.',
      'Strong noise in T2: small parts of the tumour may be missed or invented.',
      'Copies of the head beside itself in FLAIR, as movement leaves them: small parts may be missed or invented.',
      'Thick slices or blur in FLAIR: outlines and small parts are not certain.',
      'FLAIR shows less of the brain than the other sequences: nothing is known of what it does not show.',
    ]);
    expect(qualityWarnings({ images: { t1: { ...IMAGE, bias: null, lean: null, noise: null } } })).toEqual(
      [],
    );
  });

  it.each([
    ['volume', { ml: 700 }, /has 700 ml, an adult’s 900 to 1,900/],
    ['volume', { ml: 2100 }, /has 2100 ml/],
    ['asymmetry', { asymmetry: 0.2 }, /differ by 20 %/],
    ['top', { top: 0.9 }, /flat at the top/],
    ['bottom', { bottom: 0.9 }, /flat at the bottom/],
    ['apart', { apart: 2.5 }, /2\.5 ml of what the images show hang apart/],
  ])('of a brain that is none: %s', (check, change, text) => {
    const warnings = brainWarnings({ ...BRAIN, ...change }, { t1: IMAGE });
    expect(warnings).toMatchObject([{ code: 'BRAIN_IMPLAUSIBLE', check }]);
    expect(sentences(warnings)[0]).toMatch(text);
  });

  it('of a bright rim in any sequence', () => {
    const images = { t1: IMAGE, flair: { ...IMAGE, rim: CUT_OFFS.rim.flair + 1 } };
    // Fluid is bright in T2.
    expect(brainWarnings(BRAIN, { t1: IMAGE, t2: { ...IMAGE, rim: 1 } })).toEqual([]);
    expect(brainWarnings(BRAIN, images)).toMatchObject([{ check: 'rim' }]);
  });

  it('of fluid within the tumour, and of what treatment the model knows', () => {
    const [warning] = resultWarnings({ ...RESULT, fluid: 4.2 }, BRAIN, ADULT_GLIOMAS);
    expect(warning.code).toBe('FLUID_IN_TUMOUR');
    expect(describeWarning(warning)).toBe(
      '4.2 ml of clear fluid lie within the marked tumour: a resection cavity or a cyst, and no solid tumour. This model was trained on patients before treatment: cavities, scars and radiation effects are unknown to it.',
    );
    const after = { ...ADULT_GLIOMAS, treatment: ['before', 'after'] as const };
    expect(sentences(resultWarnings({ ...RESULT, fluid: 4.2 }, BRAIN, after))[0]).toMatch(/solid tumour\.$/);
    expect(resultWarnings({ ...RESULT, fluid: null }, BRAIN, ADULT_GLIOMAS)).toEqual([]);
  });

  it('of a tumour at a rare place: only where the whole brain is shown', () => {
    const low = { ...RESULT, place: { posteriorFossa: 0.6, deep: 0.1 } };
    expect(sentences(resultWarnings(low, BRAIN, ADULT_GLIOMAS))).toEqual([
      '60 % of what is marked lies in the posterior fossa (cerebellum, brainstem), by its place in the brain: no tumour that this was measured on lies there. Look whether it is one.',
    ]);
    expect(resultWarnings(low, { ...BRAIN, bottom: 0.9 }, ADULT_GLIOMAS)).toEqual([]);
    const deep = { ...RESULT, place: { posteriorFossa: 0, deep: 0.5 } };
    expect(resultWarnings(deep, BRAIN, ADULT_GLIOMAS)).toMatchObject([{ place: 'deep' }]);
    expect(resultWarnings({ ...RESULT, place: null }, BRAIN, ADULT_GLIOMAS)).toEqual([]);
  });

  it('of a tumour that is a third of the brain: before every number', () => {
    const [warning] = resultWarnings({ ...RESULT, share: 0.34 }, BRAIN, ADULT_GLIOMAS);
    expect(describeWarning(warning)).toMatch(
      /^The whole tumour is 34 % of the brain: look for a failed skull strip/,
    );
    expect(isGrave(warning)).toBe(true);
  });

  it('of a tumour where the images end: only where they cut the brain off', () => {
    const atTop = { ...RESULT, atTop: 2 };
    expect(resultWarnings(atTop, BRAIN, ADULT_GLIOMAS)).toEqual([]);
    expect(resultWarnings(atTop, { top: 0.8, bottom: 0 }, ADULT_GLIOMAS)).toEqual([
      { code: 'TUMOUR_AT_EDGE_OF_IMAGE', ml: 2 },
    ]);
  });

  it('of many parts, and of enhancing tumour that is not bright', () => {
    expect(resultWarnings({ ...RESULT, parts: 20 }, BRAIN, ADULT_GLIOMAS)).toEqual([
      { code: 'MANY_PARTS', parts: 20, population: ADULT_GLIOMAS },
    ]);
    const dull = [
      { overTissue: -1, overT1: null },
      { overTissue: 3, overT1: 0 },
    ];
    for (const uptake of dull)
      expect(resultWarnings({ ...RESULT, uptake }, BRAIN, ADULT_GLIOMAS)).toEqual([
        { code: 'ENHANCEMENT_NOT_BRIGHT' },
      ]);
  });

  it('of a mass on the surface of the brain, marked or not; small ones and deep ones are none', () => {
    const masses = (ml: number, edge: number) =>
      resultWarnings({ ...RESULT, masses: [{ ml, edge, marked: 0 }] }, BRAIN, ADULT_GLIOMAS);
    expect(sentences(masses(8.4, 0.17))).toEqual([
      '8.4 ml that take up contrast agent sit on the surface of the brain, as a tumour of the meninges does: this model was not trained on meningiomas. Look.',
    ]);
    expect(masses(1.6, 0.17)).toEqual([]);
    expect(masses(8.4, 0.05)).toEqual([]);
    expect(resultWarnings({ ...RESULT, masses: null }, BRAIN, ADULT_GLIOMAS)).toEqual([]);
  });

  it('of shading by its range or by its lean, each sequence by what sound brains have', () => {
    const checks = (t2: Partial<ImageQuality>) =>
      qualityWarnings({ images: { t2: { ...IMAGE, ...t2 } } }).map((one) => 'check' in one && one.check);
    expect(checks({ lean: CUT_OFFS.lean.t2 + 0.1 })).toEqual(['bias']);
    expect(checks({ noise: 0.2 })).toEqual(['noise']);
    expect(checks({ sharpness: 0.36 })).toEqual(['slices']);
    expect(
      qualityWarnings({ images: { flair: { ...IMAGE, noise: 0.2, sharpness: 0.36, lean: 0.5 } } }),
    ).toEqual([]);
  });

  it('of contrast agent taken up where nothing is marked as enhancing: says nothing against the whole tumour', () => {
    const warnings = resultWarnings({ ...RESULT, uncovered: 1.8 }, BRAIN, ADULT_GLIOMAS);
    expect(warnings).toEqual([{ code: 'UPTAKE_NOT_COVERED', ml: 1.8 }]);
    expect(sentences(warnings)[0]).toMatch(/^1\.8 ml of the marked tumour take up contrast agent/);
    expect(trustIn('ET', null, warnings).rating).toBe('look');
    expect(trustIn('WT', null, warnings).rating).toBe('unknown');
    expect(resultWarnings({ ...RESULT, uncovered: null }, BRAIN, ADULT_GLIOMAS)).toEqual([]);
  });

  it('all of them from images and mask', async () => {
    const t1 = head(1, (value) => value);
    // A made-up head of 350 ml, half of it called tumour.
    const labels = Uint8Array.from(t1.data, (value, v) => (value !== 0 && v % 48 < 24 ? 2 : 0));
    const images = { t1: { ...t1, file: 't1' }, flair: { ...head(2, (value) => -value), file: 'f' } };
    const prepared = { grid: GRID, images: images as never };
    const looked = await lookAtImages(prepared, null);
    const codes = checkWarnings(checkFacts(prepared, looked, labels), ADULT_GLIOMAS).map(({ code }) => code);
    expect(codes.slice(0, 3)).toEqual(['IMAGES_DO_NOT_FIT', 'TUMOUR_LARGE', 'BRAIN_IMPLAUSIBLE']);
    const before = (await inputWarnings(prepared)).map(({ code }) => code);
    expect(before.slice(0, 2)).toEqual(['IMAGES_DO_NOT_FIT', 'BRAIN_IMPLAUSIBLE']);
  });
});
