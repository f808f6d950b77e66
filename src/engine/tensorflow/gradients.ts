/** The transposed Jacobians of `operations.ts`, as tfjs gradient kernels and closed forms. */
import * as tf from '@tensorflow/tfjs-core';
import {
  groupMeans,
  halved,
  type NormalisationStatistics,
  type Sides,
  toRows,
  toVolume,
} from './operations.js';

/** Cotangents of a layer's inputs and of its parameters, each in the layer's own order. */
export interface LayerGradient extends tf.TensorContainerObject {
  inputs: tf.Tensor2D[];
  parameters: tf.Tensor[];
}

/** Gradient of `convolve3`; `needsInput` false leaves the input's cotangent out. */
export function convolve3Gradient(
  cotangent: tf.Tensor2D,
  x: tf.Tensor2D,
  sides: Sides,
  weight: tf.Tensor5D,
  needsInput: boolean,
): LayerGradient {
  const dy = toVolume(cotangent, sides);
  const volume = toVolume(x, sides);
  const attributes = { strides: [1, 1, 1], pad: 'same' };
  const dw = kernel(
    tf.Conv3DBackpropFilterV2,
    { x: volume, dy },
    { ...attributes, filterShape: weight.shape },
  );
  const parameters = [dw, tf.sum(cotangent, 0)];
  if (!needsInput) return { inputs: [], parameters };
  const dx = kernel(
    tf.Conv3DBackpropInputV2,
    { dy, filter: weight },
    { ...attributes, inputShape: volume.shape },
  );
  return { inputs: [toRows(dx as tf.Tensor5D)], parameters };
}

/** Gradient of `convolve1`. */
export function convolve1Gradient(
  cotangent: tf.Tensor2D,
  x: tf.Tensor2D,
  weight: tf.Tensor5D,
): LayerGradient {
  const matrix = tf.reshape(weight, [weight.shape[3], weight.shape[4]]);
  return {
    inputs: [tf.matMul(cotangent, matrix, false, true)],
    parameters: [tf.matMul(x, cotangent, true, false), tf.sum(cotangent, 0)],
  };
}

/**
 * Gradient of `normalise`. With x̂ the normalised input, g = cotangent where the output is positive and w the scale:
 * ∂w = Σ g·x̂, ∂shift = Σ g, ∂x = (g·w − mean(g·w) − x̂·mean(g·w·x̂)) / deviation, means over the group.
 */
export function normaliseGradient(
  cotangent: tf.Tensor2D,
  x: tf.Tensor2D,
  output: tf.Tensor2D,
  groups: number,
  scale: tf.Tensor1D,
  { mean, inverseDeviation }: NormalisationStatistics,
): LayerGradient {
  const voxels = x.shape[0];
  const g = tf.mul(cotangent, tf.step(output)) as tf.Tensor2D;
  const normalised = tf.mul(tf.sub(x, mean), inverseDeviation) as tf.Tensor2D;
  const bias = tf.sum(g, 0) as tf.Tensor1D;
  const weight = tf.sum(tf.mul(g, normalised), 0) as tf.Tensor1D;
  const meanOf = (sums: tf.Tensor1D): tf.Tensor1D =>
    tf.mul(groupMeans(tf.mul(sums, scale), groups), 1 / voxels);
  const projected = tf.add(tf.mul(normalised, meanOf(weight)), meanOf(bias));
  const input = tf.mul(tf.sub(tf.mul(g, scale), projected), inverseDeviation) as tf.Tensor2D;
  return { inputs: [input], parameters: [weight, bias] };
}

/** Gradient of `maxPool`: each cotangent goes to one of the voxels that attain the maximum. */
export function maxPoolGradient(
  cotangent: tf.Tensor2D,
  x: tf.Tensor2D,
  output: tf.Tensor2D,
  sides: Sides,
): LayerGradient {
  const pooled = halved(sides);
  const inputs = {
    dy: toVolume(cotangent, pooled),
    input: toVolume(x, sides),
    output: toVolume(output, pooled),
  };
  const attributes = { filterSize: [2, 2, 2], strides: [2, 2, 2], pad: 'valid' };
  const dx = kernel(tf.MaxPool3DGrad, inputs, attributes);
  return { inputs: [toRows(dx as tf.Tensor5D)], parameters: [] };
}

function kernel(name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes) as tf.Tensor;
}
