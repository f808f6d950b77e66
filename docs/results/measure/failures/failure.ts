/** One way in which inputs or results go wrong, and how such are made from a sound case. */
import type { Modality } from '../../../../src/terms.js';
import type { Random } from '../../../../src/training/random.js';
import { voxelSpacing, voxelToWorld } from '../../../../src/volume/affine.js';
import type { Grid } from '../../../../src/volume/volume.js';
import { brainDeviation, type Subject } from '../changes.js';
/** One thing that goes wrong. `truth` is what a perfect network would find, or the wrong mask that is to be doubted. */
export interface Failure {
  readonly kind: string;
  /** Weakest 1; the strongest of a kind must be found. */
  readonly strength: number;
  readonly what: string;
  /** The only checks that it can touch: those of edges, of the single images, or of the mask; all when absent. */
  readonly only?: 'edges' | 'input' | 'result';
  /** Null where the case does not allow it. */
  make(subject: Subject, random: Random, other: Subject | null): Subject | null;
}

export const replaced = (subject: Subject, modality: Modality, data: Float32Array): Subject => ({
  ...subject,
  images: { ...subject.images, [modality]: data },
});

/** Every image changed voxel by voxel; air stays air. `at` is RAS mm from the middle of the brain. */
export function everywhere(
  subject: Subject,
  change: (value: number, at: readonly [number, number, number], v: number) => number,
): Subject {
  const places = placesOf(subject);
  const images = Object.entries(subject.images).map(([m, data]) => {
    const out = data.slice();
    for (let v = 0; v < out.length; v++) if (data[v] !== 0) out[v] = change(data[v], places(v), v);
    return [m, out];
  });
  return { ...subject, images: Object.fromEntries(images) };
}

/** RAS mm of a voxel from the middle of the brain's voxels; the array is used again by the next call. */
export function placesOf({ grid, images }: Pick<Subject, 'grid' | 'images'>) {
  const [first] = Object.values(images);
  const middle = geometryOf(first, grid);
  const [nx, ny] = grid.size;
  const { affine } = grid;
  const at: [number, number, number] = [0, 0, 0];
  return (v: number): readonly [number, number, number] => {
    const [i, j, k] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
    for (let row = 0; row < 3; row++)
      at[row] = affine[row] * i + affine[row + 4] * j + affine[row + 8] * k + affine[row + 12] - middle[row];
    return at;
  };
}

const middles = new WeakMap<Float32Array, readonly number[]>();

/** RAS mm of the brain's middle. */
function geometryOf(image: Float32Array, grid: Grid): readonly number[] {
  const known = middles.get(image);
  if (known) return known;
  const [nx, ny] = grid.size;
  const sum = [0, 0, 0];
  let count = 0;
  for (let v = 0; v < image.length; v++) {
    if (image[v] === 0) continue;
    sum[0] += v % nx;
    sum[1] += Math.floor(v / nx) % ny;
    sum[2] += Math.floor(v / (nx * ny));
    count += 1;
  }
  const middle = voxelToWorld(grid.affine, sum[0] / count, sum[1] / count, sum[2] / count);
  middles.set(image, middle);
  return middle;
}

interface Extent {
  up: number;
  down: number;
  front: number;
  side: number;
}

const extents = new WeakMap<Float32Array, Extent>();

/** How far the brain goes from its middle, mm: up and down (z), to the front (y) and to the right (x). */
export function extentOf(subject: Subject): Extent {
  const [first] = Object.values(subject.images);
  const known = extents.get(first);
  if (known) return known;
  const places = placesOf(subject);
  const extent = { up: 0, down: 0, front: 0, side: 0 };
  for (let v = 0; v < first.length; v++) {
    if (first[v] === 0) continue;
    const [x, y, z] = places(v);
    extent.up = Math.max(extent.up, z);
    extent.down = Math.min(extent.down, z);
    extent.front = Math.max(extent.front, y);
    extent.side = Math.max(extent.side, x);
  }
  extents.set(first, extent);
  return extent;
}

/** Every image and the truth cut away where `gone` says so (RAS mm from the brain's middle). */
export function without(subject: Subject, gone: (at: readonly [number, number, number]) => boolean): Subject {
  const places = placesOf(subject);
  const truth = subject.truth.slice();
  for (let v = 0; v < truth.length; v++) if (truth[v] !== 0 && gone(places(v))) truth[v] = 0;
  return { ...everywhere(subject, (value, at) => (gone(at) ? 0 : value)), truth };
}

/** Bright tissue (98th percentile and noise) within `mm` outside the brain, where `where` says so. */
export function grown(
  subject: Subject,
  mm: number,
  where: (at: readonly [number, number, number]) => boolean,
  random: Random,
): Subject {
  const { grid, images } = subject;
  const places = placesOf(subject);
  const [nx, ny] = grid.size;
  const reach = voxelSpacing(grid.affine).map((side) => Math.round(mm / side));
  const [first] = Object.values(images);
  const near = new Uint8Array(first.length);
  const strides = [1, nx, nx * ny];
  let now = Uint8Array.from(first, (value) => (value !== 0 ? 1 : 0));
  strides.forEach((stride, axis) => {
    const next = now.slice();
    for (let v = 0; v < now.length; v++) {
      if (now[v] === 0) continue;
      for (let s = -reach[axis]; s <= reach[axis]; s++) {
        const at = Math.floor(v / stride) % grid.size[axis];
        if (at + s >= 0 && at + s < grid.size[axis]) next[v + s * stride] = 1;
      }
    }
    now = next;
  });
  for (let v = 0; v < near.length; v++) near[v] = now[v] && first[v] === 0 && where(places(v)) ? 1 : 0;
  const made = Object.entries(images).map(([m, data]) => {
    const sorted = data.filter((value) => value !== 0).sort();
    const bright = sorted[Math.floor(0.98 * sorted.length)];
    const spread = brainDeviation(data);
    return [m, data.map((value, v) => (near[v] ? bright + 0.3 * spread * Math.abs(random.normal()) : value))];
  });
  return { ...subject, images: Object.fromEntries(made) };
}
