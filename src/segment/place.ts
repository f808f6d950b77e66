import { axisNearest, type CoarseCase, middleAlong, stridesOf } from '../prepare/coarse.js';
import type { Grid } from '../volume/volume.js';

/** Shares of the tumour (0..1) that lie where gliomas of adults are rare, by the place in the box around the brain. */
export interface Place {
  /** Low and behind: cerebellum and brainstem. */
  readonly posteriorFossa: number;
  /** Near the middle, away from the brain's surface: thalamus, midbrain, third ventricle. */
  readonly deep: number;
}

/** As shares of the box around the brain: from its back to its front, from its bottom to its top. */
const FOSSA = { front: 0.45, top: 0.28 };
const DEEP = { back: 0.3, front: 0.65, top: 0.55 };
/** From the middle of the brain, mm. */
const MIDDLE_MM = 15;

/**
 * Where a tumour lies. The box tells it only where the whole brain is shown and upright.
 *
 * @param ill the share of each coarse voxel that is tumour.
 * @returns null without a tumour.
 */
export function placeOf(
  { grid, brain }: Pick<CoarseCase, 'grid' | 'brain'>,
  ill: Float32Array,
): Place | null {
  const shares = [1, 2].map((world) => shareAlong(brain, grid, world as 1 | 2));
  const across = axisNearest(grid, 0);
  const middle = middleAlong(brain, grid.size, across);
  const side = Math.hypot(...[0, 1, 2].map((row) => grid.affine[4 * across + row]));
  const strides = stridesOf(grid.size);
  const axes = [axisNearest(grid, 1), axisNearest(grid, 2)];
  const at = (v: number, axis: number) => Math.floor(v / strides[axis]) % grid.size[axis];
  let [all, fossa, deep] = [0, 0, 0];
  for (let v = 0; v < ill.length; v++) {
    if (ill[v] <= 0.5) continue;
    const [front, up] = axes.map((axis, n) => shares[n][at(v, axis)]);
    all += 1;
    if (front < FOSSA.front && up < FOSSA.top) fossa += 1;
    const isMiddle = Math.abs(at(v, across) - middle) * side < MIDDLE_MM;
    if (isMiddle && front > DEEP.back && front < DEEP.front && up < DEEP.top) deep += 1;
  }
  return all === 0 ? null : { posteriorFossa: fossa / all, deep: deep / all };
}

/** Per index along the axis nearest to a world axis: 0 at the brain's back or bottom, 1 at its front or top. */
function shareAlong(brain: Uint8Array, grid: Grid, world: 1 | 2): number[] {
  const axis = axisNearest(grid, world);
  const stride = stridesOf(grid.size)[axis];
  const length = grid.size[axis];
  let [first, last] = [length, -1];
  for (let v = 0; v < brain.length; v++) {
    if (brain[v] === 0) continue;
    const at = Math.floor(v / stride) % length;
    if (at < first) first = at;
    if (at > last) last = at;
  }
  const up = grid.affine[4 * axis + world] > 0;
  return Array.from({ length }, (_, at) => {
    const share = (at - first) / Math.max(1, last - first);
    return up ? share : 1 - share;
  });
}
