import { mat4 } from 'gl-matrix';
import { QuorumError } from '../errors.js';
import type { ModelDescription } from '../model/schema.js';
import { axisCodes } from '../volume/affine.js';
import { mapAxes } from '../volume/tuples.js';
import type { Affine, Grid, Size } from '../volume/volume.js';

type Vector = readonly [number, number, number];

/** One axis of the model's lattice, parallel to one axis of the image. */
export interface LatticeAxis {
  /** Which image axis it runs along. */
  readonly imageAxis: 0 | 1 | 2;
  /** Unit vector (RAS) in which the lattice index grows. */
  readonly direction: Vector;
  /** mm between lattice points. */
  readonly spacing: number;
  /** Position in mm along `direction` of lattice index 0. */
  readonly zero: number;
  /** Lattice index = `scale` · voxel index along `imageAxis` + `shift`. */
  readonly scale: number;
  readonly shift: number;
}

/**
 * The model's lattice laid over an image's grid: parallel to the image's axes, in the model's orientation, and anchored in
 * the world, so that the same head gets the same lattice points whatever the field of view.
 */
export interface Lattice {
  readonly axes: readonly [LatticeAxis, LatticeAxis, LatticeAxis];
}

/** A box of lattice points: `origin` is the lattice index of its first corner (may be negative). */
export interface LatticeBox {
  readonly origin: Vector;
  readonly size: Size;
}

const OPPOSITE: Record<string, string> = { L: 'R', R: 'L', P: 'A', A: 'P', S: 'I', I: 'S' };

/**
 * Lays the model's lattice over a grid.
 *
 * @throws QuorumError HEADER_INVALID when two image axes are nearest to the same world axis (a degenerate affine).
 */
export function layLattice(grid: Grid, model: ModelDescription['grid']): Lattice {
  const codes = [...axisCodes(grid.affine)];
  const [x, y, z] = model.orientation;
  const axes = mapAxes([x, y, z], (letter, a): LatticeAxis => {
    const imageAxis = codes.findIndex((code) => code === letter || code === OPPOSITE[letter]);
    if (imageAxis < 0)
      throw new QuorumError({
        code: 'HEADER_INVALID',
        field: 'affine',
        expected: model.orientation,
        found: codes.join(''),
      });
    const sign = codes[imageAxis] === letter ? 1 : -1;
    const column = columnOf(grid.affine, imageAxis);
    const voxel = Math.hypot(...column);
    const direction = mapAxes(column, (mm) => (sign * mm) / voxel);
    const zero = dot(direction, model.anchor);
    const spacing = model.spacing[a];
    return {
      imageAxis: imageAxis as 0 | 1 | 2,
      direction,
      spacing,
      zero,
      scale: (sign * voxel) / spacing,
      shift: (dot(direction, columnOf(grid.affine, 3)) - zero) / spacing,
    };
  });
  return { axes };
}

/**
 * The lattice points that a box of voxels can reach by linear interpolation: those less than one voxel outside it.
 *
 * @param first first voxel index along each image axis.
 * @param last last voxel index along each image axis.
 */
export function latticeBoxOf(lattice: Lattice, first: Vector, last: Vector): LatticeBox {
  const ends = mapAxes(lattice.axes, ({ imageAxis, scale, shift }) => {
    const a = scale * (first[imageAxis] - 1) + shift;
    const b = scale * (last[imageAxis] + 1) + shift;
    return [Math.ceil(Math.min(a, b) - ROUNDING) + 0, Math.floor(Math.max(a, b) + ROUNDING) + 0];
  });
  return {
    origin: mapAxes(ends, ([low]) => low),
    size: mapAxes(ends, ([low, high]) => high - low + 1),
  };
}

const ROUNDING = 1e-6;

/** The grid (size, voxel → RAS affine) of a box of lattice points; its axes are the lattice's. */
export function gridOfBox(lattice: Lattice, box: LatticeBox): Grid {
  const affine = mat4.identity([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  for (let row = 0; row < 3; row++) {
    let position = 0;
    lattice.axes.forEach((axis, a) => {
      affine[4 * a + row] = axis.direction[row] * axis.spacing;
      position += axis.direction[row] * (axis.zero + box.origin[a] * axis.spacing);
    });
    affine[12 + row] = position;
  }
  return { size: box.size, affine };
}

function columnOf(affine: Affine, column: number): Vector {
  return [affine[4 * column], affine[4 * column + 1], affine[4 * column + 2]];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
