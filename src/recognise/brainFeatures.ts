import { quantileOfSorted, sortedOrder } from '../statistics.js';
import { voxelToWorld } from '../volume/affine.js';
import { type Extent, extentOf } from '../volume/extent.js';
import { resampleShown } from '../volume/resample.js';
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
const PART_NUMBERS = Int8Array.from({ length: PARTS[0] * PARTS[1] * PARTS[2] }, (_, part) => part);
/** Fewer voxels tell nothing: the group counts as the brain's median. */
const FEWEST = 30;
const CLIP = 3;

/** Names of the features, in order. */
export const FEATURES: readonly string[] = [
  ...INNER_PERCENTILES.map((p) => `inner p${p}`),
  'inner skewness',
  ...LAYERS.flatMap(([from, to]) => LAYER_PERCENTILES.map((p) => `depth ${from}-${to} p${p}`)),
  ...Array.from(PART_NUMBERS, (part) => PART_PERCENTILES.map((p) => `part ${part} p${p}`)).flat(),
];

/**
 * What the voxels of a skull-stripped brain tell of its sequence, whatever their scale: percentiles of the whole, by depth below the surface
 * and by place in the box around it, as distances from the median in units of the range from the 10th to the 90th percentile. Null for
 * what is no whole brain.
 *
 * @param volume air 0, in any orientation.
 * @param shown where it shows something, where that is known.
 */
export function brainFeatures(
  volume: Volume,
  shown: Extent | null = extentOf(volume.data, volume.size),
): number[] | null {
  const brain = shown && sampled(volume, shown);
  if (!brain) return null;
  const { values, depth, grid } = brain;
  const voxels = sortedVoxels(values, depth);
  const sorted = new Float32Array(voxels.length);
  const depths = new Uint8Array(voxels.length);
  for (let n = 0; n < voxels.length; n++) {
    sorted[n] = values[voxels[n]];
    depths[n] = depth[voxels[n]];
  }
  const innermost = Int8Array.from({ length: DEEPEST + 1 }, (_, steps) => (steps >= INNER ? 0 : -1));
  const [inner] = groupsOf(sorted, depths, innermost, 1);
  if (inner.length < 1000) return null;
  const median = quantileOfSorted(inner, 0.5);
  const range = quantileOfSorted(inner, 0.9) - quantileOfSorted(inner, 0.1);
  if (!(range > 0)) return null;
  const scaled = (value: number) => (value - median) / range;
  const group = (sorted: Float32Array, percentiles: readonly number[]) =>
    percentiles.map((p) => (sorted.length < FEWEST ? 0 : scaled(quantileOfSorted(sorted, p / 100))));
  const layerOf = Int8Array.from({ length: DEEPEST + 1 }, (_, steps) =>
    LAYERS.findIndex(([from, to]) => steps >= from && steps <= to),
  );
  const layers = groupsOf(sorted, depths, layerOf, LAYERS.length).flatMap((layer) =>
    group(layer, LAYER_PERCENTILES),
  );
  const partOf = partsOf(depth, grid);
  const places = new Uint8Array(voxels.length);
  for (let n = 0; n < voxels.length; n++) places[n] = partOf[voxels[n]];
  const parts = groupsOf(sorted, places, PART_NUMBERS, PART_NUMBERS.length).flatMap((part) =>
    group(part, PART_PERCENTILES),
  );
  return [...group(inner, INNER_PERCENTILES), skewness(inner, median, range), ...layers, ...parts];
}

interface Sampled {
  readonly grid: Grid;
  readonly values: Float32Array;
  /** 6-neighbour steps from air, at most `DEEPEST`; 0 is air. */
  readonly depth: Uint8Array;
}

/** The brain on voxels of 2 mm along the world's axes, a voxel of air around it; null for what is no whole brain. */
function sampled(volume: Volume, shown: Extent): Sampled | null {
  const box = worldBox(volume, shown);
  if (box.high.some((end, axis) => end - box.low[axis] < LEAST_MM[axis])) return null;
  const size = box.high.map((end, axis) => Math.ceil((end - box.low[axis]) / VOXEL_MM) + 3);
  const [x, y, z] = box.low.map((start) => start - VOXEL_MM);
  const grid: Grid = {
    size: [size[0], size[1], size[2]],
    affine: [VOXEL_MM, 0, 0, 0, 0, VOXEL_MM, 0, 0, 0, 0, VOXEL_MM, 0, x, y, z, 1],
  };
  const { values, shares } = resampleShown(volume, grid);
  const depth = new Uint8Array(values.length);
  for (let v = 0; v < values.length; v++) {
    if (shares[v] <= 0.5) continue;
    values[v] /= shares[v];
    depth[v] = DEEPEST;
  }
  countDepth(depth, grid);
  return { grid, values, depth };
}

