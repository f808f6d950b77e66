import type { Mask } from '../masks/mask.js';
import type { Spacing } from '../volume/distanceTransform.js';

/** Side in voxels of the cells into which the set voxels are sorted. */
const CELL = 8;

/**
 * Exact Euclidean distance in mm from every set voxel of `from` to the nearest set voxel of `to`, in the order of the
 * voxels; empty when either is. The set voxels of `to` are sorted into cells of 8³ voxels, and cells are searched in
 * growing shells until none can hold a nearer one, those left out that are too far away: for thin borders far faster
 * than a distance transform of the box around them.
 */
export function nearestDistances(from: Mask, to: Mask, spacing: Spacing): Float64Array {
  const cells = new VoxelCells(to, spacing);
  const distances: number[] = [];
  if (cells.isEmpty) return new Float64Array(0);
  for (let v = from.data.indexOf(1); v >= 0; v = from.data.indexOf(1, v + 1))
    distances.push(cells.nearest(v));
  return Float64Array.from(distances);
}

class VoxelCells {
  /** Cells along x, y, z. */
  private readonly counts: readonly [number, number, number];
  /** Positions i, j, k of the set voxels, cell by cell, and where each cell's begin. */
  private readonly positions: Int32Array;
  private readonly starts: Int32Array;
  /** Where in `positions` the voxel begins that was found last: the next one asked for is beside, so that it is near that one too. */
  private last = 0;

  constructor(
    private readonly mask: Mask,
    private readonly spacing: Spacing,
  ) {
    const [nx, ny, nz] = mask.size;
    this.counts = [Math.ceil(nx / CELL), Math.ceil(ny / CELL), Math.ceil(nz / CELL)];
    const set: number[] = [];
    for (let v = mask.data.indexOf(1); v >= 0; v = mask.data.indexOf(1, v + 1)) set.push(v);
    this.starts = new Int32Array(this.counts[0] * this.counts[1] * this.counts[2] + 1);
    const cellsOf = set.map((v) => this.cellOf(...this.positionOf(v)));
    for (const cell of cellsOf) this.starts[cell + 1] += 1;
    for (let cell = 0; cell + 1 < this.starts.length; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.positions = new Int32Array(3 * set.length);
    set.forEach((v, i) => {
      this.positions.set(this.positionOf(v), 3 * next[cellsOf[i]]++);
    });
  }

  get isEmpty(): boolean {
    return this.positions.length === 0;
  }

  /** Distance in mm from a voxel of the same image to the nearest set voxel. */
  nearest(voxel: number): number {
    if (this.mask.data[voxel]) return 0;
    const [i, j, k] = this.positionOf(voxel);
    const centre = [Math.floor(i / CELL), Math.floor(j / CELL), Math.floor(k / CELL)];
    const smallest = Math.min(...this.spacing);
    const last = Math.max(...this.counts);
    let best = this.squaredDistance(this.last, i, j, k);
    for (let shell = 0; shell <= last; shell++) {
      // A voxel in this shell of cells is at least so far away along one axis.
      const least = shell === 0 ? 0 : ((shell - 1) * CELL + 1) * smallest;
      if (least * least >= best) break;
      best = this.searchShell(centre, shell, i, j, k, best);
    }
    return Math.sqrt(best);
  }

  private searchShell(
    [x, y, z]: readonly number[],
    shell: number,
    i: number,
    j: number,
    k: number,
    found: number,
  ): number {
    const [nx, ny, nz] = this.counts;
    let best = found;
    for (let c = Math.max(0, z - shell); c <= Math.min(nz - 1, z + shell); c++) {
      const alongZ = squared(gap(k, c) * this.spacing[2]);
      if (alongZ >= best) continue;
      for (let b = Math.max(0, y - shell); b <= Math.min(ny - 1, y + shell); b++) {
        const alongY = squared(gap(j, b) * this.spacing[1]);
        if (alongY + alongZ >= best) continue;
        const inner = Math.abs(c - z) < shell && Math.abs(b - y) < shell;
        // Inside the shell only its two ends along x belong to it.
        const step = inner ? 2 * shell : 1;
        for (let a = x - shell; a <= x + shell; a += step) {
          if (a < 0 || a >= nx) continue;
          const alongX = squared(gap(i, a) * this.spacing[0]);
          if (alongX + alongY + alongZ >= best) continue;
          best = this.searchCell(a + nx * (b + ny * c), i, j, k, best);
        }
      }
    }
    return best;
  }

  private searchCell(cell: number, i: number, j: number, k: number, found: number): number {
    let best = found;
    for (let at = 3 * this.starts[cell]; at < 3 * this.starts[cell + 1]; at += 3) {
      const distance = this.squaredDistance(at, i, j, k);
      if (distance >= best) continue;
      best = distance;
      this.last = at;
    }
    return best;
  }

  /** In mm², to the voxel that begins at `at` in `positions`. */
  private squaredDistance(at: number, i: number, j: number, k: number): number {
    const { positions, spacing } = this;
    const dx = (positions[at] - i) * spacing[0];
    const dy = (positions[at + 1] - j) * spacing[1];
    const dz = (positions[at + 2] - k) * spacing[2];
    return dx * dx + dy * dy + dz * dz;
  }

  private positionOf(voxel: number): [number, number, number] {
    const [nx, ny] = this.mask.size;
    return [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))];
  }

  private cellOf(i: number, j: number, k: number): number {
    const [nx, ny] = this.counts;
    return Math.floor(i / CELL) + nx * (Math.floor(j / CELL) + ny * Math.floor(k / CELL));
  }
}

/** Voxels along one axis from a position to the nearest position of a cell. */
function gap(position: number, cell: number): number {
  return Math.max(0, cell * CELL - position, position - (cell * CELL + CELL - 1));
}

const squared = (x: number) => x * x;
