import { MODALITIES, type Modality } from '../terms.js';
import { voxelSpacing } from '../volume/affine.js';
import { type Extent, extentOf, type Part } from '../volume/extent.js';
import { isotropicGrid, partOfGrid } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import { mapAxes } from '../volume/tuples.js';
import { type Grid, type Size, type Volume, voxelCount } from '../volume/volume.js';

/** Checks look at images on voxels of this size: alike for every input, and fast. */
export const CHECK_MM = 2;
/** Depth is counted up to here. */
export const DEEPEST = 4;

/** A stripped image as checks see it; voxel (i, j, k) is `[i + size[0] * (j + size[1] * k)]`. */
export interface CoarseImage {
  readonly values: Float32Array;
  /** Smoothed within the brain by ¼ ½ ¼ along each axis; 0 in air. */
  readonly smooth: Float32Array;
  /** 6-neighbour steps from the nearest air, at most `DEEPEST`; 0 is air. */
  readonly depth: Uint8Array;
  /** Indices of the voxels of depth `DEEPEST`: the cut of a brain mask and what lies beside it are left out. */
  readonly inner: Uint32Array;
}

/** A case as checks see it: the box around its brain on voxels of 2 mm. Made once, used by all checks. */
export interface CoarseCase {
  readonly grid: Grid;
  readonly images: Readonly<Partial<Record<Modality, CoarseImage>>>;
  /** 1 where any image shows something. */
  readonly brain: Uint8Array;
}

/** Where each image shows something; null where it shows nothing. Most of an image is air. */
export type Shown = Readonly<Partial<Record<Modality, Extent | null>>>;

/** The extent of what each image shows, in voxels of `grid`. */
export function shownIn(images: Readonly<Partial<Record<Modality, Volume>>>, grid: Grid): Shown {
  const present = MODALITIES.filter((m) => images[m]);
  return Object.fromEntries(present.map((m) => [m, extentOf(images[m]!.data, grid.size)]));
}

/**
 * @param images on `grid`, aligned, air 0.
 * @param shown of `shownIn`, where it was looked for before.
 */
export function coarseCase(
  images: Readonly<Partial<Record<Modality, Volume>>>,
  grid: Grid,
  shown: Shown = shownIn(images, grid),
): CoarseCase {
  const present = MODALITIES.filter((m) => images[m]);
  const near = gridAround(
    present.flatMap((m) => shown[m] ?? []),
    grid,
  );
  const seen = present.map((m) =>
    resample({ ...grid, data: images[m]!.data }, near, { interpolation: 'linear' }),
  );
  const [first, last] = boxAround(seen, near.size);
  const coarse = partOfGrid(near, first, last);
  const made = seen.map((values) => coarseImage(cropped(values, near.size, first, coarse.size), coarse.size));
  const brain = new Uint8Array(coarse.size[0] * coarse.size[1] * coarse.size[2]);
  for (const { depth } of made) for (let v = 0; v < brain.length; v++) if (depth[v] > 0) brain[v] = 1;
  return { grid: coarse, images: Object.fromEntries(present.map((m, n) => [m, made[n]])), brain };
}

/** The part of the case's grid in voxels of 2 mm that may show something, and a little more. */
function gridAround(extents: readonly Extent[], grid: Grid): Grid {
  const whole = isotropicGrid(grid, CHECK_MM);
  if (extents.length === 0) return whole;
  const spacing = voxelSpacing(grid.affine);
  // Both grids have one middle and the same axes.
  const place = (at: number, axis: number) =>
    ((at - (grid.size[axis] - 1) / 2) * spacing[axis]) / CHECK_MM + (whole.size[axis] - 1) / 2;
  const first = mapAxes(whole.size, (_, axis) =>
    Math.floor(place(Math.min(...extents.map((extent) => extent.first[axis])) - 1, axis)),
  );
  const last = mapAxes(whole.size, (_, axis) =>
    Math.ceil(place(Math.max(...extents.map((extent) => extent.last[axis])) + 1, axis)),
  );
  return partOfGrid(
    whole,
    mapAxes(first, (at) => Math.max(0, at - 1)),
    mapAxes(last, (at, axis) => Math.min(whole.size[axis] - 1, at + 1)),
  );
}

/**
 * The share of each coarse voxel that a mask on the case's own grid fills: its voxels of `label`, or all that are not 0.
 *
 * @param marked the part of the mask that is not 0; null: there is none.
 */
export function shareOn(coarse: CoarseCase, marked: Part | null, label?: number): Float32Array {
  if (!marked) return new Float32Array(voxelCount(coarse.grid.size));
  const data = marked.data.slice();
  for (let v = 0; v < data.length; v++)
    data[v] = (label === undefined ? data[v] !== 0 : data[v] === label) ? 1 : 0;
  return resample({ ...marked, data }, coarse.grid, { interpolation: 'linear' });
}

/** First and last voxel of the box around what any image shows, with one voxel of air where there is one. */
function boxAround(images: readonly Float32Array[], size: Size): [Size, Size] {
  const extents = images.flatMap((data) => extentOf(data, size) ?? []);
  const all: Size = mapAxes(size, (n) => n - 1);
  if (extents.length === 0) return [[0, 0, 0], all];
  const first = mapAxes(size, (_, axis) => Math.min(...extents.map((extent) => extent.first[axis])));
  const last = mapAxes(size, (_, axis) => Math.max(...extents.map((extent) => extent.last[axis])));
  return [
    mapAxes(first, (at) => Math.max(0, at - 1)),
    mapAxes(last, (at, axis) => Math.min(all[axis], at + 1)),
  ];
}

