import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareWithReader } from '../../src/cohort/compareReader.js';
import { keepCorrection } from '../../src/cohort/corrections.js';
import { keepComparison, readerPairs } from '../../src/cohort/reader.js';
import { CohortState } from '../../src/cohort/stateFile.js';
import {
  comparedMask,
  limitsOfAgreement,
  readerScore,
  volumePairs,
} from '../../src/presentation/readerScores.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import type { Affine } from '../../src/volume/volume.js';
import { temporaryFolder } from '../volume/folder.js';
import { aCase, aCohort, aResult } from './cohorts.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
const context = { signal: new AbortController().signal, report: () => undefined };
const SIDE = 32;
const scaled = (mm: number) => [mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, 1] as unknown as Affine;

/** A box of 20 × 10 × 10 voxels of oedema with one of 10 × 10 × 10 of another label in its first half. */
async function writeBox(
  file: string,
  from: number,
  { oedema = 2, inner = 4, mm = 1 }: { oedema?: number; inner?: number; mm?: number } = {},
): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  const data = new Float32Array(SIDE ** 3);
  for (let k = 10; k < 20; k++)
    for (let j = 10; j < 20; j++)
      for (let i = from; i < from + 20; i++) data[i + SIDE * (j + SIDE * k)] = i < from + 10 ? inner : oedema;
  await writeNifti(file, { size: [SIDE, SIDE, SIDE], affine: scaled(mm), data });
}

const finished = (name: string, ET: number | null = 1) =>
  aCase(name, { state: 'done', result: aResult(['t1ce', 'flair'], { WT: 2, TC: 1, ET }) });

async function compared(
  name: string,
  reader: Parameters<typeof writeBox>[2],
  labels: string | null = null,
  ET: number | null = 1,
) {
  await writeBox(at('out', name, `${name}_seg.nii.gz`), 4);
  await writeBox(at('masks', `${name}.nii.gz`), 6, reader);
  const cohort = aCohort([finished(name, ET)]);
  const pairs = readerPairs(cohort, at('out'), { [name]: at('masks', `${name}.nii.gz`) });
  return compareWithReader({ pairs, labels, scheme: 'brats' }, context);
}

