/**
 * The layers as tfjs operations. Activations are kept as (voxels, channels), voxels in C order of (D, H, W), and
 * become 5-D only inside convolution and pooling: element-wise operations with broadcasting on 5-D tensors give
 * garbage on tfjs's WebGPU backend.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Depth, height and width in voxels. */
export type Sides = readonly [depth: number, height: number, width: number];

/** What a normalisation's gradient needs beside its input and output, per channel. */
export interface NormalisationStatistics extends tf.TensorContainerObject {
  mean: tf.Tensor1D;
  /** 1 / sqrt(variance + epsilon) of the channel's group. */
  inverseDeviation: tf.Tensor1D;
}

export const halved = ([d, h, w]: Sides): Sides => [d / 2, h / 2, w / 2];
export const doubled = ([d, h, w]: Sides): Sides => [d * 2, h * 2, w * 2];

/** (voxels, channels) → (1, D, H, W, channels), without copying. */
export function toVolume(x: tf.Tensor2D, [d, h, w]: Sides): tf.Tensor5D {
  return tf.reshape(x, [1, d, h, w, x.shape[1]]);
}

/** (1, D, H, W, channels) → (voxels, channels), without copying. */
export function toRows(x: tf.Tensor5D): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[4]]);
}

/** 3×3×3 convolution, zero padding 1. Weight (3, 3, 3, in, out), bias (out). */
export function convolve3(x: tf.Tensor2D, sides: Sides, weight: tf.Tensor5D, bias: tf.Tensor1D): tf.Tensor2D {
  return tf.add(toRows(tf.conv3d(toVolume(x, sides), weight, 1, 'same')), bias);
}

/** 1×1×1 convolution. Weight (1, 1, 1, in, out), bias (out). */
export function convolve1(x: tf.Tensor2D, weight: tf.Tensor5D, bias: tf.Tensor1D): tf.Tensor2D {
  return tf.add(tf.matMul(x, tf.reshape(weight, [weight.shape[3], weight.shape[4]])), bias);
}

/** GroupNorm (Wu & He 2018, arXiv 1803.08494; biased variance), then ReLU. `scale` and `shift` are (channels). */
export function normalise(
  x: tf.Tensor2D,
  groups: number,
  epsilon: number,
  scale: tf.Tensor1D,
  shift: tf.Tensor1D,
): { output: tf.Tensor2D; statistics: NormalisationStatistics } {
  const mean = groupMeans(channelMeans(x), groups);
  const centred = tf.sub(x, mean) as tf.Tensor2D;
  const variance = groupMeans(channelMeans(tf.square(centred)), groups);
  const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon)) as tf.Tensor1D;
  const output = tf.relu(tf.add(tf.mul(centred, tf.mul(inverseDeviation, scale)), shift)) as tf.Tensor2D;
  return { output, statistics: { mean, inverseDeviation } };
}

/** Mean over the voxels, (channels). */
function channelMeans(x: tf.Tensor2D): tf.Tensor1D {
  return tf.mul(tf.sum(x, 0), 1 / x.shape[0]);
}

/** The mean over each group's channels, repeated for each of them: (channels) → (channels). */
export function groupMeans(x: tf.Tensor1D, groups: number): tf.Tensor1D {
  const perGroup = x.shape[0] / groups;
  const means = tf.mul(tf.sum(tf.reshape(x, [groups, perGroup]), 1, true), 1 / perGroup);
  return tf.reshape(tf.tile(means, [1, perGroup]), [-1]);
}

/** 2×2×2 maximum, stride 2. */
export function maxPool(x: tf.Tensor2D, sides: Sides): tf.Tensor2D {
  return toRows(tf.maxPool3d(toVolume(x, sides), 2, 2, 'valid'));
}

/**
 * Trilinear ×2 with aligned corners, one axis after the other. Each product with an axis's (2n, n) interpolation
 * matrix leaves that axis last, so that the next one is first: (D,H,W,C) → (H,W,C,2D) → (W,C,2D,2H) → (C,2D,2H,2W).
 */
export function upsample(x: tf.Tensor2D, sides: Sides): tf.Tensor2D {
  let rotated: tf.Tensor2D = x;
  for (const side of sides) {
    rotated = tf.matMul(tf.reshape(rotated, [side, -1]), interpolation(side), true, true);
  }
  return tf.transpose(tf.reshape(rotated, [x.shape[1], -1]));
}

/** The transpose of `upsample`; `sides` are those of its input. */
export function upsampleTransposed(cotangent: tf.Tensor2D, sides: Sides): tf.Tensor2D {
  const channels = cotangent.shape[1];
  let rotated: tf.Tensor2D = tf.transpose(cotangent);
  for (const side of [...sides].reverse()) {
    rotated = tf.matMul(interpolation(side), tf.reshape(rotated, [-1, 2 * side]), true, true);
  }
  return tf.reshape(rotated, [-1, channels]);
}

/** (2n, n): row i reads input i·(n−1)/(2n−1). */
function interpolation(side: number): tf.Tensor2D {
  const matrix = new Float32Array(2 * side * side);
  for (let i = 0; i < 2 * side; i++) {
    const position = (i * (side - 1)) / (2 * side - 1);
    const lower = Math.floor(position);
    matrix[i * side + lower] += 1 - (position - lower);
    if (lower + 1 < side) matrix[i * side + lower + 1] += position - lower;
  }
  return tf.tensor2d(matrix, [2 * side, side]);
}
