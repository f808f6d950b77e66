import { quantileOfSorted } from '../statistics.js';
import { voxelToWorld } from '../volume/affine.js';
import { extentOf } from '../volume/extent.js';
import { resample } from '../volume/resample.js';
import type { Grid, Volume } from '../volume/volume.js';

/** Features are taken on voxels of this size, along the world's axes. */
const VOXEL_MM = 2;
/** Depth below the brain's surface is counted up to here, in voxels. */
const DEEPEST = 16;
/** The first voxels below the surface are a mixture with what the mask left: scale and median are taken below them. */
const INNER = 3;
/** A brain smaller than this along left-right, front-back or up-down (mm) is a part of one, or no brain. */
const LEAST_MM = [95, 115, 85] as const;

/** Percentiles of the inner brain, of each layer by depth, and of each part by place. */
const INNER_PERCENTILES = [0.2, 1, 2, 5, 10, 25, 50, 75, 90, 95, 98, 99, 99.8];
const LAYERS = [
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 5],
  [6, 8],
  [9, 12],
  [13, 16],
] as const;
const LAYER_PERCENTILES = [5, 25, 50, 75, 95];
const PART_PERCENTILES = [50, 98];
/** Parts: thirds from the middle to the sides (both sides together), quarters from back to front and from below to above. */
const PARTS = [3, 4, 4] as const;
/** Fewer voxels tell nothing: the group counts as the brain's median. */
const FEWEST = 30;
const CLIP = 3;

/** Names of the features, in order. */
export const FEATURES: readonly string[] = [
  ...INNER_PERCENTILES.map((p) => `inner p${p}`),
  'inner skewness',
  ...LAYERS.flatMap(([from, to]) => LAYER_PERCENTILES.map((p) => `depth ${from}-${to} p${p}`)),
  ...Array.from({ length: PARTS[0] * PARTS[1] * PARTS[2] }, (_, part) =>
    PART_PERCENTILES.map((p) => `part ${part} p${p}`),
  ).flat(),
];

/**
 * What the voxels of a skull-stripped brain tell of its sequence, whatever their scale: percentiles of the whole, by depth below the surface
 * and by place in the box around it, as distances from the median in units of the range from the 10th to the 90th percentile. Null for
 * what is no whole brain.
 *
 * @param volume air 0, in any orientation.
 */
export function brainFeatures(volume: Volume): number[] | null {
  const brain = sampled(volume);
  if (!brain) return null;
  const { values, depth, grid } = brain;
  const byDepth = valuesByDepth(values, depth);
  const inner = joined(byDepth.slice(INNER)).sort();
  if (inner.length < 1000) return null;
  const median = quantileOfSorted(inner, 0.5);
  const range = quantileOfSorted(inner, 0.9) - quantileOfSorted(inner, 0.1);
  if (!(range > 0)) return null;
  const scaled = (value: number) => (value - median) / range;
  const group = (sorted: Float32Array, percentiles: readonly number[]) =>
    percentiles.map((p) => (sorted.length < FEWEST ? 0 : scaled(quantileOfSorted(sorted, p / 100))));
  const layers = LAYERS.flatMap(([from, to]) =>
    group(joined(byDepth.slice(from, to + 1)).sort(), LAYER_PERCENTILES),
  );
  const parts = partsOf(values, depth, grid).flatMap((part) => group(part, PART_PERCENTILES));
  return [...group(inner, INNER_PERCENTILES), skewness(inner.map(scaled)), ...layers, ...parts];
}

interface Sampled {
  readonly grid: Grid;
  readonly values: Float32Array;
  /** 6-neighbour steps from air, at most `DEEPEST`; 0 is air. */
  readonly depth: Uint8Array;
}

/** The brain on voxels of 2 mm along the world's axes, a voxel of air around it; null for what is no whole brain. */
function sampled(volume: Volume): Sampled | null {
  const box = worldBox(volume);
  if (!box || box.high.some((end, axis) => end - box.low[axis] < LEAST_MM[axis])) return null;
  const size = box.high.map((end, axis) => Math.ceil((end - box.low[axis]) / VOXEL_MM) + 3);
  const [x, y, z] = box.low.map((start) => start - VOXEL_MM);
  const grid: Grid = {
    size: [size[0], size[1], size[2]],
    affine: [VOXEL_MM, 0, 0, 0, 0, VOXEL_MM, 0, 0, 0, 0, VOXEL_MM, 0, x, y, z, 1],
  };
  const { data } = volume;
  const mask = new Uint8Array(data.length);
  for (let v = 0; v < data.length; v++) if (data[v] !== 0) mask[v] = 1;
  const values = resample(volume, grid, { interpolation: 'linear' });
  const weights = resample({ ...volume, data: mask }, grid, { interpolation: 'linear' });
  const depth = new Uint8Array(values.length);
  for (let v = 0; v < values.length; v++) {
    if (weights[v] <= 0.5) continue;
    values[v] /= weights[v];
    depth[v] = DEEPEST;
  }
  countDepth(depth, grid);
  return { grid, values, depth };
}

