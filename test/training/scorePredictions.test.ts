import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/training/dataset.js';
import { scorePredictions } from '../../src/training/scorePredictions.js';
import { verifyDataset } from '../../src/training/verify.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import type { Size } from '../../src/volume/volume.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';
import { lpsAffine, writeCase, writeDescription } from './datasetFolder.js';

const root = temporaryFolder().path;

async function writeMask(file: string, labels: readonly number[], size: Size = [4, 4, 4]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const data = Uint8Array.from({ length: size[0] * size[1] * size[2] }, (_, v) => labels[v] ?? 0);
  await writeNifti(file, { data, size, affine: lpsAffine() });
}

/** Two cases with T1 and FLAIR, truth 1 2 4. */
async function dataset(name: string) {
  const folder = join(root, name);
  await writeCase(folder, 'a');
  await writeCase(folder, 'b');
  return verifyDataset(await openDataset(folder));
}

describe('scoring predicted masks', () => {
  it('takes both layouts, and says how it read the labels', async () => {
    const data = await dataset('layouts');
    const folder = join(root, 'layouts-predicted');
    await writeMask(join(folder, 'a', 'combinations', 't1+flair.nii.gz'), [1, 2, 4]);
    await writeMask(join(folder, 't1+flair', 'b_seg.nii.gz'), [1, 2, 4]);
    await writeMask(join(folder, 't1', 'a.nii.gz'), [2, 2, 2]);
    await writeMask(join(folder, 't1', 'b.nii.gz'), [2]);
    const { cases: scores, reading } = await scorePredictions(data, data.cases, folder);
    const dices = scores.map(({ caseName, combination, regions }) => [
      caseName,
      combination,
      ...[regions.WT, regions.TC, regions.ET].map((score) => score?.dice),
    ]);
    expect(dices).toEqual([
      ['a', 't1+flair', 1, 1, 1],
      ['a', 't1', 1, 0, 0],
      ['b', 't1+flair', 1, 1, 1],
      ['b', 't1', 0.5, 0, 0],
    ]);
    expect(reading).toMatchObject({ name: 'brats2020', voxels: { 1: 2, 2: 6, 4: 2 } });
  });

  it('scores a case whose tumour has no known parts for the whole tumour alone', async () => {
    const folder = join(root, 'partial');
    await writeDescription(folder, { tumourLabel: 5 });
    await writeCase(folder, 'a');
    await writeCase(folder, 'b', { labels: [5, 5, 5] });
    const data = await verifyDataset(await openDataset(folder));
    const predicted = join(root, 'partial-predicted');
    for (const name of ['a', 'b']) await writeMask(join(predicted, 't1', `${name}.nii.gz`), [1, 2, 4]);
    const { cases } = await scorePredictions(data, data.cases, predicted);
    const dices = cases.map(({ regions }) =>
      [regions.WT, regions.TC, regions.ET].map((score) => score?.dice),
    );
    expect(dices).toEqual([
      [1, 1, 1],
      [1, undefined, undefined],
    ]);
  });

  it('asks for a combination of every case that could have it, and lists what is missing', async () => {
    const data = await dataset('missing');
    const folder = join(root, 'missing-predicted');
    await writeMask(join(folder, 't1', 'a.nii.gz'), [1]);
    const problem = await problemOfRefusal(scorePredictions(data, data.cases, folder));
    expect(problem).toMatchObject({ code: 'PREDICTIONS_MISSING', field: 't1' });
    expect(problem.file).toBe(join(root, 'missing', 'b'));
    expect(problem.also).toBeUndefined();
    const nothing = await problemOfRefusal(scorePredictions(data, data.cases, join(root, 'absent')));
    expect(nothing.code).toBe('PREDICTIONS_MISSING');
    expect(nothing.also).toHaveLength(5);
  });

  it('refuses a mask on another grid', async () => {
    const data = await dataset('grid');
    const folder = join(root, 'grid-predicted');
    await writeMask(join(folder, 't1', 'a.nii.gz'), [1]);
    await writeMask(join(folder, 't1', 'b.nii.gz'), [1], [4, 4, 5]);
    const problem = await problemOfRefusal(scorePredictions(data, data.cases, folder));
    expect(problem).toMatchObject({ code: 'GRIDS_DIFFER', file: join(folder, 't1', 'b.nii.gz') });
  });

  it('scores a cut-out inside its known box and in its true spacing', async () => {
    const folder = join(root, 'cut');
    await writeDescription(folder, { known: 'nonzero-box', spacing: [2, 3, 4] });
    const value = (_: string, v: number) => (v < 32 ? v + 1 : 0);
    await writeCase(folder, 'a', { value, labels: [4] });
    const data = await verifyDataset(await openDataset(folder));
    const predicted = join(root, 'cut-predicted');
    // One voxel two steps along x; one beyond the box.
    const labels = Array.from({ length: 64 }, (_, v) => (v === 2 || v === 50 ? 4 : 0));
    await writeMask(join(predicted, 't1+flair', 'a.nii.gz'), labels);
    const [{ regions }] = (await scorePredictions(data, data.cases, predicted)).cases;
    expect(regions.ET!.overlap).toEqual({ truePositives: 0, falsePositives: 1, falseNegatives: 1 });
    expect(regions.ET!.hd95.value).toBe(4);
  });

  it('scores by the scheme that is named, and never a region that it does not tell', async () => {
    const data = await dataset('named');
    const folder = join(root, 'named-predicted');
    for (const name of ['a', 'b']) await writeMask(join(folder, 't1', `${name}.nii.gz`), [7, 7, 7]);
    const options = { labels: 'binary' };
    const { cases } = await scorePredictions(data, data.cases, folder, options);
    const scored = cases.map(({ regions }) => [regions.WT?.dice, regions.TC, regions.ET]);
    expect(scored).toEqual([
      [1, null, null],
      [1, null, null],
    ]);
  });

  it('stops with the voxels of each label where it is in doubt, or a label is none', async () => {
    const data = await dataset('doubt');
    const folder = join(root, 'doubt-predicted');
    // The truth is 1, 2, 4; as MSD writes it: 2, 1, 3.
    for (const name of ['a', 'b']) await writeMask(join(folder, 't1', `${name}.nii.gz`), [2, 1, 3]);
    const doubt = await problemOfRefusal(scorePredictions(data, data.cases, folder));
    expect(doubt).toMatchObject({ code: 'LABELS_IN_DOUBT', file: folder });
    expect(doubt.found).toBe('labels 1 in 2 voxels, 2 in 2 voxels, 3 in 2 voxels');
    await writeMask(join(folder, 't1', 'b.nii.gz'), [2, 1, 4, 5, 255, 255]);
    const strange = await problemOfRefusal(scorePredictions(data, data.cases, folder));
    expect(strange).toMatchObject({ code: 'LABELS_UNKNOWN', file: folder });
    expect(strange.found).toMatch(/5 in 1 voxels, 255 in 2 voxels$/);
  });
});
