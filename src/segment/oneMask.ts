import { LABELS } from '../masks/labels.js';
import { RunBuilder, type Runs } from '../masks/runs.js';
import type { Grid } from '../volume/volume.js';
import { Abstention } from './abstention.js';
import { type Fusion, fusedTerm } from './fusion.js';
import type { LogitMap, ModalityLogits } from './logits.js';
import { NearTumour } from './nearTumour.js';
import { PointSampler } from './sampler.js';
import { bitAt } from './tissue.js';

/**
 * A sum of a few logits below this is looked at again exactly: rounding differs by far less than it, and what matters by far more.
 */
const MARGIN = 1e-6;

/** The points of the last mask that was made of a map and its fellows: the next move of the same slider finds them there. */
const lastPoints = new WeakMap<LogitMap, NearTumour>();

/**
 * The mask of all the given sequences together, before clean-up: what `combine` gives for this one combination, voxel by voxel,
 * in a fraction of the time. Used where someone moves a slider.
 *
 * Fusing is a sum, and so is interpolation: the members are summed at the lattice points (`NearTumour`), and that one map is
 * interpolated. It gives no value beyond those of the eight lattice points around a voxel: whole tumour can only be where one of the
 * eight has it, and only those voxels are looked at. Where the sum is too near to 0 for its sign to be sure, the members are
 * interpolated one by one, as `combine` does.
 *
 * @returns BraTS labels on the grid, as runs in the order of its voxels.
 */
export function oneMask(logits: ModalityLogits, grid: Grid, fusion: Fusion): Runs {
  const kept = lastPoints.get(logits.maps[0]);
  const near = kept?.serves(logits, grid, fusion) ? kept : new NearTumour(logits, grid, fusion);
  lastPoints.set(logits.maps[0], near);
  near.fuse(fusion);
  const found = new RunBuilder();
  const painter = new RowPainter(near, fusion, found);
  for (let z = 0; z < near.axes[2].cell.length; z++) painter.plane(z);
  return found.runs();
}

/** Labels one plane of the image after the other, row by row. */
class RowPainter {
  private readonly near: NearTumour;
  private readonly found: RunBuilder;
  private readonly exactly: ReturnType<typeof exactSums>;
  /** Per line of points (y fastest) its first and last column with whole tumour; where there is none the last is −1. */
  private readonly firstHit: Int32Array;
  private readonly lastHit: Int32Array;
  /** Per region a plane of points, and a row of it, between which the voxels of a plane and of a row lie. */
  private readonly planes: readonly Float64Array[];
  private readonly rows: readonly Float64Array[];

  constructor(near: NearTumour, fusion: Fusion, found: RunBuilder) {
    this.near = near;
    this.found = found;
    this.exactly = exactSums(near, fusion);
    const [columns, lines, planes] = near.size;
    this.firstHit = new Int32Array(lines * planes).fill(columns);
    this.lastHit = new Int32Array(lines * planes).fill(-1);
    const [whole] = near.sums;
    for (let line = 0, at = 0; line < lines * planes; line++)
      for (let column = 0; column < columns; column++, at++) {
        if (whole[at] <= -MARGIN) continue;
        if (this.lastHit[line] < 0) this.firstHit[line] = column;
        this.lastHit[line] = column;
      }
    this.planes = near.sums.map(() => new Float64Array(columns * lines));
    this.rows = near.sums.map(() => new Float64Array(columns));
  }

  plane(z: number): void {
    const { axes, size } = this.near;
    const below = axes[2].cell[z];
    if (below < 0 || below + 1 >= size[2]) return;
    if (!this.blendPlanes(below, axes[2].weight[z])) return;
    for (let y = 0; y < axes[1].cell.length; y++) {
      const line = axes[1].cell[y];
      if (line >= 0 && line + 1 < size[1]) this.row(y, z, line + below * size[1]);
    }
  }

  /** The points between two planes, where there may be tumour; false where there is none. */
  private blendPlanes(below: number, weight: number): boolean {
    const [columns, lines] = this.near.size;
    const at = below * lines;
    let any = false;
    for (let line = 0; line < lines; line++) {
      // A row of voxels lies between two lines: those beside one with tumour are needed too.
      const from = this.first(at + Math.max(0, line - 1), at + Math.min(lines - 1, line + 1));
      const to = this.last(at + Math.max(0, line - 1), at + Math.min(lines - 1, line + 1));
      if (to < 0) continue;
      any = true;
      for (const [region, sums] of this.near.sums.entries())
        blend(
          sums,
          columns * (at + line),
          columns * (at + lines + line),
          weight,
          this.planes[region],
          columns * line,
          Math.max(0, from - 1),
          Math.min(columns - 1, to + 1),
        );
    }
    return any;
  }

