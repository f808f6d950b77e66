import { type Plane, type PlaneAxes, pixelOf, type Vec3, voxelAt } from './geometry.js';

/** Where one slice lies on a canvas, in its device pixels: pixel (column, row) begins at `left + column · scaleX`, `top + row · scaleY`. */
export interface Placement {
  readonly plane: Plane;
  readonly axes: PlaneAxes;
  readonly left: number;
  readonly top: number;
  readonly scaleX: number;
  readonly scaleY: number;
  /** What the slice may cover. */
  readonly frame: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
}

/** The middle of a voxel, or a point between voxels, on the canvas. */
export function pointOf(
  place: Placement,
  size: readonly number[],
  voxel: readonly number[],
): [number, number] {
  const [column, row] = pixelOf(place.axes, size, voxel);
  return [place.left + (column + 0.5) * place.scaleX, place.top + (row + 0.5) * place.scaleY];
}

/** The place under a point of the canvas, in voxels with their fractions (0 is the middle of the first); it may lie outside of the grid. */
export function placeUnder(
  { axes, left, top, scaleX, scaleY }: Placement,
  size: readonly number[],
  x: number,
  y: number,
  slice: number,
): Vec3 {
  return voxelAt(axes, size, (x - left) / scaleX - 0.5, (y - top) / scaleY - 0.5, slice);
}

/** The middle of the panes after a drag from one point to another: what was under the pointer stays under it. */
export function panned(
  place: Placement,
  size: readonly number[],
  middle: readonly number[],
  from: readonly [number, number],
  to: readonly [number, number],
): Vec3 {
  const [before, after] = [from, to].map(([x, y]) => placeUnder(place, size, x, y, 0));
  return [0, 1, 2].map((axis) => middle[axis] + before[axis] - after[axis]) as Vec3;
}
