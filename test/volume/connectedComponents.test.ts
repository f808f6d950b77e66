import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/training/random.js';
import { connectedComponents, smallComponents } from '../../src/volume/connectedComponents.js';
import type { Affine, Volume } from '../../src/volume/volume.js';

const AFFINE: Affine = [-1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 3, 0, 100, 50, -20, 1];

function volume(
  size: readonly [number, number, number],
  voxels: [number, number, number, number][],
): Volume<Uint8Array> {
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (const [i, j, k, label] of voxels) data[i + size[0] * (j + size[1] * k)] = label;
  return { size, affine: AFFINE, data };
}

describe('connected components', () => {
  it('joins by faces, and with 26 also by edges and corners', () => {
    const chain = volume(
      [4, 4, 4],
      [
        [0, 0, 0, 1],
        [1, 0, 0, 1],
        [2, 1, 0, 1],
        [3, 2, 1, 1],
      ],
    );
    expect(connectedComponents(chain, (v) => v > 0, 6).map((c) => c.voxelCount)).toEqual([2, 1, 1]);
    expect(connectedComponents(chain, (v) => v > 0, 26).map((c) => c.voxelCount)).toEqual([4]);
  });

  it('does not join across the edge of the volume', () => {
    // Neighbours in memory: the end of one line and the start of the next, of one slice and of the next.
    const ends = volume(
      [3, 4, 3],
      [
        [2, 1, 0, 1],
        [0, 2, 0, 1],
        [2, 3, 0, 1],
        [0, 0, 1, 1],
      ],
    );
    for (const connectivity of [6, 26] as const) {
      expect(connectedComponents(ends, (v) => v > 0, connectivity)).toHaveLength(4);
    }
  });

  it('gives place, size and voxels, largest first', () => {
    const two = volume(
      [5, 5, 5],
      [
        [0, 0, 0, 4],
        [3, 1, 2, 4],
        [4, 1, 2, 4],
        [3, 2, 2, 1],
        [4, 2, 2, 4],
      ],
    );
    const components = connectedComponents(two, (label) => label === 4, 6);
    expect(components).toHaveLength(2);
    const [large, small] = components;
    expect(large.voxelCount).toBe(3);
    expect([...large.voxels].sort((a, b) => a - b)).toEqual([3 + 5 + 50, 4 + 5 + 50, 4 + 10 + 50]);
    expect(large.centroid).toEqual([11 / 3, 4 / 3, 2]);
    [100 - 11 / 3, 50 - 8 / 3, -14].forEach((mm, axis) => {
      expect(large.centroidMm[axis]).toBeCloseTo(mm, 12);
    });
    expect(small).toMatchObject({ voxelCount: 1, centroid: [0, 0, 0], centroidMm: [100, 50, -20] });
  });

  it('finds nothing in an empty mask and one component in a full one', () => {
    const empty = volume([7, 6, 5], []);
    expect(connectedComponents(empty, (v) => v > 0, 6)).toEqual([]);
    const [full] = connectedComponents(empty, (v) => v === 0, 6);
    expect(full.voxelCount).toBe(210);
    expect(full.centroid).toEqual([3, 2.5, 2]);
    expect(new Set(full.voxels).size).toBe(210);
  });

  it('separates a checkerboard by faces and joins it by edges', () => {
    const board = volume([4, 4, 4], []);
    board.data.forEach((_, n) => {
      board.data[n] = ((n % 4) + (Math.floor(n / 4) % 4) + Math.floor(n / 16)) % 2;
    });
    expect(connectedComponents(board, (v) => v > 0, 6)).toHaveLength(32);
    expect(connectedComponents(board, (v) => v > 0, 26).map((c) => c.voxelCount)).toEqual([32]);
  });
});

describe('small components', () => {
  it('are those that the walk over all finds, voxel by voxel in the same order', () => {
    const random = randomStream(7);
    let found = 0;
    for (const size of [
      [7, 6, 5],
      [1, 9, 4],
      [12, 1, 6],
      [9, 8, 1],
      [16, 13, 11],
    ] as const)
      for (const density of [0.02, 0.1, 0.25, 0.5, 0.8, 1])
        for (const connectivity of [6, 26] as const) {
          const labels = volume(size, []);
          labels.data.forEach((_, at) => {
            labels.data[at] = random.chance(density) ? random.integer(1, 2) : 0;
          });
          const isMember = (label: number) => label === 1;
          for (const below of [2, 4, 30]) {
            const small = smallComponents(labels, isMember, connectivity, (voxels) => voxels < below);
            const all = connectedComponents(labels, isMember, connectivity);
            expect(small).toEqual(all.filter(({ voxelCount }) => voxelCount < below));
            found += small.length;
          }
        }
    expect(found).toBeGreaterThan(1000);
  });
});
