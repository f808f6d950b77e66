import type { Grid } from '../volume/volume.js';
import { axisNearest, CHECK_MM, type CoarseImage, deeperThan, stridesOf } from './coarse.js';

/** Copies nearer than this are not told from the head itself; further ones leave it. In mm. */
const NEAREST = 8;
const FARTHEST = 48;
/** The cut of the brain mask is an edge, too. */
const INSIDE = 3;
/** Fewer pairs of voxels tell nothing. */
const LEAST_PAIRS = 2500;
/** Single strong edges must not decide. */
const CLIP = 3;

/**
 * How much of a copy of the head lies shifted over it, left-right or front-back: the largest peak of the fine structure's autocorrelation
 * along these axes over what its neighbouring shifts give. Anatomy has no such peak; ghosts of movement, pulsation and half a field
 * of view (N/2) have one. Up-down is not looked at: interpolated slices have peaks there.
 */
export function ghostPeak({ values, smooth, depth }: CoarseImage, grid: Grid): number | null {
  const inner = deeperThan({ depth }, INSIDE);
  if (inner.length < LEAST_PAIRS) return null;
  const fine = new Float32Array(values.length);
  let squares = 0;
  for (const v of inner) {
    fine[v] = values[v] - smooth[v];
    squares += fine[v] * fine[v];
  }
  const limit = CLIP * Math.sqrt(squares / inner.length);
  if (limit === 0) return null;
  for (const v of inner) fine[v] = Math.max(-limit, Math.min(limit, fine[v]));
  const strides = stridesOf(grid.size);
  const up = axisNearest(grid, 2);
  const peaks = ([0, 1] as const).map((world) => {
    const axis = axisNearest(grid, world);
    const curve = correlations(fine, depth, inner, strides[axis], grid.size[axis], strides[up]);
    return Math.max(...curve.map((value, n) => Math.abs(value - medianAround(curve, n))));
  });
  return Math.max(...peaks);
}

/**
 * Of the values from `NEAREST` to `FARTHEST` apart along an axis, shift by shift, where both lie inside; 0 where too few do. All shifts of a
 * voxel at once: its neighbours are at hand then.
 */
function correlations(
  fine: Float32Array,
  depth: Uint8Array,
  inner: Uint32Array,
  stride: number,
  length: number,
  across: number,
): number[] {
  const first = NEAREST / CHECK_MM;
  const shifts = FARTHEST / CHECK_MM - first + 1;
  const [both, own, other, count] = [0, 1, 2, 3].map(() => new Float64Array(shifts));
  for (let n = 0; n < inner.length; n++) {
    const v = inner[n];
    // Of every two cross-sections one is enough.
    if (Math.floor(v / across) & 1) continue;
    const one = fine[v];
    const room = Math.min(shifts, length - (Math.floor(v / stride) % length) - first);
    for (let shift = 0, at = v + first * stride; shift < room; shift++, at += stride) {
      if (depth[at] < INSIDE) continue;
      const two = fine[at];
      both[shift] += one * two;
      own[shift] += one * one;
      other[shift] += two * two;
      count[shift] += 1;
    }
  }
  return Array.from(both, (sum, shift) => {
    const energy = own[shift] * other[shift];
    return count[shift] < LEAST_PAIRS || energy === 0 ? 0 : sum / Math.sqrt(energy);
  });
}

function medianAround(curve: readonly number[], n: number): number {
  const near = curve.slice(Math.max(0, n - 2), n + 3).sort((a, b) => a - b);
  return near[near.length >> 1];
}
