import { describe, expect, it } from 'vitest';
import { REGION_MEMBERS } from '../../src/masks/labels.js';
import { volumesOf } from '../../src/masks/volumes.js';
import { removeSpecks, restoreSpecks, type Speck } from '../../src/segment/cleanUp.js';
import { REGIONS } from '../../src/terms.js';
import { randomStream } from '../../src/training/random.js';
import { connectedComponents } from '../../src/volume/connectedComponents.js';
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

describe('clean-up of a mask with many parts', () => {
  it('removes voxel by voxel what the walk over every part of the whole image finds', () => {
    const random = randomStream(11);
    const size = [40, 30, 20] as const;
    const large: Grid = { size, affine: [0, -1, 0, 0, 0.9, 0, 0, 0, 0, 0, 2, 0, 5, 6, 7, 1] };
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++)
      for (const connectivity of [6, 26] as const) {
        const labels = new Uint8Array(size[0] * size[1] * size[2]);
        for (let blob = 0; blob < 40; blob++) {
          const [x, y, z] = size.map((n) => random.integer(2, n - 3));
          const label = [1, 2, 4][random.integer(0, 2)];
          for (let at = 0; at < 30; at++) {
            const [i, j, k] = [x, y, z].map((n) => n + random.integer(-2, 2));
            labels[i + size[0] * (j + size[1] * k)] = label;
          }
        }
        const expected = labels.slice();
        const minimumMl = { WT: 0.05, TC: 0.03, ET: 0.02 };
        const specks = byWalking(expected, large, { connectivity, minimumMl });
        expect(removeSpecks(labels, large, { connectivity, minimumMl })).toEqual(specks);
        expect(Buffer.compare(labels, expected)).toBe(0);
        for (const { region } of specks) seen.add(region);
      }
    expect([...seen].sort()).toEqual(['ET', 'TC', 'WT']);
  });
});

/** The same by definition: all connected parts of each region of the whole image, the small ones removed. */
function byWalking(labels: Uint8Array, grid: Grid, rule: Parameters<typeof removeSpecks>[2]): Speck[] {
  const becomes = { WT: 0, TC: 2, ET: 1 };
  const specks: Speck[] = [];
  for (const region of REGIONS) {
    const isMember = (label: number) => REGION_MEMBERS[region].includes(label);
    for (const part of connectedComponents({ ...grid, data: labels }, isMember, rule.connectivity)) {
      const ml = (part.voxelCount * 1.8) / 1000;
      if (ml >= rule.minimumMl[region]) continue;
      specks.push({
        ...{
          region,
          ml: expect.closeTo(ml, 9),
          centroidMm: part.centroidMm.map((mm) => expect.closeTo(mm, 9)),
        },
        centroidVoxel: part.centroid.map((n) => expect.closeTo(n, 9)),
        voxels: part.voxels.slice(),
        labels: Uint8Array.from(part.voxels, (at) => labels[at]),
      } as unknown as Speck);
      for (const at of part.voxels) labels[at] = becomes[region];
    }
  }
  return specks.sort((a, b) => b.voxels.length - a.voxels.length);
}

describe('volumes', () => {
  it('are nested and in ml of the affine’s voxels', () => {
    const volumes = volumesOf(mask(), grid);
    expect(volumes.WT).toBeCloseTo(64 * 0.002, 12);
    expect(volumes.TC).toBeCloseTo(6 * 0.002, 12);
    expect(volumes.ET).toBeCloseTo(4 * 0.002, 12);
  });
});
