import { mapAxes } from './tuples.js';
import type { Affine, Size, Volume, VoxelArray } from './volume.js';

/** Positions are rounded to this part of a voxel. */
const POSITION_STEPS = 2 ** 20;

/** Along one target axis: which source axis it runs along, and at which source positions its voxels lie. */
export interface AlignedAxis {
  readonly sourceAxis: number;
  readonly positions: Float64Array;
}
export type AlignedAxes = readonly [AlignedAxis, AlignedAxis, AlignedAxis];

/**
 * The three axes when every target axis runs along one source axis (up to 2^-21 voxel over the whole grid), else null.
 * @param mapping target voxel → source voxel
 */
export function alignedAxes(mapping: Affine, size: Size): AlignedAxes | null {
  const sources = mapAxes([0, 1, 2], (axis) => {
    const column = [0, 1, 2].map((row) => Math.abs(mapping[axis * 4 + row]));
    const main = column.indexOf(Math.max(...column));
    const stray = column.some((v, row) => row !== main && v * size[axis] * 2 * POSITION_STEPS > 1);
    return stray ? -1 : main;
  });
  if (sources.includes(-1) || new Set(sources).size !== 3) return null;
  return mapAxes(sources, (sourceAxis, axis) => ({
    sourceAxis,
    positions: Float64Array.from({ length: size[axis] }, (_, i) =>
      roundPosition(mapping[axis * 4 + sourceAxis] * i + mapping[12 + sourceAxis]),
    ),
  }));
}

/** A position in voxels rounded to 2⁻²⁰, so that a moved field of view gives equal weights. */
export function roundPosition(position: number): number {
  return Math.round(position * POSITION_STEPS) / POSITION_STEPS;
}

/** Two source offsets and weights per target voxel of one axis; a neighbour outside the source has weight 0. */
interface LinearTaps {
  readonly stride: number;
  readonly index0: Int32Array;
  readonly index1: Int32Array;
  readonly weight0: Float64Array;
  readonly weight1: Float64Array;
}

function linearTaps({ sourceAxis, positions }: AlignedAxis, source: Size): LinearTaps {
  const length = source[sourceAxis];
  const taps: LinearTaps = {
    stride: strideOf(source, sourceAxis),
    index0: new Int32Array(positions.length),
    index1: new Int32Array(positions.length),
    weight0: new Float64Array(positions.length),
    weight1: new Float64Array(positions.length),
  };
  positions.forEach((position, i) => {
    const below = Math.floor(position);
    const fraction = position - below;
    if (below >= 0 && below < length) [taps.index0[i], taps.weight0[i]] = [below, 1 - fraction];
    if (below + 1 >= 0 && below + 1 < length) [taps.index1[i], taps.weight1[i]] = [below + 1, fraction];
  });
  return taps;
}

function strideOf(size: Size, axis: number): number {
  return axis === 0 ? 1 : axis === 1 ? size[0] : size[0] * size[1];
}

/** Trilinear interpolation when axes are aligned: four source lines are blended into one, then read along x. */
export function linearAligned(
  volume: Volume<VoxelArray>,
  size: Size,
  axes: AlignedAxes,
  outside: number,
  out: VoxelArray,
): void {
  const [x, y, z] = axes.map((axis) => linearTaps(axis, volume.size));
  const line = new Float64Array(volume.size[axes[0].sourceAxis]);
  const used = usedRange(x);
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      const inside = (y.weight0[j] + y.weight1[j]) * (z.weight0[k] + z.weight1[k]);
      const at = size[0] * (j + size[1] * k);
      if (inside === 0 || used === null) {
        out.fill(outside, at, at + size[0]);
        continue;
      }
      blendLines(volume.data, x.stride, y, j, z, k, used, line);
      for (let i = 0; i < size[0]; i++) {
        const value = x.weight0[i] * line[x.index0[i]] + x.weight1[i] * line[x.index1[i]];
        out[at + i] = value + (1 - inside * (x.weight0[i] + x.weight1[i])) * outside;
      }
    }
  }
}