function cropped(values: Float32Array, [nx, ny]: Size, first: Size, size: Size): Float32Array {
  const out = new Float32Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++, at += size[0]) {
      const from = first[0] + nx * (first[1] + j + ny * (first[2] + k));
      out.set(values.subarray(from, from + size[0]), at);
    }
  return out;
}

function coarseImage(values: Float32Array, size: Size): CoarseImage {
  const mask = new Uint8Array(values.length);
  for (let v = 0; v < values.length; v++) mask[v] = values[v] === 0 ? 0 : 1;
  const depth = depthOf(mask, size);
  return { values, smooth: smoothedWithin(values, mask, size), depth, inner: deeperThan({ depth }, DEEPEST) };
}

/** The voxel axis nearest to left-right (0), front-back (1) or up-down (2). */
export function axisNearest({ affine }: Grid, world: 0 | 1 | 2): number {
  const spacing = voxelSpacing(affine);
  const along = [0, 1, 2].map((axis) => Math.abs(affine[4 * axis + world]) / spacing[axis]);
  return along.indexOf(Math.max(...along));
}

/** How many voxels are set at each index along an axis. */
export function countsAlong(mask: Uint8Array, [nx, ny, nz]: Size, axis: number): Uint32Array {
  const counts = new Uint32Array([nx, ny, nz][axis]);
  for (let k = 0, v = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      if (axis === 0) {
        for (let i = 0; i < nx; i++, v++) if (mask[v] !== 0) counts[i] += 1;
        continue;
      }
      let row = 0;
      for (const end = v + nx; v < end; v++) if (mask[v] !== 0) row += 1;
      counts[axis === 1 ? j : k] += row;
    }
  return counts;
}

/** Mean index along an axis of the voxels that are set; 0 when none is. */
export function middleAlong(mask: Uint8Array, size: Size, axis: number): number {
  let sum = 0;
  let count = 0;
  countsAlong(mask, size, axis).forEach((own, at) => {
    sum += at * own;
    count += own;
  });
  return count === 0 ? 0 : sum / count;
}

/** Index along an axis of each of these voxels. */
export function placesAlong(voxels: Uint32Array, size: Size, axis: number): Uint16Array {
  const stride = stridesOf(size)[axis];
  const places = new Uint16Array(voxels.length);
  for (let n = 0; n < voxels.length; n++) places[n] = Math.floor(voxels[n] / stride) % size[axis];
  return places;
}

/** Indices of the voxels of at least this depth. */
export function deeperThan({ depth }: Pick<CoarseImage, 'depth'>, least: number): Uint32Array {
  const indices = new Uint32Array(depth.length);
  let n = 0;
  for (let v = 0; v < depth.length; v++) if (depth[v] >= least) indices[n++] = v;
  return indices.slice(0, n);
}

/** Those of these voxels that a mask leaves out. */
export function outside(voxels: Uint32Array, ill: Float32Array | null): Uint32Array {
  if (ill === null) return voxels;
  const healthy = new Uint32Array(voxels.length);
  let n = 0;
  for (const v of voxels) if (ill[v] === 0) healthy[n++] = v;
  return healthy.subarray(0, n);
}

/** The values at these voxels, in their order. */
export function valuesAt(values: Float32Array, voxels: Uint32Array): Float32Array {
  const out = new Float32Array(voxels.length);
  for (let n = 0; n < voxels.length; n++) out[n] = values[voxels[n]];
  return out;
}

/** Index steps along x, y, z. */
export function stridesOf([nx, ny]: Size): [number, number, number] {
  return [1, nx, nx * ny];
}

/** Steps from outside; beyond the image is outside. */
function depthOf(mask: Uint8Array, [nx, ny, nz]: Size): Uint8Array {
  const depth = mask.slice();
  for (let step = 1; step < DEEPEST; step++)
    for (let k = 1; k < nz - 1; k++)
      for (let j = 1; j < ny - 1; j++)
        for (let i = 1, v = 1 + nx * (j + ny * k); i < nx - 1; i++, v++) {
          if (depth[v] < step) continue;
          const around = Math.min(
            depth[v - 1],
            depth[v + 1],
            depth[v - nx],
            depth[v + nx],
            depth[v - nx * ny],
            depth[v + nx * ny],
          );
          if (around >= step) depth[v] = step + 1;
        }
  return depth;
}

/** Weights ¼ ½ ¼ along each axis, over the voxels of the mask alone. */
function smoothedWithin(values: Float32Array, mask: Uint8Array, size: Size): Float32Array {
  let [sums, nextSums] = [values.slice(), new Float32Array(values.length)];
  let [weights, nextWeights] = [new Float32Array(mask), new Float32Array(values.length)];
  for (const stride of stridesOf(size)) {
    smoothAlong(sums, stride, nextSums);
    smoothAlong(weights, stride, nextWeights);
    [sums, nextSums] = [nextSums, sums];
    [weights, nextWeights] = [nextWeights, weights];
  }
  for (let v = 0; v < sums.length; v++) sums[v] = mask[v] === 1 && weights[v] > 0 ? sums[v] / weights[v] : 0;
  return sums;
}

function smoothAlong(values: Float32Array, stride: number, out: Float32Array): void {
  // Beyond the first and last plane there is air: the brain does not reach them, or counts for little there.
  const end = values.length - stride;
  for (let v = stride; v < end; v++)
    out[v] = 0.5 * values[v] + 0.25 * (values[v - stride] + values[v + stride]);
  out.fill(0, 0, stride);
  out.fill(0, end);
}
