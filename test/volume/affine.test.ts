import { describe, expect, it } from 'vitest';
import {
  affineFromRows,
  affineRows,
  axisCodes,
  invertAffine,
  multiplyAffines,
  sameGrid,
  voxelSpacing,
  voxelToWorld,
  voxelVolume,
} from '../../src/volume/affine.js';
import type { Affine } from '../../src/volume/volume.js';

// A turn by 30° about z, spacing 1, 2, 3, then a shift.
const [C, S] = [Math.sqrt(3) / 2, 0.5];
const TURNED: Affine = [C, S, 0, 0, -2 * S, 2 * C, 0, 0, 0, 0, 3, 0, 10, 20, 30, 1];

describe('spacing and positions', () => {
  it('measures along each voxel axis', () => {
    const spacing = voxelSpacing(TURNED);
    [1, 2, 3].forEach((mm, axis) => {
      expect(spacing[axis]).toBeCloseTo(mm, 14);
    });
    expect(voxelVolume(TURNED)).toBeCloseTo(6, 13);
  });

  it('places voxels', () => {
    const [x, y, z] = voxelToWorld(TURNED, 2, 1, 1);
    expect(
      [x, y, z].map((v, i) => v - [10 + 2 * C - 1, 20 + 1 + 2 * C, 33][i]).every((d) => Math.abs(d) < 1e-12),
    ).toBe(true);
  });

  it('works in double precision', () => {
    const fine: Affine = [1 / 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1e5 + 1 / 3, 0, 0, 1];
    const inverse = invertAffine(fine) as Affine;
    expect(Math.abs(inverse[12] + (1e5 + 1 / 3) * 3)).toBeLessThan(1e-9);
    expect(Math.abs(multiplyAffines(fine, inverse)[12])).toBeLessThan(1e-9);
  });

  it('keeps rows and columns apart', () => {
    const rows = [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
    ] as const;
    const affine = affineFromRows(rows);
    expect(affine).toEqual([1, 5, 9, 0, 2, 6, 10, 0, 3, 7, 11, 0, 4, 8, 12, 1]);
    expect(affineRows(affine)).toEqual(rows);
  });
});

it.each([
  [[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], 'flat'],
  [[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, Number.NaN, 0, 0, 0, 0, 1], 'NaN'],
  [[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, Number.POSITIVE_INFINITY, 0, 0, 1], 'infinite'],
])('has no inverse: %s', (matrix) => {
  expect(invertAffine(matrix as unknown as Affine)).toBeNull();
});

describe('axis codes', () => {
  it.each([
    ['RAS', [1, 0, 0, 0, 1, 0, 0, 0, 1]],
    ['LPS', [-1, 0, 0, 0, -1, 0, 0, 0, 1]],
    ['LIA', [-1, 0, 0, 0, 0, -1, 0, 1, 0]],
    ['PIR', [0, -1, 0, 0, 0, -1, 1, 0, 0]],
    ['SRA', [0, 0, 1, 1, 0, 0, 0, 1, 0]],
  ])('%s', (codes, [a, b, c, d, e, f, g, h, i]) => {
    expect(axisCodes([a, b, c, 0, d, e, f, 0, g, h, i, 0, 5, 6, 7, 1])).toBe(codes);
  });

  it('names the nearest axis of an oblique grid, each once', () => {
    expect(axisCodes(TURNED)).toBe('RAS');
    // Both i and j are nearest to x; j is nearer and gets it.
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    expect(axisCodes([c, s, 0, 0, 1, -0.1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toBe('ARS');
  });
});

describe('one grid', () => {
  const grid = { size: [100, 100, 50] as const, affine: TURNED };
  const moved = (index: number, by: number) => ({
    ...grid,
    affine: Array.from(TURNED as number[], (v, i) => (i === index ? v + by : v)) as unknown as Affine,
  });

  it('bears a hundredth of a millimetre at the farthest corner, not more', () => {
    expect(sameGrid(grid, moved(12, 0.009))).toBe(true);
    expect(sameGrid(grid, moved(12, 0.011))).toBe(false);
    expect(sameGrid(grid, moved(0, 0.00009))).toBe(true);
    expect(sameGrid(grid, moved(0, 0.00011))).toBe(false);
    expect(sameGrid(grid, moved(12, 0.4), 0.5)).toBe(true);
  });

  it('needs equal sizes', () => {
    expect(sameGrid(grid, { ...grid, size: [100, 100, 51] })).toBe(false);
  });
});
