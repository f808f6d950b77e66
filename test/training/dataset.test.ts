import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/training/dataset.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';
import { writeCase, writeDescription } from './datasetFolder.js';

const root = temporaryFolder().path;

describe('opening a data set', () => {
  it('finds the cases, their images by name and their masks', async () => {
    const folder = join(root, 'plain');
    await writeCase(folder, 'b', { modalities: ['t1ce', 't1'] });
    await writeCase(folder, 'a', { modalities: ['flair'] });
    const { name, cases, description } = await openDataset(folder);
    expect(name).toBe('plain');
    expect(description).toEqual({ intensities: 'raw', known: 'everywhere' });
    expect(cases.map((one) => [one.name, one.patient, Object.keys(one.images)])).toEqual([
      ['a', 'a', ['flair']],
      ['b', 'b', ['t1', 't1ce']],
    ]);
    expect(cases[1].images.t1ce).toBe(join(folder, 'b', 'b_t1ce.nii.gz'));
    expect(cases[1].truth).toBe(join(folder, 'b', 'b_seg.nii.gz'));
  });

  it('names the patient by pattern, and by patient.txt before it', async () => {
    const folder = join(root, 'patients');
    await writeDescription(folder, { patient: '^(P\\d+)_lesion', spacing: [1.9, 1.9, 1.2] });
    await writeCase(folder, 'P01_lesion1');
    await writeCase(folder, 'P02_lesion7');
    await writeFile(join(await writeCase(folder, 'other'), 'patient.txt'), 'P01\n');
    const { cases, description } = await openDataset(folder);
    expect(cases.map(({ patient }) => patient)).toEqual(['P01', 'P02', 'P01']);
    expect(description.spacing).toEqual([1.9, 1.9, 1.2]);
  });

  it('refuses a case whose name the pattern does not match', async () => {
    const folder = join(root, 'mismatch');
    await writeDescription(folder, { patient: '^P\\d+' });
    await writeCase(folder, 'P1');
    await writeCase(folder, 'Q1');
    const problem = await problemOfRefusal(openDataset(folder));
    expect(problem).toMatchObject({ code: 'DATASET_INVALID', field: 'patient', found: 'Q1' });
  });

  it.each([
    ['not JSON', '{', undefined],
    ['an unknown field', { spaceing: [1, 1, 1] }, 'spaceing'],
    ['a bad value', { spacing: [1, 0, 1] }, 'spacing.1'],
    ['a bad pattern', { patient: '(' }, 'patient'],
  ])('refuses a dataset.json with %s', async (name, description, field) => {
    const folder = join(root, name);
    await writeDescription(folder, description);
    await writeCase(folder, 'a');
    const problem = await problemOfRefusal(openDataset(folder));
    expect(problem).toMatchObject({ code: 'DATASET_INVALID', file: join(folder, 'dataset.json') });
    expect(problem.field).toBe(field);
  });

  it('refuses cases without exactly one mask, and lists all of them', async () => {
    const folder = join(root, 'masks');
    await writeCase(folder, 'good');
    await rm(join(await writeCase(folder, 'none'), 'none_seg.nii.gz'));
    await writeCase(folder, 'two');
    await copyFile(join(folder, 'two', 'two_seg.nii.gz'), join(folder, 'two', 'two_mask.nii.gz'));
    const problem = await problemOfRefusal(openDataset(folder));
    const all = [problem, ...(problem.also ?? [])];
    expect(all).toHaveLength(2);
    expect(all[0]).toMatchObject({ code: 'DATASET_INVALID', field: 'mask', found: 'none' });
    expect(all[0].file).toContain('none');
    expect(all[1].file).toContain('two');
  });

  it('refuses a folder without cases and one that is not there', async () => {
    const folder = join(root, 'empty');
    await writeDescription(folder, {});
    expect(await problemOfRefusal(openDataset(folder))).toMatchObject({
      code: 'DATASET_INVALID',
      field: 'cases',
    });
    expect(await problemOfRefusal(openDataset(join(root, 'absent')))).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});
