import { mean, quantile } from '../statistics.js';
import { MODALITIES, type Modality } from '../terms.js';
import type { Grid } from '../volume/volume.js';
import { type BrainQuality, brainQuality, voxelsIn } from './brainQuality.js';
import {
  axisNearest,
  type CoarseCase,
  type CoarseImage,
  deeperThan,
  middleAlong,
  outside,
  stridesOf,
  valuesAt,
} from './coarse.js';
import { ghostPeak } from './ghosts.js';

/**
 * What the images themselves say about their quality, in numbers that do not depend on their scale. All on voxels of 2 mm. What a number
 * means is decided in `checks/checkWarnings.ts`.
 */

/** Of one sequence. */
export interface ImageQuality {
  /** White matter's value: largest less smallest over eight octants of the brain, in standard deviations of the brain. */
  readonly bias: number | null;
  /** The same, right less left, mean over the four pairs of octants: anatomy leans to neither side. */
  readonly lean: number | null;
  /** Standard deviation of the noise in flat tissue, by the MAD of the Laplacian (Immerkær 1996), in the same. */
  readonly noise: number | null;
  /** Energy of the edges along the axis with least, by the mean of the two others: thick slices blur one axis. */
  readonly sharpness: number;
  /** How much brighter than the brain the outermost 4 mm are, in the same: a scalp that was left. */
  readonly rim: number;
  /** Copies of the head shifted over it (`ghostPeak`). */
  readonly ghosts: number | null;
  /** Share of what any sequence shows that this one shows. */
  readonly coverage: number;
}

export interface InputQuality {
  readonly images: Readonly<Partial<Record<Modality, ImageQuality>>>;
  readonly brain: BrainQuality;
}

/** Fewer voxels than this in an octant tell nothing. */
const LEAST_IN_OCTANT = 200;
/** Depth in voxels of what is looked at for a scalp. */
const RIM = 2;
/** Where white matter lies among the values of healthy tissue, as a quantile: bright in T1, dark in T2. */
const WHITE: Record<Modality, number> = { t1: 0.75, t1ce: 0.75, t2: 0.3, flair: 0.5 };

/** What is known of an image before any tumour is. */
interface Shape extends Omit<ImageQuality, 'bias' | 'lean' | 'noise'> {
  /** How steep each voxel deep in the brain is, and their standard deviation. */
  readonly steep: Float32Array;
  readonly spread: number;
}

/** What is known of a case's images before any tumour is. */
export interface Shapes {
  readonly images: Readonly<Partial<Record<Modality, Shape>>>;
  readonly brain: BrainQuality;
}

/** What can be told of a case’s images before any tumour is known. */
export function shapesOf(coarse: CoarseCase): Shapes {
  const { images, brain, grid } = coarse;
  const whole = Math.max(1, voxelsIn(brain));
  const present = MODALITIES.filter((m) => images[m]);
  return {
    images: Object.fromEntries(present.map((m) => [m, shapeOf(images[m]!, grid, whole)])),
    brain: brainQuality(coarse),
  };
}

/**
 * @param ill the share of each coarse voxel that is tumour; left out. Null: none is known.
 * @param shapes of the same case, where they were made before.
 */
export function inputQuality(
  coarse: CoarseCase,
  ill: Float32Array | null,
  shapes: Shapes = shapesOf(coarse),
): InputQuality {
  const { images, brain, grid } = coarse;
  const octants = octantsOf(brain, grid);
  const present = MODALITIES.filter((m) => images[m]);
  return {
    images: Object.fromEntries(
      present.map((m) => [m, qualityOf(images[m]!, shapes.images[m]!, m, grid, ill, octants)]),
    ),
    brain: shapes.brain,
  };
}

function shapeOf(image: CoarseImage, grid: Grid, whole: number): Shape {
  const { smooth, values, depth, inner } = image;
  const strides = stridesOf(grid.size);
  const energy = [0, 0, 0];
  const steep = new Float32Array(inner.length);
  for (let axis = 0; axis < 3; axis++) {
    const stride = strides[axis];
    let sum = 0;
    for (let n = 0; n < inner.length; n++) {
      const v = inner[n];
      const step = values[v + stride] - values[v];
      const slope = smooth[v + stride] - smooth[v - stride];
      sum += step * step;
      steep[n] += slope * slope;
    }
    energy[axis] = sum;
  }
  const spread = deviation(smooth, inner);
  const sorted = energy.toSorted((a, b) => a - b);
  let shown = 0;
  for (let v = 0; v < depth.length; v++) if (depth[v] > 0) shown += 1;
  return {
    ...{ steep, spread },
    sharpness: sorted[2] === 0 ? 1 : sorted[0] / ((sorted[1] + sorted[2]) / 2),
    rim: rimOf(image, spread),
    ghosts: ghostPeak(image, grid),
    coverage: shown / whole,
  };
}

