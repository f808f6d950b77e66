import type { GridSummary } from '../../src/contract/index.js';
import { type Plane, type PlaneAxes, pixelOf, transform } from './geometry.js';
import { type ImageVoxels, sampler } from './slices.js';

/** A length, or an ellipse, that was drawn on one slice: two places in voxels of the grid, with their fractions. */
export interface Mark {
  readonly kind: 'ruler' | 'area';
  readonly plane: Plane;
  /** The grid that it is on: the case's, or that of a series as it was made. */
  readonly space: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

export interface AreaStatistics {
  /** Voxels whose middle lies in the ellipse. */
  readonly voxels: number;
  readonly mm2: number;
  readonly mean: number;
  /** Sample standard deviation; 0 for one voxel. */
  readonly sd: number;
}

/** Distance of two places of a grid in mm. */
export function lengthMm(grid: GridSummary, from: readonly number[], to: readonly number[]): number {
  const [a, b] = [from, to].map((place) => transform(grid.affine, place));
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/**
 * Values of an image in the ellipse that fills the box between two places of one slice.
 *
 * @param grid that the places are voxels of; the image may have another.
 * @returns null where no voxel's middle lies in it.
 */
export function areaStatistics(
  image: ImageVoxels,
  grid: GridSummary,
  axes: PlaneAxes,
  { from, to }: Pick<Mark, 'from' | 'to'>,
): AreaStatistics | null {
  const slice = Math.round(from[axes.through]);
  const [[x0, y0], [x1, y1]] = [pixelOf(axes, grid.size, from), pixelOf(axes, grid.size, to)];
  const [middleX, middleY] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const [radiusX, radiusY] = [Math.abs(x1 - x0) / 2, Math.abs(y1 - y0) / 2];
  if (radiusX === 0 || radiusY === 0) return null;
  const valueAt = sampler(image, grid, axes, slice);
  const [width, height] = [grid.size[axes.x.axis], grid.size[axes.y.axis]];
  let [voxels, mean, squares] = [0, 0, 0];
  for (let y = Math.max(0, Math.ceil(middleY - radiusY)); y <= Math.min(height - 1, middleY + radiusY); y++)
    for (
      let x = Math.max(0, Math.ceil(middleX - radiusX));
      x <= Math.min(width - 1, middleX + radiusX);
      x++
    ) {
      if (((x - middleX) / radiusX) ** 2 + ((y - middleY) / radiusY) ** 2 > 1) continue;
      // Welford's sums: no loss where the mean is large beside the spread.
      const off = valueAt(x, y) - mean;
      mean += off / ++voxels;
      squares += off * (valueAt(x, y) - mean);
    }
  if (voxels === 0) return null;
  const mm2 = voxels * grid.spacing[axes.x.axis] * grid.spacing[axes.y.axis];
  return { voxels, mm2, mean, sd: voxels > 1 ? Math.sqrt(squares / (voxels - 1)) : 0 };
}

const short = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** What stands beside a mark. */
export function markText(mark: Mark, grid: GridSummary, image: ImageVoxels | null, axes: PlaneAxes): string {
  if (mark.kind === 'ruler') return `${lengthMm(grid, mark.from, mark.to).toFixed(1)} mm`;
  const found = image && areaStatistics(image, grid, axes, mark);
  return found
    ? `mean ${short(found.mean)}, sd ${short(found.sd)}, ${(found.mm2 / 100).toFixed(2)} cm²`
    : 'no voxel in it';
}
