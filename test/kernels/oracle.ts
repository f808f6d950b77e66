/** The kernels' mathematics as plain loops in double precision on (C, D, H, W) arrays: the independent side of the tests. */
import type { Sides } from './volumes.js';

/** 3×3×3 convolution, padding 1. `weights` (out, in, 3, 3, 3). */
export function convolution(
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
  inChannels: number,
  [D, H, W]: Sides,
): Float64Array {
  const outChannels = bias.length;
  const output = new Float64Array(outChannels * D * H * W);
  eachTap(inChannels, outChannels, [D, H, W], (out, from, weight) => {
    output[out] += input[from] * weights[weight];
  });
  return output.map((value, n) => value + bias[Math.floor(n / (D * H * W))]);
}

/** Gradients of Σ g·convolution with respect to input and weights. */
export function convolutionGradients(
  input: Float32Array,
  weights: Float32Array,
  g: Float32Array,
  inChannels: number,
  outChannels: number,
  sides: Sides,
): { input: Float64Array; weights: Float64Array } {
  const result = { input: new Float64Array(input.length), weights: new Float64Array(weights.length) };
  eachTap(inChannels, outChannels, sides, (out, from, weight) => {
    result.input[from] += g[out] * weights[weight];
    result.weights[weight] += g[out] * input[from];
  });
  return result;
}

function eachTap(
  inChannels: number,
  outChannels: number,
  [D, H, W]: Sides,
  visit: (out: number, from: number, weight: number) => void,
): void {
  const inside = (value: number, side: number): boolean => value >= 0 && value < side;
  for (let o = 0; o < outChannels; o++) {
    for (let d = 0; d < D; d++) {
      for (let h = 0; h < H; h++) {
        for (let w = 0; w < W; w++) {
          for (let i = 0; i < inChannels; i++) {
            for (let tap = 0; tap < 27; tap++) {
              const z = d + Math.floor(tap / 9) - 1;
              const y = h + (Math.floor(tap / 3) % 3) - 1;
              const x = w + (tap % 3) - 1;
              if (!inside(z, D) || !inside(y, H) || !inside(x, W)) continue;
              const from = ((i * D + z) * H + y) * W + x;
              visit(((o * D + d) * H + h) * W + w, from, (o * inChannels + i) * 27 + tap);
            }
          }
        }
      }
    }
  }
}

/** ReLU(GroupNorm). */
export function normalisation(
  input: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  groups: number,
  epsilon: number,
): Float64Array {
  const channels = weight.length;
  const voxels = input.length / channels;
  const perGroup = (channels / groups) * voxels;
  const output = new Float64Array(input.length);
  for (let group = 0; group < groups; group++) {
    const start = group * perGroup;
    let mean = 0;
    for (let n = start; n < start + perGroup; n++) mean += input[n] / perGroup;
    let variance = 0;
    for (let n = start; n < start + perGroup; n++) variance += (input[n] - mean) ** 2 / perGroup;
    for (let n = start; n < start + perGroup; n++) {
      const c = Math.floor(n / voxels);
      output[n] = Math.max(0, ((input[n] - mean) / Math.sqrt(variance + epsilon)) * weight[c] + bias[c]);
    }
  }
  return output;
}

/** 2×2×2 maximum of a (C, D, H, W) array, and where each maximum was first found. */
export function maximum(
  input: Float32Array,
  channels: number,
  [D, H, W]: Sides,
): { values: number[]; from: number[] } {
  const result = { values: [] as number[], from: [] as number[] };
  for (let c = 0; c < channels; c++) {
    for (let d = 0; d < D; d += 2) {
      for (let h = 0; h < H; h += 2) {
        for (let w = 0; w < W; w += 2) {
          let best = -1;
          for (let corner = 0; corner < 8; corner++) {
            const z = d + (corner >> 2);
            const y = h + ((corner >> 1) & 1);
            const at = ((c * D + z) * H + y) * W + w + (corner & 1);
            if (best < 0 || input[at] > input[best]) best = at;
          }
          result.values.push(input[best]);
          result.from.push(best);
        }
      }
    }
  }
  return result;
}

/** Trilinear ×2 with aligned corners, axis by axis, straight from the definition. */
export function doubled(input: ArrayLike<number>, channels: number, [D, H, W]: Sides): number[] {
  const at = (c: number, d: number, h: number, w: number): number => input[((c * D + d) * H + h) * W + w];
  const axis = (i: number, n: number): [number, number, number] => {
    const position = (i * (n - 1)) / (2 * n - 1);
    const lower = Math.min(Math.floor(position + 1e-12), n - 1);
    return [lower, Math.min(lower + 1, n - 1), position - lower];
  };
  const mix = (a: number, b: number, t: number): number => a + (b - a) * t;
  const output: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let d = 0; d < 2 * D; d++) {
      const [d0, d1, dt] = axis(d, D);
      for (let h = 0; h < 2 * H; h++) {
        const [h0, h1, ht] = axis(h, H);
        for (let w = 0; w < 2 * W; w++) {
          const [w0, w1, wt] = axis(w, W);
          const row = (z: number, y: number): number => mix(at(c, z, y, w0), at(c, z, y, w1), wt);
          output.push(mix(mix(row(d0, h0), row(d0, h1), ht), mix(row(d1, h0), row(d1, h1), ht), dt));
        }
      }
    }
  }
  return output;
}