describe('a cohort beside a reader’s masks', () => {
  it('has the Dice, distance and volumes of boxes that are two voxels apart', async () => {
    const { cases, labels } = await compared('moved', {});
    const scores = 'scores' in cases.moved ? cases.moved.scores : null;
    expect(labels).toBe('brats2020');
    expect(scores?.WT).toEqual({ dice: 0.9, hd95: 2, ml: { reader: 2, quorum: 2 } });
    expect(scores?.ET).toEqual({ dice: 0.8, hd95: 2, ml: { reader: 1, quorum: 1 } });
  });

  it('reads the labels of BraTS 2023 as that, and a binary mask when it is told so', async () => {
    const later = await compared('later', { inner: 3 });
    expect(later.labels).toBe('brats2021');
    expect(later.cases.later).toMatchObject({ scores: { ET: { dice: 0.8 } } });
    await expect(compared('binary', { inner: 1, oedema: 1 })).rejects.toMatchObject({
      code: 'LABELS_IN_DOUBT',
    });
    const binary = await compared('binary', { inner: 1, oedema: 1 }, 'binary');
    expect(binary.cases.binary).toMatchObject({ scores: { WT: { dice: 0.9 }, TC: null, ET: null } });
  });

  it('gives no volume of a region that is not given', async () => {
    const { cases } = await compared('guess', {}, null, null);
    expect(cases.guess).toMatchObject({ scores: { ET: { dice: 0.8, ml: { reader: 1, quorum: null } } } });
  });

  it('takes the mask on the series whose grid the reader’s has, and says it where none has', async () => {
    await writeBox(at('out', 'raw', 'native', 't2_seg.nii.gz'), 4, { mm: 0.5 });
    const { cases } = await compared('raw', { mm: 0.5 });
    expect(cases.raw).toMatchObject({ scores: { WT: { dice: 0.9, hd95: 1, ml: { reader: 0.25 } } } });
    const wrong = await compared('wrong', { mm: 2 });
    expect(wrong.cases.wrong).toMatchObject({
      problem: {
        code: 'GRIDS_DIFFER',
        expected: expect.stringContaining('1.00'),
        found: expect.stringContaining('2.00'),
      },
    });
  });

  describe('where a mask was corrected by hand', () => {
    const AT = '2026-02-03T04:05:06.000Z';
    const identity = scaled(1);
    const box = (from: number) => {
      const data = new Uint8Array(SIDE ** 3);
      for (let k = 10; k < 20; k++)
        for (let j = 10; j < 20; j++)
          for (let i = from; i < from + 20; i++) data[i + SIDE * (j + SIDE * k)] = i < from + 10 ? 4 : 2;
      return data;
    };
    /** Segmented 2 voxels beside the reader's, corrected to lie on it. */
    async function corrected(name: string, labels: 'brats' | 'consecutive', mm = 1) {
      await writeBox(at('out', name, `${name}_seg.nii.gz`), 4, { inner: labels === 'brats' ? 4 : 3 });
      await writeBox(at('masks', `${name}.nii.gz`), 6, { inner: 3, mm });
      await writeBox(at('series', `${name}.nii.gz`), 0, { mm: 0.5 });
      const state = new CohortState(aCohort([finished(name)]), at('out'));
      state.cohort = { ...state.cohort, options: { ...state.cohort.options, labels } };
      const grid = { size: [SIDE, SIDE, SIDE] as const, affine: identity };
      const series = [{ file: at('series', `${name}.nii.gz`) }];
      const ml = { WT: 2, TC: 1, ET: 1 };
      await keepCorrection(state, name, { labels: box(6), grid, series, ml, at: AT });
      const masks = { [name]: at('masks', `${name}.nii.gz`) };
      const compare = async () => {
        const pairs = readerPairs(state.cohort, at('out'), masks);
        await keepComparison(
          state,
          null,
          masks,
          await compareWithReader({ pairs, labels: 'brats2021', scheme: labels }, context),
        );
      };
      await compare();
      return { state, compare, one: () => state.caseOf(name) };
    }

    it.each(['brats', 'consecutive'] as const)('compares that, and says so (%s labels)', async (labels) => {
      const { one } = await corrected(`hand-${labels}`, labels);
      expect(readerScore(one(), 'WT')).toMatchObject({ dice: 1, ml: { reader: 2, quorum: 2 } });
      expect(readerScore(one(), 'ET')).toMatchObject({ dice: 1 });
      expect(comparedMask(one())).toBe('corrected by hand');
    });

    it('brings it onto the grid of a series', async () => {
      const { one } = await corrected('hand-series', 'consecutive', 0.5);
      // By hand: of the mask's box (from 5.5, 9.5, 9.5 mm) the series (to 15.75 mm) has centres from 6 and 10 to 15.5 mm, every 0.5 mm.
      const { ml } = readerScore(one(), 'WT')!;
      expect(comparedMask(one())).toBe('corrected by hand');
      expect(ml).toEqual({ reader: 0.25, quorum: (20 * 12 * 12) / 8000 });
    });

    it('is compared no longer once it is corrected again, and as segmented once it is discarded', async () => {
      const { state, compare, one } = await corrected('hand-again', 'brats');
      const { grid } = { grid: { size: [SIDE, SIDE, SIDE] as const, affine: identity } };
      const again = { labels: box(8), grid, series: [], ml: { WT: 2, TC: 1, ET: 1 } };
      await keepCorrection(state, 'hand-again', { ...again, at: '2026-02-04T00:00:00.000Z' });
      expect(readerScore(one(), 'WT')).toBeNull();
      expect(comparedMask(one())).toBeNull();
      await compare();
      expect(readerScore(one(), 'WT')?.dice).toBe(0.9);
      await keepCorrection(state, 'hand-again', null);
      expect(one().result?.edited).toBeNull();
      await compare();
      expect(comparedMask(one())).toBe('as segmented');
      expect(readerScore(one(), 'WT')?.dice).toBe(0.9);
    });
  });

  it('counts for the result that was compared, and with neutral names holds no path', async () => {
    const said = await compared('kept', {});
    const state = new CohortState(aCohort([finished('kept')], true), null);
    await keepComparison(state, at('masks'), { kept: at('masks', 'kept.nii.gz') }, said);
    const [one] = state.cohort.cases;
    expect(readerScore(one, 'WT')?.dice).toBe(0.9);
    expect(JSON.stringify(state.cohort)).not.toContain(folder.path);
    const again = { ...one, result: { ...one.result!, finishedAt: '2027-01-01T00:00:00Z' } };
    expect(readerScore(again, 'WT')).toBeNull();
  });
});

it('limits of agreement are those of Bland and Altman, by hand', () => {
  const score = (reader: number, quorum: number) => ({
    ...finished('x'),
    reader: {
      ...{ file: null, of: finished('x').result!.finishedAt, problem: null },
      ...{ editedAt: null, mask: 'segmented' as const },
      scores: { WT: { dice: 1, hd95: 0, ml: { reader, quorum } }, TC: null, ET: null },
    },
  });
  const pairs = volumePairs([score(10, 11), score(20, 18), score(30, 34)], 'WT');
  expect(pairs.map(({ mean, difference }) => [mean, difference])).toEqual([
    [10.5, 1],
    [19, -2],
    [32, 4],
  ]);
  // Differences 1, −2, 4: mean 1, sample standard deviation 3.
  const limits = limitsOfAgreement(pairs)!;
  expect(limits.bias).toBeCloseTo(1);
  expect(limits.lower).toBeCloseTo(1 - 5.88);
  expect(limits.upper).toBeCloseTo(1 + 5.88);
  expect(limitsOfAgreement(pairs.slice(1, 2))).toBeNull();
});
