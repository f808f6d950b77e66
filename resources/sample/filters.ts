import type { Size } from '../../src/volume/volume.js';

/** 0 at and below `low`, 1 at and above `high`, a cubic step between. */
export function smoothStep(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** The field convolved with a Gaussian of standard deviation `sigma` voxels; beyond the border it is 0. */
export function blurred(field: Float32Array, size: Size, sigma: number): Float32Array {
  const kernel = gaussianKernel(sigma);
  let out = field;
  for (let axis = 0; axis < 3; axis++) out = convolvedAlong(out, size, axis, kernel);
  return out;
}

/** Where `field` is above `level`, as 0 and 1. */
export function above(field: Float32Array, level: number): Float32Array {
  return field.map((v) => (v > level ? 1 : 0));
}

function gaussianKernel(sigma: number): number[] {
  const radius = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, n) =>
    Math.exp(-0.5 * ((n - radius) / sigma) ** 2),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

function convolvedAlong(field: Float32Array, size: Size, axis: number, kernel: number[]): Float32Array {
  const inner = size.slice(0, axis).reduce((a, b) => a * b, 1);
  const outer = size.slice(axis + 1).reduce((a, b) => a * b, 1);
  const length = size[axis];
  const radius = (kernel.length - 1) / 2;
  const out = new Float32Array(field.length);
  if (inner === 1) {
    // The same sums in the same order, without a pass over the memory for each weight.
    for (let o = 0; o < outer; o++)
      for (let n = 0; n < length; n++) {
        let sum = 0;
        for (let m = Math.max(0, n - radius); m <= Math.min(length - 1, n + radius); m++)
          sum = Math.fround(sum + kernel[m - n + radius] * field[o * length + m]);
        out[o * length + n] = sum;
      }
    return out;
  }
  for (let o = 0; o < outer; o++) {
    for (let n = 0; n < length; n++) {
      const to = (o * length + n) * inner;
      for (let m = Math.max(0, n - radius); m <= Math.min(length - 1, n + radius); m++) {
        const weight = kernel[m - n + radius];
        const from = (o * length + m) * inner;
        for (let i = 0; i < inner; i++) out[to + i] += weight * field[from + i];
      }
    }
  }
  return out;
}
