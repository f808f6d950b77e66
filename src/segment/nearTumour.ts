import { type Extent, extentOf } from '../volume/extent.js';
import { mapAxes } from '../volume/tuples.js';
import type { Grid, Size } from '../volume/volume.js';
import { type CellAxis, cellAxes, cellsOf } from './cells.js';
import type { Fusion } from './fusion.js';
import type { LogitMap, ModalityLogits } from './logits.js';
import { reachOf, type VoxelBox } from './sampler.js';

/** How far the threshold's logit may fall until the points are chosen anew. */
const SLACK = 1.5;
/** A sequence's own logit that is so far below the threshold's is below it, whatever rounding does. */
const CLEAR = 0.01;
/** Stands for a sum that nobody computed: no tumour is near, so that it need only be far below 0. */
const NOWHERE = -1e6;

/**
 * The lattice points at which whole tumour is possible for a set of sequences, and their neighbours, with what each sequence says
 * there. A fused sum has positive weights: it is above 0 only where one of its sequences alone is above the threshold. So these few
 * points serve every fader and every threshold down to a limit, and one move of a slider need not look at the rest of the head.
 *
 * All is laid out by the axes of the image: columns along its x (fastest), lines along y, planes along z.
 */
export class NearTumour {
  readonly logits: ModalityLogits;
  readonly grid: Grid;
  readonly reach: VoxelBox;
  /** Columns, lines and planes of the box of these points. */
  readonly size: Size;
  /** Per image axis, for each voxel of the reach: the point below it, counted in the box, and its place between that and the next. */
  readonly axes: readonly CellAxis[];
  /** Fused sums of WT, TC, ET in the box, as the last `fuse` left them. */
  readonly sums: readonly Float64Array[];
  private readonly biases: Fusion['biases'];
  private readonly lowest: number;
  /** Per point: its index in the box, and which sequences see something there, as bits. */
  private readonly place: Uint32Array;
  private readonly seen: Uint8Array;
  /** [sequence][region]: the logits at the points. */
  private readonly values: readonly (readonly Float32Array[])[];

  constructor(logits: ModalityLogits, grid: Grid, { biases, thresholdLogit }: Fusion) {
    this.logits = logits;
    this.grid = grid;
    this.biases = biases;
    this.lowest = thresholdLogit - SLACK;
    this.reach = reachOf(logits, grid);
    const cells = cellsOf(logits);
    const points = mapAxes(cells.size, (n) => n + 1);
    const { seen, peak } = mergePoints(logits, cells.low, points, biases);
    const near = neighbourhood(peak, points, this.lowest - CLEAR);
    const extent = extentOf(near, points);
    const first = extent?.first ?? [0, 0, 0];
    const lattice = extent ? mapAxes(first, (n, a) => extent.last[a] - n + 1) : ([0, 0, 0] as const);
    const axes = cellAxes(logits, this.reach, cells);
    this.axes = axes.map((axis) => ({
      ...axis,
      cell: axis.cell.map((cell) => cell - first[axis.latticeAxis]),
    }));
    this.size = mapAxes([0, 1, 2], (imageAxis) => lattice[axes[imageAxis].latticeAxis]);
    const strides = [1, this.size[0], this.size[0] * this.size[1]];
    const strideOf = [0, 1, 2].map((a) => strides[axes.findIndex(({ latticeAxis }) => latticeAxis === a)]);
    const rows = rowsOf(near, points, extent);
    const count = rows.reduce((sum, { length }) => sum + length, 0);
    this.place = new Uint32Array(count);
    this.seen = new Uint8Array(count);
    let p = 0;
    for (const { at, i, j, k, length } of rows) {
      const to = (j - first[1]) * strideOf[1] + (k - first[2]) * strideOf[2];
      for (let n = 0; n < length; n++, p++) {
        this.place[p] = (i + n - first[0]) * strideOf[0] + to;
        this.seen[p] = seen[at + n];
      }
    }
    this.values = logits.maps.map((map) => valuesAt(map, rows, count, cells.low));
    this.sums = [0, 1, 2].map(() => new Float64Array(lattice[0] * lattice[1] * lattice[2]).fill(NOWHERE));
  }

  /** Whether these points are enough for other weights and another threshold of the same sequences. */
  serves(logits: ModalityLogits, grid: Grid, { biases, thresholdLogit }: Fusion): boolean {
    return (
      grid === this.grid &&
      logits.lattice === this.logits.lattice &&
      logits.outsideLogit === this.logits.outsideLogit &&
      logits.maps.length === this.logits.maps.length &&
      logits.maps.every((map, m) => map === this.logits.maps[m]) &&
      biases.every((row, m) => row.every((bias, region) => bias === this.biases[m][region])) &&
      thresholdLogit >= this.lowest
    );
  }

