import type { Grid } from '../volume/volume.js';
import { axisNearest, CHECK_MM, type CoarseImage, deeperThan, stridesOf } from './coarse.js';

/** Copies nearer than this are not told from the head itself; further ones leave it. In mm. */
const NEAREST = 8;
const FARTHEST = 48;
/** The cut of the brain mask is an edge, too. */
const INSIDE = 3;
/** Fewer pairs of voxels tell nothing. */
const LEAST_PAIRS = 5000;
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
  const peaks = ([0, 1] as const).map((world) => {
    const axis = axisNearest(grid, world);
    const stride = strides[axis];
    /** Voxels from here to the grid's end. */
    const room = Uint16Array.from(inner, (v) => grid.size[axis] - (Math.floor(v / stride) % grid.size[axis]));
    const curve: number[] = [];
    for (let lag = NEAREST / CHECK_MM; lag <= FARTHEST / CHECK_MM; lag++)
      curve.push(correlation(fine, depth, inner, room, lag, lag * stride));
    return Math.max(...curve.map((value, n) => Math.abs(value - medianAround(curve, n))));
  });
  return Math.max(...peaks);
}

/** Of the values `lag` voxels apart along an axis, where both lie inside; 0 where too few do. */
function correlation(
  fine: Float32Array,
  depth: Uint8Array,
  inner: Uint32Array,
  room: Uint16Array,
  lag: number,
  step: number,
): number {
  let [both, first, second, count] = [0, 0, 0, 0];
  for (let n = 0; n < inner.length; n++) {
    if (lag >= room[n]) continue;
    const other = inner[n] + step;
    if (depth[other] < INSIDE) continue;
    const [one, two] = [fine[inner[n]], fine[other]];
    both += one * two;
    first += one * one;
    second += two * two;
    count += 1;
  }
  return count < LEAST_PAIRS || first * second === 0 ? 0 : both / Math.sqrt(first * second);
}

function medianAround(curve: readonly number[], n: number): number {
  const near = curve.slice(Math.max(0, n - 2), n + 3).sort((a, b) => a - b);
  return near[near.length >> 1];
}
