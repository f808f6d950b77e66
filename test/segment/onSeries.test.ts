import { mat4 } from 'gl-matrix';
import { describe, expect, it } from 'vitest';
import { BRATS_GRID } from '../../src/prepare/atlas.js';
import type { SeriesPlacement } from '../../src/prepare/preparation.js';
import { labelsOnSeries } from '../../src/segment/onSeries.js';
import { multiplyAffines, voxelToWorld } from '../../src/volume/affine.js';
import { movedTo } from '../../src/volume/placement.js';
import { resample } from '../../src/volume/resample.js';
import type { Affine, Grid, Size, Volume } from '../../src/volume/volume.js';

/** A rigid move: a turn about a skew axis, then a shift. */
function move(degrees: number, axis: [number, number, number], shift: [number, number, number]): Affine {
  const matrix = mat4.fromRotation(new Array(16).fill(0) as never, (degrees * Math.PI) / 180, axis)!;
  for (let row = 0; row < 3; row++) matrix[12 + row] = shift[row];
  return Array.from(matrix) as unknown as Affine;
}

/** A grid of a series whose axes are turned, with the middle at the origin. */
function seriesGrid(size: Size, spacing: Size, turn: Affine): Grid {
  const scale = [spacing[0], 0, 0, 0, 0, spacing[1], 0, 0, 0, 0, spacing[2], 0, 0, 0, 0, 1];
  const middle = size.map((n, axis) => (-(n - 1) / 2) * spacing[axis]);
  for (let row = 0; row < 3; row++) scale[12 + row] = middle[row];
  return { size, affine: multiplyAffines(turn, scale as unknown as Affine) };
}

/** An ellipsoid of nested labels in a series: 4 inside 1 inside 2. */
function blob(
  { size, affine }: Grid,
  centre: readonly number[],
  radii: readonly number[],
): Volume<Uint8Array> {
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let at = 0; at < data.length; at++) {
    const p = voxelToWorld(
      affine,
      at % size[0],
      Math.floor(at / size[0]) % size[1],
      Math.floor(at / (size[0] * size[1])),
    );
    const r = Math.hypot(...p.map((mm, axis) => (mm - centre[axis]) / radii[axis]));
    data[at] = r <= 0.5 ? 4 : r <= 0.75 ? 1 : r <= 1 ? 2 : 0;
  }
  return { size, affine, data };
}

/** Mean voxel index, and ml, of the voxels with these labels. */
function measure({ size, affine, data }: Volume<Uint8Array>, labels: readonly number[]) {
  const sum = [0, 0, 0];
  let n = 0;
  data.forEach((label, at) => {
    if (!labels.includes(label)) return;
    n++;
    sum[0] += at % size[0];
    sum[1] += Math.floor(at / size[0]) % size[1];
    sum[2] += Math.floor(at / (size[0] * size[1]));
  });
  const ml = (n * Math.abs(mat4.determinant(affine as mat4))) / 1000;
  return { centroid: sum.map((s) => s / n), ml };
}

/** RAS mm of the series → RAS mm of the Case: the middle of the series comes to the middle of the BraTS grid. */
const toCaseBy = (turn: Affine): Affine => multiplyAffines(move(0, [0, 0, 1], [-119.5, 119.5, 77]), turn);

describe('a mask on the series’ own grid', () => {
  it.each([
    ['axial, thick slices', [200, 220, 26], [0.9, 0.9, 5.5], move(0, [0, 0, 1], [0, 0, 0])],
    ['oblique, thick slices', [200, 220, 26], [0.9, 0.9, 5.5], move(17, [1, 0.3, 0.2], [0, 0, 0])],
    ['sagittal, anisotropic', [160, 180, 60], [1.2, 1, 3], move(88, [0, 1, 0.1], [0, 0, 0])],
    ['fine', [110, 130, 100], [0.7, 0.7, 0.9], move(-9, [0.2, 1, 0.4], [0, 0, 0])],
  ] as const)(
    'comes back within half a voxel after the way to the BraTS grid: %s',
    (_, size, spacing, turn) => {
      const grid = seriesGrid(size, spacing, turn);
      const drawn = blob(grid, [14, -21, 9], [19, 23, 21]);
      const toCase = toCaseBy(move(11, [0.3, -0.5, 1], [4.3, -6.1, 8.7]));
      const onCase = resample(movedTo(drawn, toCase), BRATS_GRID, {
        interpolation: 'nearest',
        into: new Uint8Array(240 * 240 * 155),
      });
      const placement = { series: {} as SeriesPlacement['series'], grid, toCase };
      const back = { ...grid, data: labelsOnSeries({ ...BRATS_GRID, data: onCase }, placement) };
      for (const labels of [[1, 2, 4], [1, 4], [4]]) {
        const before = measure(drawn, labels);
        const after = measure(back, labels);
        after.centroid.forEach((place, axis) => {
          expect(Math.abs(place - before.centroid[axis])).toBeLessThan(0.5);
        });
        expect(Math.abs(after.ml / before.ml - 1)).toBeLessThan(0.05);
      }
    },
  );

  it('is the mask itself, voxel by voxel, where nothing was moved', () => {
    const grid = seriesGrid([40, 50, 60], [1, 1, 1], move(0, [0, 0, 1], [0, 0, 0]));
    const mask = blob(grid, [3, 4, -5], [9, 12, 10]);
    const placement = {
      series: {} as SeriesPlacement['series'],
      grid,
      toCase: move(0, [0, 0, 1], [0, 0, 0]),
    };
    expect(labelsOnSeries(mask, placement)).toEqual(mask.data);
  });

  it('gives a thick voxel to a region only when more than half of it belongs to it', () => {
    // Case: 1 mm; the mask fills z = 0 … 2.5 (voxels 0, 1, 2). Series: slices of 6 mm, the first from −0.5 to 5.5.
    const mask: Volume<Uint8Array> = {
      size: [4, 4, 20],
      affine: move(0, [0, 0, 1], [0, 0, 0]),
      data: new Uint8Array(320),
    };
    const grid: Grid = { size: [4, 4, 3], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 6, 0, 0, 0, 2.5, 1] };
    const placement = {
      series: {} as SeriesPlacement['series'],
      grid,
      toCase: move(0, [0, 0, 1], [0, 0, 0]),
    };
    const filled = (slices: number) => {
      mask.data.fill(0).fill(2, 0, 16 * slices);
      return labelsOnSeries(mask, placement)[5];
    };
    expect(filled(2)).toBe(0);
    expect(filled(4)).toBe(2);
  });

  it('is empty for an empty mask, and for one that lies outside the series', () => {
    const grid = seriesGrid([20, 20, 20], [1, 1, 1], move(0, [0, 0, 1], [0, 0, 0]));
    const mask = blob(
      { ...grid, affine: multiplyAffines(move(0, [0, 0, 1], [100, 0, 0]), grid.affine) },
      [100, 0, 0],
      [5, 5, 5],
    );
    const placement = {
      series: {} as SeriesPlacement['series'],
      grid,
      toCase: move(0, [0, 0, 1], [0, 0, 0]),
    };
    expect(mask.data.some((label) => label > 0)).toBe(true);
    expect(labelsOnSeries(mask, placement).every((label) => label === 0)).toBe(true);
  });
});
