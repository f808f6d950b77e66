import { roundPosition } from '../volume/resampleAligned.js';
import type { Grid } from '../volume/volume.js';
import type { Lattice } from './lattice.js';
import type { LogitMap, ModalityLogits } from './logits.js';

/** A box of voxels of the Case's grid; `last` is inclusive. Empty when any `last` < `first`. */
export interface VoxelBox {
  readonly first: readonly [number, number, number];
  readonly last: readonly [number, number, number];
}

/** The voxels that any modality's box reaches; outside it no modality sees anything. */
export function reachOf(logits: ModalityLogits, grid: Grid): VoxelBox {
  const first: [number, number, number] = [0, 0, 0];
  const last: [number, number, number] = [-1, -1, -1];
  logits.lattice.axes.forEach(({ imageAxis, scale, shift }, a) => {
    const ends = logits.maps.flatMap(({ box }) => [box.origin[a] - 1, box.origin[a] + box.size[a]]);
    const voxels = [Math.min(...ends), Math.max(...ends)].map((n) => (n - shift) / scale);
    first[imageAxis] = Math.max(0, Math.floor(Math.min(...voxels)));
    last[imageAxis] = Math.min(grid.size[imageAxis] - 1, Math.ceil(Math.max(...voxels)));
  });
  return { first, last };
}

/**
 * Interpolates one modality's logits (trilinear) onto slices of the Case's grid, one slice at a time, so that no full
 * maps are ever held. The lattice is parallel to the image's axes, so this is three linear interpolations in a row.
 */
export class SliceSampler {
  private readonly map: LogitMap;
  private readonly outside: number;
  private readonly reach: VoxelBox;
  /** Per image axis: lattice axis, stride in the map, and for every voxel of the reach its two lattice points and weight. */
  private readonly axes: readonly AxisTable[];
  private plane = new Float64Array(0);

  constructor(map: LogitMap, lattice: Lattice, outside: number, reach: VoxelBox) {
    this.map = map;
    this.outside = outside;
    this.reach = reach;
    this.axes = [0, 1, 2].map((imageAxis) => tableOf(map, lattice, imageAxis, reach));
  }

  /**
   * The logits of one region on slice k (image axis 2) of the reach.
   *
   * @param out x fastest, (last[0]−first[0]+1) × (last[1]−first[1]+1) values.
   */
  sample(region: number, k: number, out: Float64Array): void {
    const [x, y, z] = this.axes;
    const voxels = this.map.box.size[0] * this.map.box.size[1] * this.map.box.size[2];
    const data = this.map.data.subarray(region * voxels, (region + 1) * voxels);
    const at = k - this.reach.first[2];
    const plane = this.latticePlane(data, z.low[at], z.weight[at], x, y, z);
    const height = this.reach.last[1] - this.reach.first[1] + 1;
    const width = this.reach.last[0] - this.reach.first[0] + 1;
    const bordered = x.count + 2;
    for (let j = 0; j < height; j++) {
      const low = (y.low[j] + 1) * bordered;
      const weight = y.weight[j];
      for (let i = 0; i < width; i++) {
        const a = low + x.low[i] + 1;
        const near = plane[a] + (plane[a + 1] - plane[a]) * x.weight[i];
        const far = plane[a + bordered] + (plane[a + bordered + 1] - plane[a + bordered]) * x.weight[i];
        out[i + width * j] = near + (far - near) * weight;
      }
    }
  }

  /** The map's plane at lattice position low + weight along image axis 2, with a border of `outside` around it. */
  private latticePlane(
    data: Float32Array,
    low: number,
    weight: number,
    x: AxisTable,
    y: AxisTable,
    z: AxisTable,
  ): Float64Array {
    const bordered = x.count + 2;
    const needed = bordered * (y.count + 2);
    const plane = this.plane.length === needed ? this.plane : new Float64Array(needed);
    this.plane = plane;
    plane.fill(this.outside);
    const inLow = low >= 0 && low < z.count;
    const inHigh = low + 1 >= 0 && low + 1 < z.count;
    for (let j = 0; j < y.count; j++) {
      let from = y.stride * j;
      let to = bordered * (j + 1) + 1;
      for (let i = 0; i < x.count; i++, from += x.stride, to++) {
        const a = inLow ? data[from + z.stride * low] : this.outside;
        const b = inHigh ? data[from + z.stride * (low + 1)] : this.outside;
        plane[to] = a + (b - a) * weight;
      }
    }
    return plane;
  }
}

interface AxisTable {
  readonly stride: number;
  /** Lattice points of the map's box along this axis. */
  readonly count: number;
  /** Per voxel of the reach: index of the lattice point below it, −1 … count (clamped: beyond it is all outside). */
  readonly low: Int32Array;
  readonly weight: Float64Array;
}

function tableOf(map: LogitMap, lattice: Lattice, imageAxis: number, reach: VoxelBox): AxisTable {
  const a = lattice.axes.findIndex((axis) => axis.imageAxis === imageAxis);
  const { scale, shift } = lattice.axes[a];
  const { origin, size } = map.box;
  const stride = a === 0 ? 1 : a === 1 ? size[0] : size[0] * size[1];
  const length = Math.max(0, reach.last[imageAxis] - reach.first[imageAxis] + 1);
  const low = new Int32Array(length);
  const weight = new Float64Array(length);
  for (let v = 0; v < length; v++) {
    const exact = scale * (v + reach.first[imageAxis]) + shift - origin[a];
    const position = Math.min(size[a], Math.max(-1, roundPosition(exact)));
    low[v] = Math.min(size[a] - 1, Math.floor(position));
    weight[v] = position - low[v];
  }
  return { stride, count: size[a], low, weight };
}

/** As SliceSampler, number for number, for single voxels. */
export class PointSampler {
  private readonly data: Float32Array;
  private readonly voxels: number;
  private readonly outside: number;
  private readonly axes: readonly AxisTable[];

  constructor(map: LogitMap, lattice: Lattice, outside: number, reach: VoxelBox) {
    this.data = map.data;
    this.voxels = map.box.size[0] * map.box.size[1] * map.box.size[2];
    this.outside = outside;
    this.axes = [0, 1, 2].map((imageAxis) => tableOf(map, lattice, imageAxis, reach));
  }

  /** The logit of one region at a voxel, counted from the first of the reach. */
  at(region: number, i: number, j: number, k: number): number {
    const [x, y, z] = this.axes;
    const base = region * this.voxels;
    const weightX = x.weight[i];
    const near = this.along(base, x.low[i], weightX, y.low[j], z.low[k], z.weight[k]);
    const far = this.along(base, x.low[i], weightX, y.low[j] + 1, z.low[k], z.weight[k]);
    return near + (far - near) * y.weight[j];
  }

  private along(
    base: number,
    lowX: number,
    weightX: number,
    row: number,
    lowZ: number,
    weightZ: number,
  ): number {
    const left = this.between(base, lowX, row, lowZ, weightZ);
    return left + (this.between(base, lowX + 1, row, lowZ, weightZ) - left) * weightX;
  }

  private between(base: number, column: number, row: number, lowZ: number, weightZ: number): number {
    const [x, y, z] = this.axes;
    if (column < 0 || column >= x.count || row < 0 || row >= y.count) return this.outside;
    const at = base + x.stride * column + y.stride * row;
    const a = lowZ >= 0 && lowZ < z.count ? this.data[at + z.stride * lowZ] : this.outside;
    const b = lowZ + 1 >= 0 && lowZ + 1 < z.count ? this.data[at + z.stride * (lowZ + 1)] : this.outside;
    return a + (b - a) * weightZ;
  }
}
