import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findMasks, type SoughtCase } from '../../src/cohort/readerMasks.js';
import { temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();
const cases = (...names: string[]): SoughtCase[] => names.map((name) => ({ name, also: [] }));
let folders = 0;

async function found(files: readonly string[], sought: readonly SoughtCase[]) {
  const root = join(folder.path, `masks-${++folders}`);
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
  const { masks } = await findMasks(root, sought);
  return Object.fromEntries(Object.entries(masks).map(([name, file]) => [name, relative(root, file)]));
}

describe('the masks of a cohort’s cases', () => {
  it('are found by the words that BraTS, BIDS and others put behind a name', async () => {
    const files = [
      'BraTS-GLI-00001-000-seg.nii.gz',
      'plain.nii.gz',
      'sub-01/anat/sub-01_desc-expert_dseg.nii.gz',
      'UPPER_Mask.nii',
    ];
    expect(await found(files, cases('BraTS-GLI-00001-000', 'plain', 'sub-01', 'upper'))).toEqual({
      'BraTS-GLI-00001-000': files[0],
      plain: files[1],
      'sub-01': files[2],
      upper: files[3],
    });
  });

  it('are any mask in a folder that is called as the case, beside its sequences', async () => {
    const files = ['P1/P1_t1.nii.gz', 'P1/P1_flair.nii.gz', 'P1/expert.nii.gz', 'P2/P2_seg.nii.gz'];
    expect(await found(files, cases('P1', 'P2'))).toEqual({ P1: files[2], P2: files[3] });
  });

  it('are never those of a case whose name is longer, and go by the folder of the images too', async () => {
    const files = ['P1-2_seg.nii.gz', 'Brats18_X_seg.nii.gz'];
    const sought = [...cases('P1', 'P1-2'), { name: 'case-003', also: ['Brats18_X'] }];
    expect(await found(files, sought)).toEqual({ 'P1-2': files[0], 'case-003': files[1] });
  });

  it('are not guessed where two files, or two cases, would do', async () => {
    expect(await found(['P1_reader1.nii.gz', 'P1_reader2.nii.gz'], cases('P1'))).toEqual({});
    expect(await found(['P1_seg.nii.gz'], cases('P1_2024-01-01', 'P1_2024-09-01'))).toEqual({});
    expect(await found(['P1_seg.nii.gz'], cases('P1_2024-01-01'))).toEqual({
      'P1_2024-01-01': 'P1_seg.nii.gz',
    });
  });
});
