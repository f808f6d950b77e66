import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/training/dataset.js';
import { type InputRules, loadCase, TUMOUR } from '../../src/training/loadCase.js';
import { verifyDataset } from '../../src/training/verify.js';
import { affineFromRows } from '../../src/volume/affine.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';
import { lpsAffine, writeCase, writeDescription } from './datasetFolder.js';

const root = temporaryFolder().path;
const RULES: InputRules = {
  modalities: ['t1', 't1ce', 't2', 'flair'],
  grid: {
    spacing: [2, 2, 1.5],
    orientation: 'LPS',
    tensorAxes: 'xyz',
    anchor: [0, 0, 0],
    resampling: 'linear, air by majority',
  },
  normalisation: { kind: 'z-score', voxels: 'non-zero', clip: null },
};

async function load(folder: string, index = 0) {
  const dataset = await verifyDataset(await openDataset(folder));
  return loadCase(dataset, dataset.cases[index], RULES);
}

describe('loading a cut-out', () => {
  const description = { intensities: 'z-score', known: 'nonzero-box', spacing: [2, 2, 1.5] };

  it('takes its values as they are, in tensor order, and knows its box', async () => {
    const folder = join(root, 'cut');
    await writeDescription(folder, description);
    // Voxel (i, j, k) of a 3×4×5 image; zero where k = 0.
    const value = (modality: string, v: number) => (v < 12 ? 0 : v + (modality === 't1' ? 0 : 100));
    await writeCase(folder, 'a', { size: [3, 4, 5], affine: lpsAffine([2.01, 1.99, 1.5]), value });
    const volume = await load(folder);
    expect(volume.shape).toEqual([3, 4, 5]);
    expect(volume.images.map((image) => image !== null)).toEqual([true, false, false, true]);
    expect(volume.known).toEqual({ start: [0, 0, 1], end: [3, 4, 5] });
    const at = (i: number, j: number, k: number) => k + 5 * (j + 4 * i);
    expect(volume.images[3]![at(2, 1, 3)]).toBe(2 + 3 * (1 + 4 * 3) + 100);
    expect([at(0, 0, 0), at(1, 0, 0), at(2, 0, 0), at(0, 1, 0)].map((v) => volume.labels[v])).toEqual([
      1, 2, 4, 0,
    ]);
  });

  it('turns it into the model’s orientation without interpolation', async () => {
    const folder = join(root, 'turned');
    await writeDescription(folder, { ...description, spacing: [1.5, 2, 2] });
    // First axis upwards, second to the right, third to the front.
    const affine = affineFromRows([
      [0, 2, 0, 0],
      [0, 0, 2, 0],
      [1.5, 0, 0, 0],
    ]);
    await writeCase(folder, 'a', { size: [5, 3, 4], affine, value: (_, v) => v + 1 });
    const volume = await load(folder);
    expect(volume.shape).toEqual([3, 4, 5]);
    // Source (i, j, k) is the model's (2 − j, 3 − k, i), in tensor order.
    const [i, j, k] = [4, 1, 3];
    expect(volume.images[0]![i + 5 * (3 - k + 4 * (2 - j))]).toBe(1 + i + 5 * (j + 3 * k));
  });

  it('says where nobody knows, whatever the data set’s label for that is', async () => {
    const folder = join(root, 'unknown');
    await writeDescription(folder, { ...description, unknownLabel: 9 });
    await writeCase(folder, 'a', { size: [3, 4, 5], affine: lpsAffine([2, 2, 1.5]), labels: [1, 9, 4] });
    const { labels } = await load(folder);
    expect([0, 20, 40, 5].map((v) => labels[v])).toEqual([1, 255, 4, 0]);
  });

  it('says where nobody knows which part of the tumour', async () => {
    const folder = join(root, 'whole-tumour');
    await writeDescription(folder, { ...description, unknownLabel: 9, tumourLabel: 5 });
    await writeCase(folder, 'a', { size: [3, 4, 5], affine: lpsAffine([2, 2, 1.5]), labels: [5, 9, 4] });
    const { labels } = await load(folder);
    expect([0, 20, 40, 5].map((v) => labels[v])).toEqual([TUMOUR, 255, 4, 0]);
  });

  it('is refused on another spacing, never resampled', async () => {
    const folder = join(root, 'spacing');
    await writeDescription(folder, { ...description, spacing: [1, 1, 1] });
    await writeCase(folder, 'a');
    expect(await problemOfRefusal(load(folder))).toMatchObject({
      code: 'DATASET_INVALID',
      field: 'spacing',
      file: join(folder, 'a'),
    });
  });
});

describe('loading a whole case', () => {
  it('normalises each image over its brain and resamples to the model’s lattice, labels by nearest voxel', async () => {
    const folder = join(root, 'whole');
    const [nx, ny, nz] = [24, 24, 24];
    const inside = (v: number) => {
      const [i, j, k] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
      return i >= 4 && i < 20 && j >= 4 && j < 20 && k >= 3 && k < 21;
    };
    // A ramp along i: linear interpolation keeps it a ramp.
    const value = (_: string, v: number) => (inside(v) ? 100 + (v % nx) : 0);
    const labels = Array.from({ length: nx * ny * nz }, (_, v) => (inside(v) && v % nx >= 12 ? 4 : 0));
    await writeCase(folder, 'a', { size: [nx, ny, nz], value, labels });
    const volume = await load(folder);
    expect(volume.known).toBeNull();
    expect(volume.images[1]).toBeNull();
    const image = volume.images[0]!;
    const [, h, w] = volume.shape;
    // Lattice point x lies at 2x mm to the left of the anchor: on voxel 2x.
    const row = (x: number) => {
      const at = Math.floor(w / 2) + w * (Math.floor(h / 2) + h * x);
      return { value: image[at], label: volume.labels[at] };
    };
    const rows = Array.from({ length: volume.shape[0] }, (_, x) => row(x)).filter((one) => one.value !== 0);
    const deviation = Math.sqrt((16 ** 2 - 1) / 12);
    const expected = Array.from({ length: 8 }, (_, x) => (2 * x + 4 - 11.5) / deviation);
    expect(rows).toHaveLength(8);
    rows.forEach((one, x) => {
      expect(one.value).toBeCloseTo(expected[x], 5);
      expect(one.label).toBe(2 * x + 4 >= 12 ? 4 : 0);
    });
  });
});
