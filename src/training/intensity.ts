import type { Shape3 } from './loadCase.js';
import type { Random } from './random.js';

/** Random changes of the values of one modality, each with its chance and greatest strength. Air stays exactly 0. */
export interface IntensityRules {
  /** Values times 1 ± x, plus ± y. */
  readonly contrast: { readonly chance: number; readonly gain: number; readonly offset: number };
  /** Exponent between 1/(1+x) and 1+x on the range of the values. */
  readonly gamma: { readonly chance: number; readonly strength: number };
  /** Normal noise with a standard deviation up to x. */
  readonly noise: { readonly chance: number; readonly deviation: number };
  /** Gaussian blur with a standard deviation of up to x voxels. */
  readonly blur: { readonly chance: number; readonly deviation: number };
  /** A smooth gain between 1 − x and 1 + x across the sample. */
  readonly bias: { readonly chance: number; readonly strength: number };
  /** Up to `slices` neighbouring slices across one axis are lost. */
  readonly missingSlices: { readonly chance: number; readonly slices: number };
}

/**
 * How far below the mean the scanner's zero lies in a z-scored brain, in standard deviations: a bias field multiplies
 * scanner values, and the z-scores of the data that this was written for come from means of about 3 deviations.
 */
const SCANNER_ZERO = 3;

/** Changes one modality's values in place, in the order of the rules. */
export function changeIntensities(
  image: Float32Array,
  shape: Shape3,
  rules: IntensityRules,
  random: Random,
): void {
  if (random.chance(rules.contrast.chance)) changeContrast(image, rules.contrast, random);
  if (random.chance(rules.gamma.chance)) changeGamma(image, drawFactor(rules.gamma.strength, random));
  if (random.chance(rules.bias.chance)) addBiasField(image, shape, rules.bias.strength, random);
  if (random.chance(rules.blur.chance)) blur(image, shape, random.uniform(0, rules.blur.deviation));
  if (random.chance(rules.noise.chance)) {
    const deviation = random.uniform(0, rules.noise.deviation);
    mapTissue(image, (value) => value + random.normal(0, deviation));
  }
  if (random.chance(rules.missingSlices.chance)) loseSlices(image, shape, rules.missingSlices.slices, random);
}

/** A blur that mixes tissue with tissue alone: Gaussian weights over non-zero voxels, normalised. */
export function blur(image: Float32Array, shape: Shape3, deviation: number): void {
  if (deviation <= 0) return;
  const radius = Math.ceil(3 * deviation);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)),
  );
  let values = Float64Array.from(image);
  let weights = Float64Array.from(image, (value) => (value !== 0 ? 1 : 0));
  for (let axis = 0; axis < 3; axis++) {
    values = convolve(values, shape, axis, kernel);
    weights = convolve(weights, shape, axis, kernel);
  }
  for (let v = 0; v < image.length; v++) if (image[v] !== 0) image[v] = values[v] / weights[v];
}

function changeContrast(
  image: Float32Array,
  { gain, offset }: IntensityRules['contrast'],
  random: Random,
): void {
  const factor = 1 + random.uniform(-gain, gain);
  const shift = random.uniform(-offset, offset);
  mapTissue(image, (value) => value * factor + shift);
}

/** Leaves the smallest and the largest value in place. */
function changeGamma(image: Float32Array, exponent: number): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of image) {
    if (value === 0) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const range = high - low;
  if (range > 0) mapTissue(image, (value) => low + range * ((value - low) / range) ** exponent);
}

/** The gain is a random quadratic polynomial of the position, scaled to its strength. */
function addBiasField(image: Float32Array, shape: Shape3, strength: number, random: Random): void {
  const coefficients = Array.from({ length: 9 }, () => random.uniform(-1, 1));
  const scale = strength / coefficients.reduce((sum, c) => sum + Math.abs(c), 0);
  mapTissue(image, (value, v) => {
    const [x, y, z] = relativePosition(v, shape);
    const terms = [x, y, z, x * x, y * y, z * z, x * y, y * z, z * x];
    const field = scale * terms.reduce((sum, term, i) => sum + coefficients[i] * term, 0);
    return value + field * (value + SCANNER_ZERO);
  });
}

function loseSlices(image: Float32Array, shape: Shape3, most: number, random: Random): void {
  const axis = random.integer(0, 2);
  const count = random.integer(1, Math.min(most, shape[axis]));
  const first = random.integer(0, shape[axis] - count);
  const stride = [shape[1] * shape[2], shape[2], 1][axis];
  mapTissue(image, (value, v) => {
    const slice = Math.floor(v / stride) % shape[axis];
    return slice >= first && slice < first + count ? 0 : value;
  });
}

function drawFactor(strength: number, random: Random): number {
  return Math.exp(random.uniform(-1, 1) * Math.log(1 + strength));
}

function mapTissue(image: Float32Array, change: (value: number, voxel: number) => number): void {
  for (let v = 0; v < image.length; v++) if (image[v] !== 0) image[v] = change(image[v], v);
}

/** Each coordinate in [−1, 1]. */
function relativePosition(v: number, [depth, height, width]: Shape3): [number, number, number] {
  const at = [Math.floor(v / (height * width)), Math.floor(v / width) % height, v % width];
  const relative = (axis: number, side: number) => (2 * at[axis]) / Math.max(1, side - 1) - 1;
  return [relative(0, depth), relative(1, height), relative(2, width)];
}

function convolve(
  values: Float64Array,
  shape: Shape3,
  axis: number,
  kernel: readonly number[],
): Float64Array<ArrayBuffer> {
  const stride = [shape[1] * shape[2], shape[2], 1][axis];
  const length = shape[axis];
  const radius = (kernel.length - 1) / 2;
  const out = new Float64Array(values.length);
  for (let v = 0; v < values.length; v++) {
    const at = Math.floor(v / stride) % length;
    let sum = 0;
    for (let k = Math.max(-radius, -at); k <= Math.min(radius, length - 1 - at); k++) {
      sum += kernel[k + radius] * values[v + k * stride];
    }
    out[v] = sum;
  }
  return out;
}