/** As `linearAligned` with 0 outside, and beside it the share of each voxel that is not 0 in the source. */
export function linearAlignedShown(
  { data, size: source }: Volume<Float32Array>,
  size: Size,
  axes: AlignedAxes,
  values: Float32Array,
  shares: Float32Array,
): void {
  const [x, y, z] = axes.map((axis) => linearTaps(axis, source));
  const used = usedRange(x);
  if (used === null) return;
  const line = new Float64Array(source[axes[0].sourceAxis]);
  const shown = new Float64Array(line.length);
  const [low, high] = used;
  const { stride, index0, index1, weight0, weight1 } = x;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) {
      line.fill(0, low, high + 1);
      shown.fill(0, low, high + 1);
      for (let corner = 0; corner < 4; corner++) {
        const weight =
          (corner & 1 ? y.weight1[j] : y.weight0[j]) * (corner >> 1 ? z.weight1[k] : z.weight0[k]);
        if (weight === 0) continue;
        const row = (corner & 1 ? y.index1[j] : y.index0[j]) * y.stride;
        let from = row + (corner >> 1 ? z.index1[k] : z.index0[k]) * z.stride + low * stride;
        for (let i = low; i <= high; i++, from += stride) {
          const value = data[from];
          if (value === 0) continue;
          line[i] += weight * value;
          shown[i] += weight;
        }
      }
      for (let i = 0, at = size[0] * (j + size[1] * k); i < size[0]; i++, at++) {
        values[at] = weight0[i] * line[index0[i]] + weight1[i] * line[index1[i]];
        shares[at] = weight0[i] * shown[index0[i]] + weight1[i] * shown[index1[i]];
      }
    }
}

/** First and last source index that any voxel of the axis needs; null when all lie outside. */
function usedRange(taps: LinearTaps): readonly [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < taps.index0.length; i++) {
    if (taps.weight0[i] > 0) [low, high] = [Math.min(low, taps.index0[i]), Math.max(high, taps.index0[i])];
    if (taps.weight1[i] > 0) [low, high] = [Math.min(low, taps.index1[i]), Math.max(high, taps.index1[i])];
  }
  return high < low ? null : [low, high];
}

function blendLines(
  data: VoxelArray,
  stride: number,
  y: LinearTaps,
  j: number,
  z: LinearTaps,
  k: number,
  [low, high]: readonly [number, number],
  line: Float64Array,
): void {
  line.fill(0, low, high + 1);
  const rows = [y.index0[j] * y.stride, y.index1[j] * y.stride];
  const rowWeights = [y.weight0[j], y.weight1[j]];
  const slices = [z.index0[k] * z.stride, z.index1[k] * z.stride];
  const sliceWeights = [z.weight0[k], z.weight1[k]];
  for (let corner = 0; corner < 4; corner++) {
    const weight = rowWeights[corner & 1] * sliceWeights[corner >> 1];
    if (weight === 0) continue;
    let from = rows[corner & 1] + slices[corner >> 1] + low * stride;
    for (let i = low; i <= high; i++, from += stride) line[i] += weight * data[from];
  }
}

/** Nearest neighbour when axes are aligned. */
export function nearestAligned(
  volume: Volume<VoxelArray>,
  size: Size,
  axes: AlignedAxes,
  outside: number,
  out: VoxelArray,
): void {
  const [x, y, z] = axes.map((axis) => nearestOffsets(axis, volume.size));
  const { data } = volume;
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      const at = size[0] * (j + size[1] * k);
      const line = y[j] + z[k];
      if (y[j] < 0 || z[k] < 0) out.fill(outside, at, at + size[0]);
      else for (let i = 0; i < size[0]; i++) out[at + i] = x[i] < 0 ? outside : data[line + x[i]];
    }
  }
}

/** Source offset per target voxel of one axis, or -1 outside. */
function nearestOffsets({ sourceAxis, positions }: AlignedAxis, source: Size): Int32Array {
  const stride = strideOf(source, sourceAxis);
  return Int32Array.from(positions, (position) => {
    const index = Math.floor(position + 0.5);
    return index >= 0 && index < source[sourceAxis] ? index * stride : -1;
  });
}