function qualityOf(
  { smooth, values, inner }: CoarseImage,
  { steep, spread, ...shape }: Shape,
  modality: Modality,
  grid: Grid,
  ill: Float32Array | null,
  octants: Uint8Array,
): ImageQuality {
  const healthy = outside(inner, ill);
  const limit = steep.length === 0 ? 0 : quantile(steep, 0.3);
  const flat = outside(flatIn(inner, steep, limit), ill);
  const isFlat = flat.length >= LEAST_IN_OCTANT;
  const white = spread === 0 ? null : whiteIn(smooth, healthy, octants, WHITE[modality]);
  return {
    ...(white ? shadingOf(white, axisNearest(grid, 0), spread) : { bias: null, lean: null }),
    noise: spread === 0 || !isFlat ? null : noiseOf(values, flat, stridesOf(grid.size)) / spread,
    ...shape,
  };
}

function flatIn(voxels: Uint32Array, steep: Float32Array, limit: number): Uint32Array {
  const flat = new Uint32Array(voxels.length);
  let count = 0;
  for (let n = 0; n < voxels.length; n++) if (steep[n] <= limit) flat[count++] = voxels[n];
  return flat.subarray(0, count);
}

/** White matter's value octant by octant; NaN where an octant holds too little. */
function whiteIn(
  values: Float32Array,
  healthy: Uint32Array,
  octants: Uint8Array,
  white: number,
): readonly number[] {
  const counts = new Uint32Array(8);
  for (const v of healthy) counts[octants[v]] += 1;
  const parts = Array.from(counts, (count) => new Float32Array(count));
  const filled = new Uint32Array(8);
  for (const v of healthy) parts[octants[v]][filled[octants[v]]++] = values[v];
  return parts.map((part) => (part.length < LEAST_IN_OCTANT ? Number.NaN : quantile(part, white)));
}

/** Null when fewer than six octants, or three pairs of them, are known. */
function shadingOf(
  white: readonly number[],
  across: number,
  spread: number,
): Pick<ImageQuality, 'bias' | 'lean'> {
  const known = white.filter((value) => !Number.isNaN(value));
  const pairs = white
    .map((value, octant) => white[octant | (1 << across)] - value)
    .filter((value, octant) => (octant & (1 << across)) === 0 && !Number.isNaN(value));
  return {
    bias: known.length < 6 ? null : (Math.max(...known) - Math.min(...known)) / spread,
    lean: pairs.length < 3 ? null : Math.abs(mean(pairs)) / spread,
  };
}

/** The Laplacian of white noise of deviation σ over six neighbours has deviation σ·√42. */
function noiseOf(values: Float32Array, flat: Uint32Array, strides: readonly number[]): number {
  const [dx, dy, dz] = strides;
  const laplacian = new Float32Array(flat.length);
  for (let n = 0; n < flat.length; n++) {
    const v = flat[n];
    let sum = -6 * values[v];
    sum += values[v - dx] + values[v + dx];
    sum += values[v - dy] + values[v + dy];
    sum += values[v - dz] + values[v + dz];
    laplacian[n] = Math.abs(sum);
  }
  return (1.4826 * quantile(laplacian, 0.5)) / Math.sqrt(42);
}

/** The 90th percentile of the outermost voxels less that of the brain inside, in its deviations. */
function rimOf({ depth, smooth, inner }: CoarseImage, spread: number): number {
  const shown = deeperThan({ depth }, 1);
  let rim = 0;
  for (const v of shown) if (depth[v] <= RIM) shown[rim++] = v;
  const outer = shown.subarray(0, rim);
  if (outer.length === 0 || inner.length === 0 || spread === 0) return 0;
  const high = (voxels: Uint32Array) => quantile(valuesAt(smooth, voxels), 0.9);
  return (high(outer) - high(inner)) / spread;
}

/** 0..7: which side of the brain's middle a voxel lies on, along each axis. */
function octantsOf(brain: Uint8Array, { size }: Grid): Uint8Array {
  const [x, y, z] = [0, 1, 2].map((axis) => {
    const middle = middleAlong(brain, size, axis);
    return Uint8Array.from({ length: size[axis] }, (_, at) => (at > middle ? 1 << axis : 0));
  });
  const octants = new Uint8Array(brain.length);
  for (let k = 0, v = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++, v++) octants[v] = x[i] | y[j] | z[k];
  return octants;
}

function deviation(values: Float32Array, voxels: Uint32Array): number {
  let [sum, squares] = [0, 0];
  for (const v of voxels) {
    sum += values[v];
    squares += values[v] * values[v];
  }
  const mean = sum / Math.max(1, voxels.length);
  return Math.sqrt(Math.max(0, squares / Math.max(1, voxels.length) - mean * mean));
}