/** The box in RAS mm around the middles of all voxels that are not air. */
function worldBox({ affine }: Volume, { first, last }: Extent): { low: number[]; high: number[] } {
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
  const area = nx * ny;
  const relax = (v: number, sign: number) => {
    depth[v] = Math.min(depth[v], depth[v + sign] + 1, depth[v + sign * nx] + 1, depth[v + sign * area] + 1);
  };
  for (let k = 1; k < nz - 1; k++)
    for (let j = 1; j < ny - 1; j++)
      for (let i = 1, v = 1 + nx * (j + ny * k); i < nx - 1; i++, v++) if (depth[v] > 0) relax(v, -1);
  for (let k = nz - 2; k > 0; k--)
    for (let j = ny - 2; j > 0; j--)
      for (let i = nx - 2, v = nx - 2 + nx * (j + ny * k); i > 0; i--, v--) if (depth[v] > 0) relax(v, 1);
}

/** The part in which each voxel of the brain lies. */
function partsOf(depth: Uint8Array, { size: [nx, ny, nz] }: Grid): Uint8Array {
  const ends = extentOf(depth, [nx, ny, nz])!;
  const place = (at: number, axis: number) =>
    (at - ends.first[axis]) / (ends.last[axis] + 1 - ends.first[axis]);
  const along = [nx, ny, nz].map((n, axis) =>
    Uint8Array.from({ length: n }, (_, at) => {
      const share = axis === 0 ? Math.abs(place(at, 0) - 0.5) * 2 : place(at, axis);
      return Math.max(0, Math.min(PARTS[axis] - 1, Math.floor(share * PARTS[axis])));
    }),
  );
  const part = new Uint8Array(depth.length);
  for (let k = 0, v = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++)
        if (depth[v] > 0) part[v] = along[0][i] + PARTS[0] * (along[1][j] + PARTS[1] * along[2][k]);
  return part;
}

/** Indices of the brain's voxels by their values, ascending. */
function sortedVoxels(values: Float32Array, depth: Uint8Array): Uint32Array {
  const shown = new Uint32Array(depth.length);
  const own = new Float32Array(depth.length);
  let count = 0;
  for (let v = 0; v < depth.length; v++) {
    if (depth[v] === 0) continue;
    shown[count] = v;
    own[count++] = values[v];
  }
  const order = sortedOrder(own.subarray(0, count));
  for (let n = 0; n < count; n++) order[n] = shown[order[n]];
  return order;
}

/**
 * The values of each group, sorted.
 *
 * @param sorted the values of all voxels, ascending.
 * @param numbers one a voxel, in the same order.
 * @param groupOf by that number; -1: in none.
 */
function groupsOf(
  sorted: Float32Array,
  numbers: Uint8Array,
  groupOf: Int8Array,
  count: number,
): Float32Array[] {
  const counts = new Uint32Array(count);
  for (let n = 0; n < numbers.length; n++) {
    const group = groupOf[numbers[n]];
    if (group >= 0) counts[group] += 1;
  }
  const all = new Float32Array(sorted.length);
  const ends = new Uint32Array(count);
  for (let group = 1; group < count; group++) ends[group] = ends[group - 1] + counts[group - 1];
  for (let n = 0; n < numbers.length; n++) {
    const group = groupOf[numbers[n]];
    if (group >= 0) all[ends[group]++] = sorted[n];
  }
  return Array.from(counts, (size, group) => all.subarray(ends[group] - size, ends[group]));
}

/** Of scaled values clipped to ±3, so that single bright voxels do not make it. */
function skewness(values: Float32Array, median: number, range: number): number {
  const clipped = new Float32Array(values.length);
  let sum = 0;
  for (let n = 0; n < values.length; n++) {
    clipped[n] = Math.max(-CLIP, Math.min(CLIP, (values[n] - median) / range));
    sum += clipped[n];
  }
  const mean = sum / clipped.length;
  let [second, third] = [0, 0];
  for (let n = 0; n < clipped.length; n++) {
    const off = clipped[n] - mean;
    second += off * off;
    third += off * off * off;
  }
  return third / clipped.length / (second / clipped.length) ** 1.5;
}
