/** The network's parameters on the device: tfjs wants filters as (k, k, k, in, out), the files have (out, in, k, k, k). */
import * as tf from '@tensorflow/tfjs-core';
import type { ParameterSpec } from '../../network/parameters.js';

/** Parameter tensors by name. */
export type DeviceParameters = ReadonlyMap<string, tf.Tensor>;

/**
 * Uploads the flat parameter vector. Call inside `TensorflowBackend.run` with the tensors kept, and dispose of
 * each when done.
 */
export function uploadParameters(
  flat: Float32Array,
  specs: readonly ParameterSpec[],
): Record<string, tf.Tensor> {
  const tensors: Record<string, tf.Tensor> = {};
  for (const { name, shape, offset, length } of specs) {
    const values = flat.slice(offset, offset + length);
    tensors[name] = tf.tidy(() => (shape.length === 5 ? filter(values, shape) : tf.tensor1d(values)));
  }
  return tensors;
}

function filter(values: Float32Array, [out, inputs, ...kernel]: readonly number[]): tf.Tensor {
  const taps = kernel.reduce((product, side) => product * side, 1);
  const transposed = tf.transpose(tf.tensor3d(values, [out, inputs, taps]), [2, 1, 0]);
  return tf.reshape(transposed, [...kernel, inputs, out]);
}

/** One gradient tensor in the layout and order of the files, flattened. `shape` is the parameter's in the files. */
export function flattenGradient(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor1D {
  if (shape.length !== 5) return tf.reshape(gradient, [-1]);
  const [out, inputs] = shape;
  return tf.reshape(tf.transpose(tf.reshape(gradient, [-1, inputs, out]), [2, 1, 0]), [-1]);
}