/** The box in RAS mm around the middles of all voxels that are not air. */
function worldBox({ data, size, affine }: Volume): { low: number[]; high: number[] } | null {
  const extent = extentOf(data, size);
  if (extent === null) return null;
  const { first, last } = extent;
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = low.map((value) => -value);
  for (let corner = 0; corner < 8; corner++) {
    const [i, j, k] = [0, 1, 2].map((axis) => ((corner >> axis) & 1 ? last[axis] : first[axis]));
    voxelToWorld(affine, i, j, k).forEach((mm, axis) => {
      low[axis] = Math.min(low[axis], mm);
      high[axis] = Math.max(high[axis], mm);
    });
  }
  return { low, high };
}

/** City-block distance from 0 by one sweep forth and one back; what lies beyond the grid is not looked at. */
function countDepth(depth: Uint8Array, { size: [nx, ny, nz] }: Grid): void {
  const strides = [1, nx, nx * ny];
  const relax = (v: number, sign: number) => {
    for (const stride of strides) {
      const next = depth[v + sign * stride] + 1;
      if (next < depth[v]) depth[v] = next;
    }
  };
  for (let k = 1; k < nz - 1; k++)
    for (let j = 1; j < ny - 1; j++)
      for (let i = 1, v = 1 + nx * (j + ny * k); i < nx - 1; i++, v++) if (depth[v] > 0) relax(v, -1);
  for (let k = nz - 2; k > 0; k--)
    for (let j = ny - 2; j > 0; j--)
      for (let i = nx - 2, v = nx - 2 + nx * (j + ny * k); i > 0; i--, v--) if (depth[v] > 0) relax(v, 1);
}

/** Values of each part, sorted. */
function partsOf(values: Float32Array, depth: Uint8Array, { size: [nx, ny, nz] }: Grid): Float32Array[] {
  const ends = extentOf(depth, [nx, ny, nz])!;
  const place = (at: number, axis: number) =>
    (at - ends.first[axis]) / (ends.last[axis] + 1 - ends.first[axis]);
  const along = [nx, ny, nz].map((n, axis) =>
    Uint8Array.from({ length: n }, (_, at) => {
      const share = axis === 0 ? Math.abs(place(at, 0) - 0.5) * 2 : place(at, axis);
      return Math.max(0, Math.min(PARTS[axis] - 1, Math.floor(share * PARTS[axis])));
    }),
  );
  const part = new Uint8Array(values.length).fill(255);
  const counts = new Array<number>(PARTS[0] * PARTS[1] * PARTS[2]).fill(0);
  for (let k = 0, v = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        if (depth[v] === 0) continue;
        part[v] = along[0][i] + PARTS[0] * (along[1][j] + PARTS[1] * along[2][k]);
        counts[part[v]] += 1;
      }
  const groups = counts.map((count) => new Float32Array(count));
  const filled = new Array<number>(counts.length).fill(0);
  for (let v = 0; v < values.length; v++) if (part[v] !== 255) groups[part[v]][filled[part[v]]++] = values[v];
  return groups.map((group) => group.sort());
}

/** Values of each depth, 0 (air, none) to `DEEPEST`. */
function valuesByDepth(values: Float32Array, depth: Uint8Array): Float32Array[] {
  const counts = new Uint32Array(DEEPEST + 1);
  for (let v = 0; v < depth.length; v++) counts[depth[v]] += 1;
  counts[0] = 0;
  const groups = Array.from(counts, (count) => new Float32Array(count));
  const filled = new Uint32Array(DEEPEST + 1);
  for (let v = 0; v < values.length; v++) if (depth[v] > 0) groups[depth[v]][filled[depth[v]]++] = values[v];
  return groups;
}

function joined(groups: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(groups.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const group of groups) {
    out.set(group, at);
    at += group.length;
  }
  return out;
}

/** Of values clipped to ±3, so that single bright voxels do not make it. */
function skewness(values: Float32Array): number {
  const clipped = values.map((value) => Math.max(-CLIP, Math.min(CLIP, value)));
  const mean = clipped.reduce((sum, value) => sum + value, 0) / clipped.length;
  let [second, third] = [0, 0];
  for (const value of clipped) {
    second += (value - mean) ** 2;
    third += (value - mean) ** 3;
  }
  return third / clipped.length / (second / clipped.length) ** 1.5;
}
