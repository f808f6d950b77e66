import { QuorumError } from '../errors.js';
import { axisCodes } from './affine.js';
import { mapAxes } from './tuples.js';
import { type Affine, type Grid, type Volume, type VoxelArray, voxelCount } from './volume.js';

/** A permutation and reversal of voxel axes: which source axis each target axis reads, and whether backwards. */
export interface Reorientation {
  readonly axes: readonly [number, number, number];
  readonly reversed: readonly [boolean, boolean, boolean];
  readonly source: Grid;
  readonly target: Grid;
}

/**
 * How to permute and reverse the axes of a grid so that they grow in the directions `codes` (e.g. 'LPS', 'RAS';
 * the nearest anatomical axes where the grid is oblique). No voxel moves in space and none is interpolated.
 * @throws QuorumError INTERNAL when `codes` does not name each of the three axes once
 */
export function reorientationTo(grid: Grid, codes: string): Reorientation {
  const [x, y, z] = codes;
  const wanted = [x, y, z] as const;
  if (
    codes.length !== 3 ||
    new Set(wanted.map(worldAxis)).size !== 3 ||
    wanted.some((c) => worldAxis(c) < 0)
  ) {
    throw new QuorumError({
      code: 'INTERNAL',
      field: 'orientation',
      expected: 'e.g. LPS or RAS',
      found: codes,
    });
  }
  const present = [...axisCodes(grid.affine)];
  const axes = mapAxes(wanted, (code) => present.findIndex((c) => worldAxis(c) === worldAxis(code)));
  const reversed = mapAxes(wanted, (code, axis) => present[axes[axis]] !== code);
  return {
    axes,
    reversed,
    source: { size: grid.size, affine: grid.affine },
    target: {
      size: mapAxes(axes, (axis) => grid.size[axis]),
      affine: reorientedAffine(grid, axes, reversed),
    },
  };
}

function worldAxis(code: string): number {
  return ['LR', 'PA', 'IS'].findIndex((pair) => pair.includes(code));
}

function reorientedAffine({ size, affine }: Grid, axes: number[], reversed: boolean[]): Affine {
  const column = (axis: number) => [affine[axis * 4], affine[axis * 4 + 1], affine[axis * 4 + 2]];
  const origin = column(3);
  const columns = axes.map((axis, target) => {
    if (!reversed[target]) return column(axis);
    column(axis).forEach((step, row) => {
      origin[row] += step * (size[axis] - 1);
    });
    return column(axis).map((step) => -step);
  });
  return [...columns[0], 0, ...columns[1], 0, ...columns[2], 0, ...origin, 1];
}

/** The volume with its axes permuted and reversed. */
export function applyReorientation<D extends VoxelArray>(volume: Volume<D>, by: Reorientation): Volume<D> {
  return { ...by.target, data: move(volume.data, by, 'forth') };
}

/** The exact inverse of `applyReorientation`: the source's grid, number by number, and its voxel order. */
export function undoReorientation<D extends VoxelArray>(volume: Volume<D>, by: Reorientation): Volume<D> {
  return { ...by.source, data: move(volume.data, by, 'back') };
}

/** The volume with axes growing in the directions `codes`, and how it was done (for the way back). */
export function reorient<D extends VoxelArray>(
  volume: Volume<D>,
  codes: string,
): { readonly volume: Volume<D>; readonly reorientation: Reorientation } {
  const reorientation = reorientationTo(volume, codes);
  return { volume: applyReorientation(volume, reorientation), reorientation };
}

/** Slice k along the third axis of what `applyReorientation` makes of these voxels, without the others. */
export function reorientedSlice<D extends VoxelArray>(data: D, by: Reorientation, k: number): D {
  const [nx, ny] = by.target.size;
  const out = new (data.constructor as new (length: number) => D)(nx * ny);
  const { start, steps } = walkOf(by);
  for (let j = 0, at = 0; j < ny; j++) {
    let source = start + j * steps[1] + k * steps[2];
    for (let i = 0; i < nx; i++, at++, source += steps[0]) out[at] = data[source];
  }
  return out;
}

/** The place in the source's array of the voxel that the target's indices name. */
export function indexIn(by: Reorientation): (i: number, j: number, k: number) => number {
  const {
    start,
    steps: [x, y, z],
  } = walkOf(by);
  return (i, j, k) => start + i * x + j * y + k * z;
}

/** Where in the source the target's first voxel lies, and how far one step along each of its axes goes there. */
function walkOf({ axes, reversed, source: { size } }: Reorientation) {
  const strides = [1, size[0], size[0] * size[1]];
  const steps = axes.map((axis, target) => strides[axis] * (reversed[target] ? -1 : 1));
  const start = axes.reduce(
    (sum, axis, target) => sum + (reversed[target] ? strides[axis] * (size[axis] - 1) : 0),
    0,
  );
  return { start, steps };
}

function move<D extends VoxelArray>(data: D, by: Reorientation, way: 'forth' | 'back'): D {
  const out = new (data.constructor as new (length: number) => D)(voxelCount(by.source.size));
  const [nx, ny, nz] = by.target.size;
  const { start, steps } = walkOf(by);
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let source = start + j * steps[1] + k * steps[2];
      for (let i = 0; i < nx; i++, at++, source += steps[0]) {
        if (way === 'forth') out[at] = data[source];
        else out[source] = data[at];
      }
    }
  }
  return out;
}
