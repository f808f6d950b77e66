import { describe, expect, it } from 'vitest';
import { volumesOf } from '../../src/masks/volumes.js';
import { removeSpecks, restoreSpecks } from '../../src/segment/cleanUp.js';
import type { Grid } from '../../src/volume/volume.js';

/** 10×10×10 voxels of 1×1×2 mm: a voxel is 0.002 ml. */
const grid: Grid = { size: [10, 10, 10], affine: [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 2, 0, 5, 6, 7, 1] };
const index = (i: number, j: number, k: number) => i + 10 * (j + 10 * k);

/** An oedema with a core; one enhancing part of 3 voxels, one of 1. */
function mask(): Uint8Array {
  const labels = new Uint8Array(1000);
  for (let i = 1; i < 9; i++) for (let j = 1; j < 9; j++) labels[index(i, j, 4)] = 2;
  for (let i = 2; i < 7; i++) labels[index(i, 4, 4)] = 1;
  for (const i of [2, 3, 4]) labels[index(i, 4, 4)] = 4;
  labels[index(7, 7, 4)] = 4;
  return labels;
}

const rule = { connectivity: 26 as const, minimumMl: { WT: 0, TC: 0, ET: 0.005 } };

describe('clean-up', () => {
  it('removes parts below the stated volume, keeps the rest, and says where and how much', () => {
    const labels = mask();
    const specks = removeSpecks(labels, grid, rule);
    expect(specks).toHaveLength(1);
    expect(specks[0]).toMatchObject({
      region: 'ET',
      ml: 0.002,
      centroidVoxel: [7, 7, 4],
      centroidMm: [-2, -1, 15],
    });
    expect(labels[index(7, 7, 4)]).toBe(1);
    expect(labels[index(2, 4, 4)]).toBe(4);
  });

  it('can be undone exactly', () => {
    const labels = mask();
    restoreSpecks(
      labels,
      removeSpecks(labels, grid, { connectivity: 6, minimumMl: { WT: 1, TC: 0.012, ET: 0.005 } }),
    );
    expect(labels).toEqual(mask());
  });

  it('turns a removed core into oedema and a removed tumour into background', () => {
    const labels = mask();
    const specks = removeSpecks(labels, grid, { connectivity: 26, minimumMl: { WT: 0, TC: 1, ET: 0 } });
    expect(specks.map(({ region }) => region)).toEqual(['TC', 'TC']);
    expect(volumesOf(labels, grid)).toMatchObject({ WT: 64 * 0.002, TC: 0, ET: 0 });
    removeSpecks(labels, grid, { connectivity: 26, minimumMl: { WT: 1, TC: 0, ET: 0 } });
    expect(labels.some((label) => label !== 0)).toBe(false);
  });

  it('does nothing where the minimum is 0', () => {
    const labels = mask();
    expect(removeSpecks(labels, grid, { connectivity: 26, minimumMl: { WT: 0, TC: 0, ET: 0 } })).toEqual([]);
    expect(labels).toEqual(mask());
  });
});

describe('volumes', () => {
  it('are nested and in ml of the affine’s voxels', () => {
    const volumes = volumesOf(mask(), grid);
    expect(volumes.WT).toBeCloseTo(64 * 0.002, 12);
    expect(volumes.TC).toBeCloseTo(6 * 0.002, 12);
    expect(volumes.ET).toBeCloseTo(4 * 0.002, 12);
  });
});
