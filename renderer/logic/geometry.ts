import type { GridSummary } from '../../src/contract/index.js';

/** Voxel geometry of the panes: planes, screen directions, and the way between grids. */

export type Vec3 = [number, number, number];
export const PLANES = ['axial', 'coronal', 'sagittal'] as const;
export type Plane = (typeof PLANES)[number];

/** Along which voxel axis a screen axis runs, and whether it runs backwards. */
interface ScreenAxis {
  readonly axis: number;
  readonly flip: boolean;
}

/** How a plane of a grid lies on the screen: x to the right, y downwards, `through` out of the screen. */
export interface PlaneAxes {
  readonly x: ScreenAxis;
  readonly y: ScreenAxis;
  readonly through: number;
  /** Letters at the left, right, top and bottom edge. */
  readonly letters: readonly [string, string, string, string];
}

const OPPOSITE: Record<string, string> = { L: 'R', R: 'L', A: 'P', P: 'A', S: 'I', I: 'S' };

/**
 * Radiological convention shows the patient's left at the right of the screen, neurological the other way round; sagittal slices
 * have the nose at the left in both. `orientation` names where i, j, k grow to, e.g. `LPS`.
 */
export function planeAxes(orientation: string, plane: Plane, radiological: boolean): PlaneAxes {
  const right = plane === 'sagittal' ? 'P' : radiological ? 'L' : 'R';
  const down = plane === 'axial' ? 'P' : 'I';
  const x = screenAxis(orientation, right);
  const y = screenAxis(orientation, down);
  return { x, y, through: 3 - x.axis - y.axis, letters: [OPPOSITE[right], right, OPPOSITE[down], down] };
}

function screenAxis(orientation: string, towards: string): ScreenAxis {
  const axis = [...orientation].findIndex((letter) => letter === towards || letter === OPPOSITE[towards]);
  return { axis, flip: orientation[axis] !== towards };
}

/** The voxel at a pixel of a plane; `slice` is the index along `through`. */
export function voxelAt(axes: PlaneAxes, size: readonly number[], x: number, y: number, slice: number): Vec3 {
  const voxel: Vec3 = [0, 0, 0];
  voxel[axes.x.axis] = axes.x.flip ? size[axes.x.axis] - 1 - x : x;
  voxel[axes.y.axis] = axes.y.flip ? size[axes.y.axis] - 1 - y : y;
  voxel[axes.through] = slice;
  return voxel;
}

/** The pixel of a voxel on a plane. */
export function pixelOf(
  axes: PlaneAxes,
  size: readonly number[],
  voxel: readonly number[],
): [number, number] {
  const along = ({ axis, flip }: ScreenAxis) => (flip ? size[axis] - 1 - voxel[axis] : voxel[axis]);
  return [along(axes.x), along(axes.y)];
}

export function clampVoxel(size: readonly number[], voxel: readonly number[]): Vec3 {
  return [0, 1, 2].map((a) => Math.min(size[a] - 1, Math.max(0, Math.round(voxel[a])))) as Vec3;
}

export function indexOf(size: readonly number[], [i, j, k]: readonly number[]): number {
  return i + size[0] * (j + size[1] * k);
}

/** Point (i, j, k) through a 4×4 column-major affine. */
export function transform(affine: readonly number[], point: readonly number[]): Vec3 {
  return [0, 1, 2].map(
    (row) =>
      affine[row] * point[0] + affine[4 + row] * point[1] + affine[8 + row] * point[2] + affine[12 + row],
  ) as Vec3;
}

/** Inverse of a 4×4 column-major affine (last row 0 0 0 1). */
export function invert(m: readonly number[]): number[] {
  const [a, b, c, , d, e, f, , g, h, i] = m;
  const cofactors = [e * i - f * h, c * h - b * i, b * f - c * e];
  const det = a * cofactors[0] + d * cofactors[1] + g * cofactors[2];
  const columns = [
    cofactors,
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((column) => column.map((value) => value / det));
  const inverse = [...columns[0], 0, ...columns[1], 0, ...columns[2], 0];
  const shift = transform([...inverse, 0, 0, 0, 1], [m[12], m[13], m[14]]);
  return [...inverse, -shift[0], -shift[1], -shift[2], 1];
}

/** Product of two 4×4 column-major affines: first `b`, then `a`. */
export function multiply(a: readonly number[], b: readonly number[]): number[] {
  const product = new Array<number>(16).fill(0);
  for (let column = 0; column < 4; column++)
    for (let row = 0; row < 4; row++)
      for (let k = 0; k < 4; k++) product[4 * column + row] += a[4 * k + row] * b[4 * column + k];
  return product;
}

export function sameGrid(a: GridSummary, b: GridSummary): boolean {
  return (
    a.size.every((n, axis) => n === b.size[axis]) &&
    a.affine.every((v, at) => Math.abs(v - b.affine[at]) < 1e-3)
  );
}
