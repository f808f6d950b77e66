import { voxelSpacing } from '../volume/affine.js';
import { resample } from '../volume/resample.js';
import type { Grid, Size, Volume } from '../volume/volume.js';
import { isotropicGrid } from './placement.js';

/** Checks look at images on voxels of this size: alike for every input, and fast. */
export const CHECK_MM = 2;

/** A stripped image as checks see it; voxel (i, j, k) is `[i + size[0] * (j + size[1] * k)]`. */
export interface CoarseImage {
  readonly size: Size;
  /** Smoothed within the brain by ¼ ½ ¼ along each axis; 0 in air. */
  readonly smooth: Float32Array;
  readonly values: Float32Array;
  /** 1 where not air. */
  readonly mask: Uint8Array;
}

/** @param image on any grid, air 0. */
export function coarseImage(image: Volume, coarse: Grid): CoarseImage {
  const values = resample(image, coarse, { interpolation: 'linear' });
  const mask = new Uint8Array(values.length);
  for (let v = 0; v < values.length; v++) mask[v] = values[v] === 0 ? 0 : 1;
  return { size: coarse.size, values, mask, smooth: smoothedWithin(values, mask, coarse.size) };
}

/** The grid that checks look at a case on. */
export function coarseGrid(grid: Grid): Grid {
  return isotropicGrid(grid, CHECK_MM);
}

/** The voxel axis nearest to left-right (0), front-back (1) or up-down (2). */
export function axisNearest({ affine }: Grid, world: 0 | 1 | 2): number {
  const spacing = voxelSpacing(affine);
  const along = [0, 1, 2].map((axis) => Math.abs(affine[4 * axis + world]) / spacing[axis]);
  return along.indexOf(Math.max(...along));
}

/** Mean index along an axis of the voxels that are set; 0 when none is. */
export function middleAlong(mask: Uint8Array, size: Size, axis: number): number {
  const stride = stridesOf(size)[axis];
  let sum = 0;
  let count = 0;
  mask.forEach((inside, v) => {
    if (inside === 0) return;
    sum += Math.floor(v / stride) % size[axis];
    count += 1;
  });
  return count === 0 ? 0 : sum / count;
}

/** Indices of the voxels that are set. */
export function indicesOf(mask: Uint8Array): Uint32Array {
  const indices = new Uint32Array(mask.length);
  let n = 0;
  for (let v = 0; v < mask.length; v++) if (mask[v] !== 0) indices[n++] = v;
  return indices.slice(0, n);
}

/** Voxels that lie at least `steps` 6-neighbour steps inside the mask; beyond the image is outside. */
export function eroded(mask: Uint8Array, size: Size, steps: number): Uint8Array {
  const [nx, ny, nz] = size;
  let now = mask;
  for (let step = 0; step < steps; step++) {
    const next = new Uint8Array(now.length);
    for (let k = 1; k < nz - 1; k++)
      for (let j = 1; j < ny - 1; j++)
        for (let i = 1, v = 1 + nx * (j + ny * k); i < nx - 1; i++, v++)
          next[v] =
            now[v] &
            now[v - 1] &
            now[v + 1] &
            now[v - nx] &
            now[v + nx] &
            now[v - nx * ny] &
            now[v + nx * ny];
    now = next;
  }
  return now;
}

/** Index steps along x, y, z. */
export function stridesOf([nx, ny]: Size): [number, number, number] {
  return [1, nx, nx * ny];
}

/** Weights ¼ ½ ¼ along each axis, over the voxels of the mask alone. */
function smoothedWithin(values: Float32Array, mask: Uint8Array, size: Size): Float32Array {
  let sums = values;
  let weights: Float32Array = new Float32Array(mask);
  for (const stride of stridesOf(size)) {
    sums = smoothedAlong(sums, stride);
    weights = smoothedAlong(weights, stride);
  }
  return sums.map((sum, v) => (mask[v] === 1 && weights[v] > 0 ? sum / weights[v] : 0));
}

function smoothedAlong(values: Float32Array, stride: number): Float32Array {
  const out = new Float32Array(values.length);
  // Beyond the first and last plane there is air: the brains do not reach them, or count for little there.
  for (let v = stride; v < values.length - stride; v++)
    out[v] = 0.5 * values[v] + 0.25 * (values[v - stride] + values[v + stride]);
  return out;
}
