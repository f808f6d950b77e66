import { roundPosition } from '../volume/resampleAligned.js';
import { mapAxes } from '../volume/tuples.js';
import type { Size } from '../volume/volume.js';
import type { ModalityLogits } from './logits.js';
import type { VoxelBox } from './sampler.js';

/** The cells between the lattice points of all the boxes and one point around them, x fastest. */
export interface CellGrid {
  /** Lattice point that is the low corner of cell 0. */
  readonly low: readonly number[];
  /** Cells along each lattice axis. */
  readonly size: Size;
}

/** The cells of the lattice that the boxes of all maps reach, one more at the low ends. */
export function cellsOf({ maps }: Pick<ModalityLogits, 'maps'>): CellGrid {
  const low = [0, 1, 2].map((a) => Math.min(...maps.map(({ box }) => box.origin[a])) - 1);
  const size = mapAxes(
    [0, 1, 2],
    (a) => Math.max(...maps.map(({ box }) => box.origin[a] + box.size[a])) - low[a],
  );
  return { low, size };
}

/** One image axis: for each voxel of the reach its cell along that axis, and its place in the cell. */
export interface CellAxis {
  readonly cell: Int32Array;
  /** 0 at the cell's low corner, 1 at its high one. */
  readonly weight: Float64Array;
  /** The lattice axis that it is. */
  readonly latticeAxis: number;
}

/** Per image axis where the voxels of the reach lie among the cells. */
export function cellAxes(
  { lattice }: Pick<ModalityLogits, 'lattice'>,
  reach: VoxelBox,
  { low, size }: CellGrid,
): CellAxis[] {
  return [0, 1, 2].map((imageAxis) => {
    const latticeAxis = lattice.axes.findIndex((axis) => axis.imageAxis === imageAxis);
    const { scale, shift } = lattice.axes[latticeAxis];
    const length = Math.max(0, reach.last[imageAxis] - reach.first[imageAxis] + 1);
    const cell = new Int32Array(length);
    const weight = new Float64Array(length);
    for (let v = 0; v < length; v++) {
      const exact = roundPosition(scale * (v + reach.first[imageAxis]) + shift - low[latticeAxis]);
      const position = Math.min(size[latticeAxis], Math.max(0, exact));
      cell[v] = Math.min(size[latticeAxis] - 1, Math.floor(position));
      weight[v] = position - cell[v];
    }
    return { cell, weight, latticeAxis };
  });
}

/** Per image axis and voxel of the reach: what it adds to the index of the voxel's cell (x fastest). */
export function cellOffsets(axes: readonly CellAxis[], { size: [nx, ny] }: CellGrid): Int32Array[] {
  return axes.map(({ cell, latticeAxis }) => cell.map((index) => index * [1, nx, nx * ny][latticeAxis]));
}