  private first(fromLine: number, toLine: number): number {
    const { firstHit } = this;
    const lines = this.near.size[1];
    let first = this.near.size[0];
    for (let line = fromLine; line <= toLine; line++)
      first = Math.min(first, firstHit[line], firstHit[line + lines]);
    return first;
  }

  private last(fromLine: number, toLine: number): number {
    const { lastHit } = this;
    const lines = this.near.size[1];
    let last = -1;
    for (let line = fromLine; line <= toLine; line++)
      last = Math.max(last, lastHit[line], lastHit[line + lines]);
    return last;
  }

  private row(y: number, z: number, line: number): void {
    const { near, rows } = this;
    const to = this.last(line, line + 1);
    if (to < 0) return;
    const columns = near.size[0];
    const from = Math.max(0, this.first(line, line + 1) - 1);
    const at = columns * near.axes[1].cell[y];
    for (const [region, plane] of this.planes.entries())
      blend(
        plane,
        at,
        at + columns,
        near.axes[1].weight[y],
        rows[region],
        0,
        from,
        Math.min(columns - 1, to + 1),
      );
    this.voxels(y, z, from, Math.min(columns - 2, to));
  }

  /** The voxels of a row whose cells are between two columns, both included. */
  private voxels(y: number, z: number, from: number, to: number): void {
    const { grid, reach, logits, axes } = this.near;
    const { cell, weight } = axes[0];
    const [whole, core, enhancing] = this.rows;
    const start = reach.first[0] + grid.size[0] * (reach.first[1] + y + grid.size[1] * (reach.first[2] + z));
    for (let x = 0; x < cell.length; x++) {
      const column = cell[x];
      if (column < from || column > to) continue;
      if (!this.isIn(0, whole, column, weight[x], x, y, z) || isAir(logits.maps, start + x)) continue;
      const label = !this.isIn(1, core, column, weight[x], x, y, z)
        ? LABELS.oedema
        : this.isIn(2, enhancing, column, weight[x], x, y, z)
          ? LABELS.enhancing
          : LABELS.core;
      this.found.add(start + x, label);
    }
  }

  private isIn(
    region: number,
    row: Float64Array,
    column: number,
    weight: number,
    x: number,
    y: number,
    z: number,
  ): boolean {
    const sum = row[column] + (row[column + 1] - row[column]) * weight;
    return Math.abs(sum) > MARGIN ? sum > 0 : this.exactly(region, x, y, z) > 0;
  }
}

/** `out[to + n]` between `values[a + n]` and `values[b + n]`, for n from `first` to `last`. */
function blend(
  values: Float64Array,
  a: number,
  b: number,
  weight: number,
  out: Float64Array,
  to: number,
  first: number,
  last: number,
): void {
  for (let n = first; n <= last; n++) out[to + n] = values[a + n] + (values[b + n] - values[a + n]) * weight;
}

function isAir(maps: readonly LogitMap[], voxel: number): boolean {
  for (const { tissue } of maps) if (bitAt(tissue, voxel) !== 0) return false;
  return true;
}

/** The sum of all members at one voxel of the reach, each interpolated by itself, number for number as `combine` has it. */
function exactSums({ logits, reach }: NearTumour, fusion: Fusion) {
  let abstention: Abstention | null = null;
  const all = (1 << logits.maps.length) - 1;
  const samplers = logits.maps.map(
    (map) => new PointSampler(map, logits.lattice, logits.outsideLogit, reach),
  );
  return (region: number, x: number, y: number, z: number): number => {
    const logit = (m: number) => samplers[m].at(region, x, y, z);
    abstention ??= new Abstention(logits, reach);
    const present = abstention;
    if (present.lookAt(x, y, z)) {
      const share = (m: number) => present.share(all, m);
      return fusedTerm(fusion, all, region, logit, share, logits.outsideLogit);
    }
    let sum = 0;
    for (let m = samplers.length - 1; m >= 0; m--)
      sum += fusion.weights[m][region] * (logit(m) + (fusion.biases[m][region] - fusion.thresholdLogit));
    return sum;
  };
}