  /** Fills `sums`: at each point Σ w (z + b − t) over the sequences that see something there; where none does, over all. */
  fuse({ weights, biases, thresholdLogit }: Fusion): void {
    const { place, seen, values } = this;
    const sum = new Float64Array(place.length);
    for (const [region, out] of this.sums.entries()) {
      sum.fill(0);
      let outside = 0;
      for (const [m, own] of values.entries()) {
        const weight = weights[m][region];
        const shift = biases[m][region] - thresholdLogit;
        outside += weight * (this.logits.outsideLogit + shift);
        addTerms(sum, own[region], seen, 1 << m, weight, shift);
      }
      for (let p = 0; p < place.length; p++) out[place[p]] = seen[p] === 0 ? outside : sum[p];
    }
  }
}

function addTerms(
  sum: Float64Array,
  values: Float32Array,
  seen: Uint8Array,
  bit: number,
  weight: number,
  shift: number,
): void {
  for (let p = 0; p < sum.length; p++) if (seen[p] & bit) sum[p] += weight * (values[p] + shift);
}

/** Per lattice point who sees something there, as bits, and the highest z + b of whole tumour among them. */
function mergePoints(
  { maps, outsideLogit }: ModalityLogits,
  low: readonly number[],
  [nx, ny, nz]: Size,
  biases: Fusion['biases'],
): { seen: Uint8Array; peak: Float32Array } {
  const seen = new Uint8Array(nx * ny * nz);
  const peak = new Float32Array(seen.length).fill(outsideLogit + Math.max(...biases.map(([whole]) => whole)));
  for (const [m, { box, data, seen: own }] of maps.entries()) {
    const [ox, oy, oz] = box.origin.map((n, a) => n - low[a]);
    const bias = biases[m][0];
    for (let k = 0, from = 0; k < box.size[2]; k++)
      for (let j = 0; j < box.size[1]; j++) {
        const to = ox + nx * (oy + j + ny * (oz + k)) - from;
        for (const end = from + box.size[0]; from < end; from++) {
          if (own[from] === 0) continue;
          const value = data[from] + bias;
          if (seen[to + from] === 0 || value > peak[to + from]) peak[to + from] = value;
          seen[to + from] |= 1 << m;
        }
      }
  }
  return { seen, peak };
}

/** 1 at every point above `lowest` and at all around it; those at the border, where nothing is, do not count. */
function neighbourhood(peak: Float32Array, [nx, ny, nz]: Size, lowest: number): Uint8Array {
  const near = new Uint8Array(peak.length);
  for (let k = 1; k < nz - 1; k++)
    for (let j = 1; j < ny - 1; j++)
      for (let i = 1, at = 1 + nx * (j + ny * k); i < nx - 1; i++, at++) {
        if (peak[at] <= lowest) continue;
        for (let plane = at - nx * ny; plane <= at + nx * ny; plane += nx * ny)
          for (let row = plane - nx; row <= plane + nx; row += nx)
            near[row - 1] = near[row] = near[row + 1] = 1;
      }
  return near;
}

/** Points beside each other along the first lattice axis: `length` of them from (i, j, k), which is index `at`. */
interface PointRow {
  readonly at: number;
  readonly i: number;
  readonly j: number;
  readonly k: number;
  readonly length: number;
}

function rowsOf(near: Uint8Array, [nx, ny]: Size, extent: Extent | null): PointRow[] {
  const rows: PointRow[] = [];
  if (extent === null) return rows;
  const { first, last } = extent;
  for (let k = first[2]; k <= last[2]; k++)
    for (let j = first[1]; j <= last[1]; j++)
      for (let i = first[0], start = nx * (j + ny * k); i <= last[0]; i++) {
        if (near[start + i] === 0) continue;
        const from = i;
        while (i <= last[0] && near[start + i] !== 0) i++;
        rows.push({ at: start + from, i: from, j, k, length: i - from });
      }
  return rows;
}

/** Per region the logits of one map at the points of these rows; 0 where its box does not reach. */
function valuesAt(
  { box: { origin, size }, data }: LogitMap,
  rows: readonly PointRow[],
  count: number,
  low: readonly number[],
): Float32Array[] {
  const voxels = size[0] * size[1] * size[2];
  const offset = origin.map((n, a) => low[a] - n);
  return [0, 1, 2].map((region) => {
    const values = new Float32Array(count);
    let p = 0;
    for (const { i, j, k, length } of rows) {
      const [x, y, z] = [i + offset[0], j + offset[1], k + offset[2]];
      const isIn = y >= 0 && z >= 0 && y < size[1] && z < size[2];
      const at = region * voxels + size[0] * (y + size[1] * z);
      for (let n = Math.max(0, -x); isIn && n < Math.min(length, size[0] - x); n++)
        values[p + n] = data[at + x + n];
      p += length;
    }
    return values;
  });
}
