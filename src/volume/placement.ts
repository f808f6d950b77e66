import { invertAffine, multiplyAffines, voxelSpacing, voxelToWorld } from './affine.js';
import { affineOf, mapAxes } from './tuples.js';
import type { Affine, Grid, Size, Volume, VoxelArray } from './volume.js';

export const IDENTITY: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** The same voxels in another frame: `transform` takes RAS mm of the volume's own to RAS mm of the new frame. */
export function movedTo<V extends Volume<VoxelArray>>(volume: V, transform: Affine): V {
  return { ...volume, affine: multiplyAffines(transform, volume.affine) };
}

/** The inverse of a transform that registration gave, which always has one. */
export function inverse(transform: Affine): Affine {
  const inverted = invertAffine(transform);
  if (!inverted) throw new RangeError('a transform without an inverse');
  return inverted;
}

/** The grid that covers the same box with voxels of `mm` on every side, along the same axes. */
export function isotropicGrid({ size, affine }: Grid, mm: number): Grid {
  const spacing = voxelSpacing(affine);
  const count = mapAxes(size, (n, axis) => Math.max(1, Math.round((n * spacing[axis]) / mm)));
  const scaled = [...affine] as number[];
  for (let axis = 0; axis < 3; axis++)
    for (let row = 0; row < 3; row++) scaled[4 * axis + row] *= mm / spacing[axis];
  // The middle stays where it is.
  const middle = voxelToWorld(affine, ...mapAxes(size, (n) => (n - 1) / 2));
  const shifted = voxelToWorld(affineOf(scaled), ...mapAxes(count, (n) => (n - 1) / 2));
  for (let row = 0; row < 3; row++) scaled[12 + row] += middle[row] - shifted[row];
  return { size: count, affine: affineOf(scaled) };
}

/** The part of a grid from voxel `first` to `last`, both included. */
export function partOfGrid({ affine }: Grid, first: Size, last: Size): Grid {
  const part = [...affine] as number[];
  voxelToWorld(affine, ...first).forEach((mm, row) => {
    part[12 + row] = mm;
  });
  return {
    size: mapAxes(last, (n, axis) => n - first[axis] + 1),
    affine: affineOf(part),
  };
}

/** Newton's iteration squares the error. */
const POLAR_ROUNDS = 40;

/**
 * The rigid transform nearest to an affine one: the orthogonal factor of its polar decomposition (Higham, SIAM J. Sci. Stat. Comput. 1986),
 * moving `point` as the affine does.
 */
export function rigidPart(affine: Affine, point: readonly [number, number, number]): Affine {
  let turn = [...[...affine].slice(0, 12), 0, 0, 0, 1];
  for (let round = 0; round < POLAR_ROUNDS; round++) {
    const inverted = inverse(affineOf(turn));
    turn = turn.map((value, at) => 0.5 * (value + inverted[4 * (at % 4) + Math.floor(at / 4)]));
  }
  const [to, from] = [voxelToWorld(affine, ...point), voxelToWorld(affineOf(turn), ...point)];
  for (const row of [0, 1, 2]) turn[12 + row] = to[row] - from[row];
  return affineOf(turn);
}

/** How far a transform moves a point (mm), and by which angle it turns (degrees; its scaling aside). */
export function motionOf(transform: Affine, point: readonly [number, number, number]) {
  const moved = voxelToWorld(transform, ...point);
  const scale = Math.cbrt(
    Math.abs(
      transform[0] * (transform[5] * transform[10] - transform[6] * transform[9]) -
        transform[4] * (transform[1] * transform[10] - transform[2] * transform[9]) +
        transform[8] * (transform[1] * transform[6] - transform[2] * transform[5]),
    ),
  );
  const cosine = ((transform[0] + transform[5] + transform[10]) / scale - 1) / 2;
  return {
    shiftMm: Math.hypot(...moved.map((mm, axis) => mm - point[axis])),
    turnDegrees: (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI,
    scale,
  };
}
