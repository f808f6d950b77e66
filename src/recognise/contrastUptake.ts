import { quantileOfSorted } from '../statistics.js';
import { sameGrid } from '../volume/affine.js';
import { refineWithinMask } from '../volume/alignWithin.js';
import { IDENTITY, inverse, movedTo } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import type { Size, Volume } from '../volume/volume.js';
import { brainPart, isStripped } from './brainPart.js';

/** So large an uptake is told; above what two images of one phase gave (docs/intake.md). */
export const UPTAKE_MARGIN = 0.6;
/** Brains that are less alike (Pearson's correlation) after alignment do not lie on each other, or are not two T1 of one head. */
const LEAST_ALIKE = 0.5;
/** The share of voxels that reach furthest, on either side. */
const TAIL = 0.01;
/** Classes of brightness within which the two images are matched. */
const CLASSES = 40;
/** Running means over 9 voxels of 2 mm, one after the other: about a Gaussian of 9 mm. */
const ROUNDS = 3;
const RADIUS = 4;
/** Points for the alignment: a voxel of 2 mm need not be met exactly. */
const POINTS = 10_000;

/**
 * How much more contrast agent `b` shows than `a`, two T1 of one head: `b` is laid on `a`, both are brought to one brightness, and of the
 * fine structure of their difference within the brain (vessels, dura, choroid plexus, tumour) it is said how much further it reaches upwards
 * than downwards, in interquartile ranges of the brain. For exchanged images the sign is the other one.
 *
 * @returns null where the two cannot be laid on each other, or show too little brain.
 */
export function contrastUptake(a: Volume, b: Volume): number | null {
  const [brain, other] = [brainPart(a), brainPart(b)];
  if (!brain || !other) return null;
  // Stripped images on one grid were laid on each other by whoever stripped them.
  const lies = sameGrid(a, b) && isStripped(a) && isStripped(b);
  const back = lies ? IDENTITY : inverse(refineWithinMask(a, b, IDENTITY, brain, POINTS));
  const shared = resample(movedTo(other, back), brain, { interpolation: 'nearest' });
  const within: number[] = [];
  for (let v = 0; v < shared.length; v++) if (shared[v] === 1 && brain.data[v] === 1) within.push(v);
  const [one, two] = [a, movedTo(b, back)].map((image) => {
    const values = resample(image, brain, { interpolation: 'linear' });
    return standard(Float32Array.from(within, (v) => values[v]));
  });
  if (!lies && correlation(one, two) < LEAST_ALIKE) return null;
  const difference = matched(one, two);
  const fine = withoutShading(difference, within, brain.size).sort();
  const middle = quantileOfSorted(fine, 0.5);
  return quantileOfSorted(fine, 1 - TAIL) + quantileOfSorted(fine, TAIL) - 2 * middle;
}

/** Median 0, interquartile range 1. */
function standard(values: Float32Array): Float32Array {
  const sorted = values.slice().sort();
  const range = quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25) || 1;
  const middle = quantileOfSorted(sorted, 0.5);
  return values.map((value) => (value - middle) / range);
}

/** `two` − `one`, less its median among voxels as bright in both together: no curve of brightness is left in it. */
function matched(one: Float32Array, two: Float32Array): Float32Array {
  const order = Array.from(one, (_, n) => n).sort((x, y) => one[x] + two[x] - one[y] - two[y]);
  const difference = one.map((value, n) => two[n] - value);
  for (let c = 0; c < CLASSES; c++) {
    const members = order.slice((c * order.length) / CLASSES, ((c + 1) * order.length) / CLASSES);
    const sorted = Float32Array.from(members, (n) => difference[n]).sort();
    const middle = quantileOfSorted(sorted, 0.5);
    for (const n of members) difference[n] -= middle;
  }
  return difference;
}

/** Less the mean of the surroundings within the brain: coils shade from one side to the other. */
function withoutShading(values: Float32Array, within: readonly number[], size: Size): Float32Array {
  let sums: Float32Array = new Float32Array(size[0] * size[1] * size[2]);
  let weights: Float32Array = new Float32Array(sums.length);
  within.forEach((v, n) => {
    sums[v] = values[n];
    weights[v] = 1;
  });
  for (let round = 0; round < ROUNDS; round++)
    for (const axis of [0, 1, 2]) [sums, weights] = [sums, weights].map((data) => summed(data, size, axis));
  return values.map((value, n) => value - sums[within[n]] / weights[within[n]]);
}

/** Sums over 2·RADIUS + 1 voxels along an axis. */
function summed(data: Float32Array, size: Size, axis: number): Float32Array {
  const strides = [1, size[0], size[0] * size[1]];
  const [stride, length] = [strides[axis], size[axis]];
  const out = new Float32Array(data.length);
  for (let v = 0; v < data.length; v++) {
    if (Math.floor(v / stride) % length !== 0) continue;
    let sum = 0;
    for (let n = -RADIUS; n < length; n++) {
      if (n + RADIUS < length) sum += data[v + (n + RADIUS) * stride];
      if (n - RADIUS - 1 >= 0) sum -= data[v + (n - RADIUS - 1) * stride];
      if (n >= 0) out[v + n * stride] = sum;
    }
  }
  return out;
}

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [aa, bb, ab] = [0, 0, 0];
  for (let n = 0; n < a.length; n++) {
    aa += (a[n] - ma) ** 2;
    bb += (b[n] - mb) ** 2;
    ab += (a[n] - ma) * (b[n] - mb);
  }
  return ab / Math.sqrt(aa * bb) || 0;
}
