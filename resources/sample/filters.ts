import type { Size } from '../../src/volume/volume.js';

/** 0 at and below `low`, 1 at and above `high`, a cubic step between. */
export function smoothStep(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** The field convolved with a Gaussian of standard deviation `sigma` voxels; beyond the border it is 0. */
export function blurred(field: Float32Array, size: Size, sigma: number): Float32Array {
  const kernel = gaussianKernel(sigma);
  const out = new Float32Array(field.length);
  const box = reachOf(field, size, (kernel.length - 1) / 2);
  if (!box) return out;
  let part = new Float32Array(box.size[0] * box.size[1] * box.size[2]);
  forRows(box, size, (there, here) => part.set(field.subarray(there, there + box.size[0]), here));
  for (let axis = 0; axis < 3; axis++) part = convolvedAlong(part, box.size, axis, kernel);
  forRows(box, size, (there, here) => out.set(part.subarray(here, here + box.size[0]), there));
  return out;
}

interface Box {
  readonly low: Size;
  readonly size: Size;
}

/** What lies at most `radius` voxels from where the field is not 0, along each axis; null where it is 0 everywhere. */
function reachOf(field: Float32Array, size: Size, radius: number): Box | null {
  const low = [...size];
  const high = [-1, -1, -1];
  for (let k = 0, v = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, v++) {
        if (field[v] === 0) continue;
        if (i < low[0]) low[0] = i;
        if (i > high[0]) high[0] = i;
        if (j < low[1]) low[1] = j;
        if (j > high[1]) high[1] = j;
        if (k < low[2]) low[2] = k;
        high[2] = k;
      }
  if (high[0] < 0) return null;
  const [x, y, z] = low.map((n) => Math.max(0, n - radius));
  const [xEnd, yEnd, zEnd] = high.map((n, axis) => Math.min(size[axis], n + radius + 1));
  return { low: [x, y, z], size: [xEnd - x, yEnd - y, zEnd - z] };
}

/** Where each row of a box begins, in a field of `size` and in one of the box's. */
function forRows({ low, size: [nx, ny, nz] }: Box, size: Size, take: (there: number, here: number) => void) {
  for (let k = 0, here = 0; k < nz; k++)
    for (let j = 0; j < ny; j++, here += nx)
      take(low[0] + size[0] * (low[1] + j + size[1] * (low[2] + k)), here);
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

/** So many sums side by side stay in the processor's first cache, with the rows that they are made of. */
const BLOCK = 512;

function convolvedAlong(
  field: Float32Array<ArrayBuffer>,
  size: Size,
  axis: number,
  kernel: number[],
): Float32Array<ArrayBuffer> {
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
    for (let first = 0; first < inner; first += BLOCK) {
      const end = Math.min(inner, first + BLOCK);
      for (let n = 0; n < length; n++) {
        const to = (o * length + n) * inner;
        for (let m = Math.max(0, n - radius); m <= Math.min(length - 1, n + radius); m++) {
          const weight = kernel[m - n + radius];
          const from = (o * length + m) * inner;
          for (let i = first; i < end; i++) out[to + i] += weight * field[from + i];
        }
      }
    }
  }
  return out;
}
