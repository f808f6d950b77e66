import { type CellAxis, cellAxes, cellOffsets, cellsOf } from './cells.js';
import type { MemberBits } from './fusion.js';
import type { ModalityLogits } from './logits.js';
import type { VoxelBox } from './sampler.js';

/**
 * Who abstains where (`Fusion`): a member whose own input is 0 at a lattice point where another member's is not. In most heads
 * all images end at the same place and nobody ever does: only the few cells in which a lattice point is air for some modalities
 * and not for others are looked at.
 */
export class Abstention {
  /** Per lattice point (x fastest, one more a side than cells): bit m is set where modality m is blind. */
  private readonly blind: Uint8Array;
  private readonly points: readonly number[];
  /** Per cell: whether at one of its corners some modalities are blind and others not; null when that is so nowhere. */
  private readonly mixed: Uint8Array | null;
  /** Per image axis and voxel: what it adds to the index of the voxel's cell. */
  private readonly offsets: readonly Int32Array[];
  private readonly axes: readonly CellAxis[];
  private readonly cornerBlind = new Uint8Array(8);
  private readonly cornerWeight = new Float64Array(8);

  constructor(logits: ModalityLogits, reach: VoxelBox) {
    const grid = cellsOf(logits);
    this.points = grid.size.map((n) => n + 1);
    this.axes = cellAxes(logits, reach, grid);
    this.offsets = cellOffsets(this.axes, grid);
    this.blind = blindPoints(logits, grid.low, this.points);
    this.mixed = mixedCells(this.blind, this.points, grid.size, (1 << logits.maps.length) - 1);
  }

  /** Whether anybody may abstain at a voxel, counted from the first of the reach; then `share` tells how much. */
  lookAt(i: number, j: number, k: number): boolean {
    if (this.mixed === null) return false;
    const [x, y, z] = this.offsets;
    if (this.mixed[x[i] + y[j] + z[k]] === 0) return false;
    const voxel = [i, j, k];
    const cell = [0, 0, 0];
    const weight = [0, 0, 0];
    this.axes.forEach(({ cell: cells, weight: weights, latticeAxis }, imageAxis) => {
      cell[latticeAxis] = cells[voxel[imageAxis]];
      weight[latticeAxis] = weights[voxel[imageAxis]];
    });
    const [px, py] = this.points;
    for (let corner = 0; corner < 8; corner++) {
      const [dx, dy, dz] = [corner & 1, (corner >> 1) & 1, corner >> 2];
      this.cornerBlind[corner] = this.blind[cell[0] + dx + px * (cell[1] + dy + py * (cell[2] + dz))];
      this.cornerWeight[corner] =
        (dx ? weight[0] : 1 - weight[0]) *
        (dy ? weight[1] : 1 - weight[1]) *
        (dz ? weight[2] : 1 - weight[2]);
    }
    return true;
  }

  /** How much of the interpolation weight at the voxel lies where member m of the set abstains, 0..1. */
  share(members: MemberBits, m: number): number {
    let share = 0;
    for (let corner = 0; corner < 8; corner++) {
      const blind = this.cornerBlind[corner];
      if (blind & (1 << m) && (members & ~blind) !== 0) share += this.cornerWeight[corner];
    }
    return share;
  }
}

function blindPoints(
  { maps }: ModalityLogits,
  low: readonly number[],
  [nx, ny, nz]: readonly number[],
): Uint8Array {
  const blind = new Uint8Array(nx * ny * nz).fill((1 << maps.length) - 1);
  maps.forEach(({ box, seen }, m) => {
    const [ox, oy, oz] = box.origin.map((n, a) => n - low[a]);
    for (let k = 0, from = 0; k < box.size[2]; k++)
      for (let j = 0; j < box.size[1]; j++) {
        const to = ox + nx * (oy + j + ny * (oz + k));
        for (let i = 0; i < box.size[0]; i++, from++) if (seen[from] !== 0) blind[to + i] &= ~(1 << m);
      }
  });
  return blind;
}

function mixedCells(
  blind: Uint8Array,
  [px, py, pz]: readonly number[],
  [nx, ny, nz]: readonly number[],
  all: MemberBits,
): Uint8Array | null {
  let mixed: Uint8Array | null = null;
  for (let k = 0, at = 0; k < pz; k++)
    for (let j = 0; j < py; j++)
      for (let i = 0; i < px; i++, at++) {
        if (blind[at] === 0 || blind[at] === all) continue;
        mixed ??= new Uint8Array(nx * ny * nz);
        for (let z = Math.max(0, k - 1); z <= Math.min(nz - 1, k); z++)
          for (let y = Math.max(0, j - 1); y <= Math.min(ny - 1, j); y++)
            for (let x = Math.max(0, i - 1); x <= Math.min(nx - 1, i); x++) mixed[x + nx * (y + ny * z)] = 1;
      }
  return mixed;
}
