import type { Grid, Size } from '../volume/volume.js';
import { axisNearest, CHECK_MM, type CoarseImage, deeperThan, placesAlong } from './coarse.js';

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
  const seen = new Uint8Array(values.length);
  // Of every two cross-sections one is enough.
  const sections = placesAlong(inner, grid.size, axisNearest(grid, 2));
  for (let n = 0; n < inner.length; n++) {
    const v = inner[n];
    seen[v] = sections[n] & 1 ? 0 : 1;
    fine[v] = seen[v] * Math.max(-limit, Math.min(limit, fine[v]));
  }
  const rows = rowsOf(seen, grid.size);
  const first = NEAREST / CHECK_MM;
  const peaks = ([0, 1] as const).map((world) => {
    const axis = axisNearest(grid, world);
    const curve = Array.from({ length: FARTHEST / CHECK_MM - first + 1 }, (_, n) =>
      correlation(fine, seen, rows, grid.size, axis, first + n),
    );
    return Math.max(...curve.map((value, n) => Math.abs(value - medianAround(curve, n))));
  });
  return Math.max(...peaks);
}

/** Per row along x: where its voxels that are seen begin and end. */
interface Rows {
  readonly from: Uint16Array;
  readonly to: Uint16Array;
}

function rowsOf(seen: Uint8Array, [nx, ny, nz]: Size): Rows {
  const [from, to] = [new Uint16Array(ny * nz), new Uint16Array(ny * nz)];
  for (let row = 0, v = 0; row < from.length; row++, v += nx) {
    let [first, end] = [0, nx];
    while (first < end && seen[v + first] === 0) first++;
    while (end > first && seen[v + end - 1] === 0) end--;
    from[row] = first;
    to[row] = end;
  }
  return { from, to };
}

/**
 * Of the values that lie `shift` voxels apart along an axis, where both are seen; 0 where too few do. What is not seen is 0 in `fine` and adds
 * nothing: no branch is needed.
 */
function correlation(
  fine: Float32Array,
  seen: Uint8Array,
  { from, to }: Rows,
  [nx, ny]: Size,
  axis: number,
  shift: number,
): number {
  let both = 0;
  let own = 0;
  let other = 0;
  let count = 0;
  const distance = shift * [1, nx, nx * ny][axis];
  const step = [0, shift, shift * ny][axis];
  for (let row = 0; row + step < from.length; row++) {
    if (axis === 1 && (row % ny) + shift >= ny) continue;
    const start = Math.max(from[row], from[row + step]);
    const end = axis === 0 ? to[row] - shift : Math.min(to[row], to[row + step]);
    for (let v = nx * row + start; v < nx * row + end; v++) {
      const one = fine[v];
      const two = fine[v + distance];
      both += one * two;
      own += one * one * seen[v + distance];
      other += two * two * seen[v];
      count += seen[v] & seen[v + distance];
    }
  }
  const energy = own * other;
  return count < LEAST_PAIRS || energy === 0 ? 0 : both / Math.sqrt(energy);
}

function medianAround(curve: readonly number[], n: number): number {
  const near = curve.slice(Math.max(0, n - 2), n + 3).sort((a, b) => a - b);
  return near[near.length >> 1];
}
