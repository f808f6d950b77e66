import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/training/dataset.js';
import { verifyDataset } from '../../src/training/verify.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';
import { lpsAffine, writeCase, writeDescription } from './datasetFolder.js';

const root = temporaryFolder().path;
const verify = async (folder: string) => verifyDataset(await openDataset(folder));

describe('verifying a data set', () => {
  it.each([
    ['brats', [1, 2, 4]],
    ['brats2021', [1, 2, 3]],
  ] as const)('accepts a sound one and sees that it is %s', async (scheme, labels) => {
    const folder = join(root, `sound-${scheme}`);
    await writeCase(folder, 'a', { labels });
    await writeCase(folder, 'b', { labels: [2] });
    const seen: number[] = [];
    const dataset = await openDataset(folder);
    const verified = await verifyDataset(dataset, { onCase: (done) => seen.push(done) });
    expect(verified.labels).toBe(scheme);
    expect(seen).toEqual([1, 2]);
  });

  it('names a truncated file, and goes on to the other problems', async () => {
    const folder = join(root, 'truncated');
    const broken = join(await writeCase(folder, 'a', { size: [16, 16, 16] }), 'a_flair.nii.gz');
    await truncate(broken, (await readFile(broken)).length - 200);
    await writeCase(folder, 'b', { labels: [7] });
    const problem = await problemOfRefusal(verify(folder));
    expect(problem).toMatchObject({ code: 'DATA_TRUNCATED', file: broken });
    expect(problem.also).toMatchObject([{ code: 'LABELS_INVALID', found: '7' }]);
  });

  it('names two grids in a case, of images and of the mask', async () => {
    const folder = join(root, 'grids');
    const path = await writeCase(folder, 'a');
    const other = {
      data: new Float32Array(64).fill(1),
      size: [4, 4, 4] as const,
      affine: lpsAffine([1, 1, 2]),
    };
    await writeNifti(join(path, 'a_flair.nii.gz'), other);
    expect(await problemOfRefusal(verify(folder))).toMatchObject({
      code: 'GRIDS_DIFFER',
      file: join(path, 'a_flair.nii.gz'),
      files: [join(path, 'a_t1.nii.gz'), join(path, 'a_flair.nii.gz')],
    });
    const masked = join(root, 'mask-grid');
    const second = await writeCase(masked, 'a');
    const mask = { data: new Uint8Array(125), size: [5, 5, 5] as const, affine: lpsAffine() };
    await writeNifti(join(second, 'a_seg.nii.gz'), mask);
    expect(await problemOfRefusal(verify(masked))).toMatchObject({
      code: 'GRIDS_DIFFER',
      file: join(second, 'a_seg.nii.gz'),
    });
  });

  it('refuses a label 3 beside a 4, in one mask or in two', async () => {
    const folder = join(root, 'three');
    await writeCase(folder, 'a', { labels: [1, 3, 4] });
    await writeCase(folder, 'b', { labels: [3] });
    const problem = await problemOfRefusal(verify(folder));
    expect(problem).toMatchObject({ code: 'LABELS_INVALID', field: 'label 3', found: 'both 3 and 4' });
    expect(problem.file).toBe(join(folder, 'a', 'a_seg.nii.gz'));
    expect(problem.also).toMatchObject([{ file: join(folder, 'b', 'b_seg.nii.gz') }]);
  });

  it('takes a label 3 beside a 4 where dataset.json says brats2013', async () => {
    const folder = join(root, 'brats2013');
    await writeDescription(folder, { labels: 'brats2013' });
    await writeCase(folder, 'a', { labels: [1, 3, 4] });
    expect((await verify(folder)).labels).toBe('brats2013');
  });

  it.each(['msd', 'brats2021'] as const)(
    'asks whether 1 or 2 is oedema where 1 is outside (%s)',
    async (said) => {
      const folder = join(root, `order-${said}`);
      // A bar of 1, 2, 1 along x with 3 in it: label 1 has most of the outer faces.
      await writeCase(folder, 'a', { labels: [1, 2, 3, 1, 1] });
      expect(await problemOfRefusal(verify(folder))).toMatchObject({
        code: 'LABELS_IN_DOUBT',
        file: folder,
        expected: expect.stringContaining('"msd"'),
      });
      await writeDescription(folder, { labels: said });
      expect((await verify(folder)).labels).toBe(said);
    },
  );

  it('names an image without any non-zero voxel', async () => {
    const folder = join(root, 'blank');
    await writeCase(folder, 'a', { value: (modality, v) => (modality === 't1' ? 0 : v) });
    const problem = await problemOfRefusal(verify(folder));
    expect(problem).toMatchObject({ code: 'EMPTY_IMAGE', file: join(folder, 'a', 'a_t1.nii.gz') });
  });

  it('stops when it is cancelled', async () => {
    const folder = join(root, 'cancelled');
    await writeCase(folder, 'a');
    const dataset = await openDataset(folder);
    const refusal = problemOfRefusal(verifyDataset(dataset, { signal: AbortSignal.abort() }));
    expect(await refusal).toMatchObject({ code: 'CANCELLED' });
  });
});
