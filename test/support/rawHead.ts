import { mat4 } from 'gl-matrix';
import { openAtlas } from '../../src/prepare/atlas.js';
import { multiplyAffines, voxelToWorld } from '../../src/volume/affine.js';
import { inverse, movedTo } from '../../src/volume/placement.js';
import { resample } from '../../src/volume/resample.js';
import type { Affine, Grid, Size, Volume } from '../../src/volume/volume.js';

/** A rigid move: a turn about a skew axis, then a shift in mm. */
export function rigid(degrees: number, axis: Size, shift: Size): Affine {
  const matrix = [...mat4.fromRotation(mat4.create(), (degrees * Math.PI) / 180, [...axis])!];
  for (let row = 0; row < 3; row++) matrix[12 + row] = shift[row];
  return matrix as unknown as Affine;
}

/** A grid whose middle lies at the origin. */
export function centredGrid(size: Size, spacing: Size, turn: Affine = rigid(0, [0, 0, 1], [0, 0, 0])): Grid {
  const middle = size.map((n, axis) => (-(n - 1) / 2) * spacing[axis]);
  const own = [spacing[0], 0, 0, 0, 0, spacing[1], 0, 0, 0, 0, spacing[2], 0, ...middle, 1];
  return { size, affine: multiplyAffines(turn, own as unknown as Affine) };
}

/** The middle of the atlas's brain box lies here, in its RAS mm. */
const ATLAS_MIDDLE: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, -119.5, 111, 72, 1];

/** RAS mm of a scanner in which the head lies as `pose` says → RAS mm of the atlas. */
export function scannerToAtlas(pose: Affine): Affine {
  return multiplyAffines(ATLAS_MIDDLE, inverse(pose));
}

/**
 * A series as a scanner might give it: the atlas's head in another pose, on `grid`, with a bias field and noise, and, as another
 * sequence, with bright fluid and dark white matter.
 */
export async function rawSeries(grid: Grid, pose: Affine, contrast: 't1' | 't2', seed = 1): Promise<Volume> {
  const { head } = await openAtlas();
  const there = movedTo(head, inverse(scannerToAtlas(pose)));
  const data = resample(there, grid, { interpolation: 'linear' });
  let state = seed;
  for (let at = 0; at < data.length; at++) {
    state = (state * 1664525 + 1013904223) % 4294967296;
    const noise = 6 * (state / 4294967296);
    const bias = 1 + 0.3 * ((at % grid.size[0]) / grid.size[0] - 0.5);
    const value = contrast === 't1' || data[at] < 20 ? data[at] : Math.max(25, 260 - data[at]);
    data[at] = Math.round(4 * bias * value + 4 * noise);
  }
  return { ...grid, data };
}

/** The atlas's brain mask where that head lies, on `grid`. */
export async function brainThere(grid: Grid, toAtlas: Affine): Promise<Uint8Array> {
  const { brain } = await openAtlas();
  return resample(movedTo(brain, inverse(toAtlas)), grid, {
    interpolation: 'nearest',
    into: new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]),
  });
}

/** The farthest that two transforms take points of a head (mm from the origin) apart. */
export function apart(a: Affine, b: Affine): number {
  const points = [-60, 60].flatMap((x) => [-75, 75].flatMap((y) => [-50, 60].map((z) => [x, y, z] as const)));
  const distances = points.map((p) => {
    const q = voxelToWorld(b, ...p);
    return Math.hypot(...voxelToWorld(a, ...p).map((mm, axis) => mm - q[axis]));
  });
  return Math.max(...distances);
}

export function dice(a: Uint8Array, b: Uint8Array): number {
  let both = 0;
  let sum = 0;
  a.forEach((value, at) => {
    both += value & b[at];
    sum += value + b[at];
  });
  return (2 * both) / sum;
}

/** Two thick-sliced series of one head that moved between them, and the truth of where it lay. */
export async function movedHead() {
  const pose = rigid(9, [1, 0.2, 0.3], [6, -4, 11]);
  /** RAS mm of T1 → RAS mm of T2. */
  const moved = rigid(5, [0.2, 1, 0.4], [-3, 5, 2]);
  const oblique = rigid(14, [1, 0, 0], [0, 0, 0]);
  const t1 = await rawSeries(centredGrid([220, 240, 46], [0.95, 0.95, 4]), pose, 't1');
  const t2Grid = centredGrid([200, 220, 40], [1, 1, 5], oblique);
  const t2 = await rawSeries(t2Grid, multiplyAffines(moved, pose), 't2', 7);
  return { pose, moved, images: { t1, t2 } };
}
