import { type mat4, mat4 as matrix, type ReadonlyMat4 } from 'gl-matrix';
import type { Affine, Grid } from './volume.js';

/** The three rows (x, y, z) of a voxel → RAS matrix, each with its translation last, as in NIfTI's srow. */
export type AffineRows = readonly [AffineRow, AffineRow, AffineRow];
export type AffineRow = readonly [number, number, number, number];

/** Affine (column-major, doubles) from its three rows of four numbers. */
export function affineFromRows(rows: readonly (readonly number[])[]): Affine {
  const [x, y, z] = rows;
  return [x[0], y[0], z[0], 0, x[1], y[1], z[1], 0, x[2], y[2], z[2], 0, x[3], y[3], z[3], 1];
}

/** The three rows of an affine, the inverse of `affineFromRows`. */
export function affineRows(affine: Affine): AffineRows {
  const row = (r: number): AffineRow => [affine[r], affine[r + 4], affine[r + 8], affine[r + 12]];
  return [row(0), row(1), row(2)];
}

/** `first` after `second`: the position `multiply(first, second)` gives is first(second(p)). In doubles. */
export function multiplyAffines(first: Affine, second: Affine): Affine {
  return matrix.multiply(blank(), first, second) as ReadonlyMat4;
}

/** The inverse (RAS mm → voxel) in doubles, or null when the matrix is singular or not finite. */
export function invertAffine(affine: Affine): Affine | null {
  const inverse = matrix.invert(blank(), affine);
  if (inverse === null) return null;
  for (let i = 0; i < 16; i++) if (!Number.isFinite(inverse[i])) return null;
  return inverse as ReadonlyMat4;
}

/** Position of voxel (i, j, k) in RAS mm; fractional indices are allowed. */
export function voxelToWorld(affine: Affine, i: number, j: number, k: number): [number, number, number] {
  return [
    affine[0] * i + affine[4] * j + affine[8] * k + affine[12],
    affine[1] * i + affine[5] * j + affine[9] * k + affine[13],
    affine[2] * i + affine[6] * j + affine[10] * k + affine[14],
  ];
}

/** Distance in mm between neighbouring voxels along i, j, k. */
export function voxelSpacing(affine: Affine): [number, number, number] {
  const length = (c: number) => Math.hypot(affine[c], affine[c + 1], affine[c + 2]);
  return [length(0), length(4), length(8)];
}

/** How far, in degrees, the angle between two voxel axes is from 90° at most. */
export function largestShear(affine: Affine): number {
  const spacing = voxelSpacing(affine);
  const cosine = (a: number, b: number) =>
    [0, 1, 2].reduce((sum, row) => sum + affine[a * 4 + row] * affine[b * 4 + row], 0) /
    (spacing[a] * spacing[b]);
  const largest = Math.max(...[cosine(0, 1), cosine(0, 2), cosine(1, 2)].map(Math.abs));
  return (Math.asin(Math.min(1, largest)) * 180) / Math.PI;
}

/** Volume of one voxel in mm³ (the absolute determinant). */
export function voxelVolume(affine: Affine): number {
  return Math.abs(matrix.determinant(affine));
}

/**
 * The direction in which each voxel axis grows, as three letters out of L/R, P/A, I/S: 'LPS' means
 * i grows to the left, j to the back, k upwards. An oblique axis is named after the nearest anatomical
 * axis, each anatomical axis being given once (the best match first).
 */
export function axisCodes(affine: Affine): string {
  const spacing = voxelSpacing(affine);
  const cosine = (axis: number, world: number) => affine[axis * 4 + world] / spacing[axis];
  const pairs = [0, 1, 2].flatMap((axis) => [0, 1, 2].map((world) => ({ axis, world })));
  pairs.sort((a, b) => Math.abs(cosine(b.axis, b.world)) - Math.abs(cosine(a.axis, a.world)));
  const codes: string[] = ['', '', ''];
  const taken = new Set<number>();
  for (const { axis, world } of pairs) {
    if (codes[axis] !== '' || taken.has(world)) continue;
    taken.add(world);
    codes[axis] = (cosine(axis, world) < 0 ? 'LPI' : 'RAS')[world];
  }
  return codes.join('');
}

/** Whether two grids have one size and no voxel of one lies further than `toleranceMm` from its twin. */
export function sameGrid(a: Grid, b: Grid, toleranceMm = 1e-2): boolean {
  if (a.size.some((n, axis) => n !== b.size[axis])) return false;
  for (let corner = 0; corner < 8; corner++) {
    const at = a.size.map((n, axis) => ((corner >> axis) & 1) * (n - 1)) as [number, number, number];
    const p = voxelToWorld(a.affine, ...at);
    const q = voxelToWorld(b.affine, ...at);
    if (!(Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) <= toleranceMm)) return false;
  }
  return true;
}

/** A matrix in doubles: gl-matrix's own `create` gives single precision. */
function blank(): mat4 {
  return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
}

/** A grid for people: its voxels and their sides in mm. */
export function gridText({ size, affine }: Grid): string {
  const sides = voxelSpacing(affine).map((side) => side.toFixed(2));
  return `${size.join('×')} voxels of ${sides.join('×')} mm`;
}

/** Voxel sides accepted as "about 1 mm". */
export const ABOUT_1MM: readonly [number, number] = [0.9, 1.1];

/** Whether every voxel side, in mm, is within `ABOUT_1MM`. */
export function isAbout1mm({ affine }: Pick<Grid, 'affine'>): boolean {
  return voxelSpacing(affine).every((side) => side >= ABOUT_1MM[0] && side <= ABOUT_1MM[1]);
}
