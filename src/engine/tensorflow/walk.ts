/** The layer list walked forward and backward in tfjs operations. Both walks are synchronous: run them in a `tf.tidy`. */
import * as tf from '@tensorflow/tfjs-core';
import { type ActivationName, BOTTLENECK, inputChannelsOf, type Layer } from '../../network/layers.js';
import type { ParameterSpec } from '../../network/parameters.js';
import type { Tensor3 } from '../engine.js';
import { type DeviceParameters, flattenGradient } from './deviceParameters.js';
import {
  convolve1Gradient,
  convolve3Gradient,
  type LayerGradient,
  maxPoolGradient,
  normaliseGradient,
} from './gradients.js';
import {
  convolve1,
  convolve3,
  doubled,
  halved,
  maxPool,
  type NormalisationStatistics,
  normalise,
  type Sides,
  upsample,
  upsampleTransposed,
} from './operations.js';

/** One branch's forward pass: every activation and statistic that the walk backward reads. */
export interface ForwardPass extends tf.TensorContainerObject {
  activations: Record<ActivationName, tf.Tensor2D>;
  statistics: Record<string, NormalisationStatistics>;
}

/** A network on the device, seen by one modality. */
export interface BranchNetwork {
  readonly layers: readonly Layer[];
  readonly specs: readonly ParameterSpec[];
  readonly parameters: DeviceParameters;
  readonly modality: number;
}

/**
 * Runs one branch. Activations are freed after their last use, except the bottleneck's, and unless `keep` and the walk
 * backward reads them.
 *
 * @returns the activations left, `logits` (voxels, regions) and the bottleneck among them.
 */
export function walkForward(network: BranchNetwork, input: Tensor3, keep: boolean): ForwardPass {
  const { layers } = network;
  const sides = activationSides(layers, input.shape);
  const lastReader = new Map(layers.flatMap((layer, i) => inputsOf(layer).map((name) => [name, i])));
  const kept = keep ? readBackward(layers) : new Set<ActivationName>([BOTTLENECK]);
  const activations: ForwardPass['activations'] = { input: inputTensor(input, inputChannelsOf(layers)) };
  const statistics: ForwardPass['statistics'] = {};
  layers.forEach((layer, i) => {
    const result = tf.tidy(() => layerForward(layer, network, activations, sides));
    activations[layer.output] = result.output;
    if (result.statistics && keep) statistics[layer.output] = result.statistics;
    else if (result.statistics) tf.dispose(result.statistics);
    for (const name of inputsOf(layer)) {
      if (lastReader.get(name) !== i || kept.has(name)) continue;
      activations[name].dispose();
      delete activations[name];
    }
  });
  return { activations, statistics };
}

/** (channels, D, H, W) values as (voxels, channels). */
function inputTensor({ data }: Tensor3, channels: number): tf.Tensor2D {
  if (channels === 1) return tf.tensor2d(data.slice(), [data.length, 1]);
  return tf.tidy(() => tf.transpose(tf.tensor2d(data.slice(), [channels, data.length / channels])));
}

function layerForward(
  layer: Layer,
  network: BranchNetwork,
  activations: ForwardPass['activations'],
  sides: ReadonlyMap<ActivationName, Sides>,
): { output: tf.Tensor2D; statistics?: NormalisationStatistics } {
  if (layer.kind === 'concatenate') {
    return { output: tf.concat([activations[layer.inputs[0]], activations[layer.inputs[1]]], 1) };
  }
  const x = activations[layer.input];
  const inputSides = sides.get(layer.input)!;
  switch (layer.kind) {
    case 'convolution': {
      const [weight, bias] = layerParameters<tf.Tensor5D>(layer, network);
      return {
        output: layer.kernel === 3 ? convolve3(x, inputSides, weight, bias) : convolve1(x, weight, bias),
      };
    }
    case 'normalisation': {
      const [scale, shift] = layerParameters<tf.Tensor1D>(layer, network);
      return normalise(x, layer.groups, layer.epsilon, scale, shift);
    }
    case 'maxPool':
      return { output: maxPool(x, inputSides) };
    case 'upsample':
      return { output: upsample(x, inputSides) };
  }
}

/**
 * Jᵀ·cotangent for one branch.
 *
 * @param inputShape (D, H, W) of the pass's input.
 * @param cotangent ∂loss/∂logits (voxels, regions).
 * @returns the gradient of every parameter that this branch uses, flattened, in `specs` order.
 */
export function walkBackward(
  network: BranchNetwork,
  pass: ForwardPass,
  inputShape: Sides,
  cotangent: tf.Tensor2D,
): tf.Tensor1D {
  const sides = activationSides(network.layers, inputShape);
  const cotangents = new Map<ActivationName, tf.Tensor2D>([['logits', cotangent]]);
  const gradients = new Map<string, tf.Tensor>();
  const accumulate = (name: ActivationName, part: tf.Tensor2D): void => {
    const sum = cotangents.get(name);
    cotangents.set(name, sum ? tf.add(sum, part) : part);
    if (sum) tf.dispose([sum, part]);
  };
  for (const layer of [...network.layers].reverse()) {
    const dy = cotangents.get(layer.output)!;
    cotangents.delete(layer.output);
    const { inputs, parameters } = tf.tidy(() => layerBackward(layer, network, pass, sides, dy));
    parameters.forEach((gradient, i) => {
      gradients.set(parameterNames(layer, network.modality)[i], gradient);
    });
    inputs.forEach((part, i) => {
      accumulate(inputsOf(layer)[i], part);
    });
    dy.dispose();
  }
  const used = network.specs.filter(({ modality }) => modality === null || modality === network.modality);
  return tf.concat(used.map(({ name, shape }) => flattenGradient(gradients.get(name)!, shape)));
}

function layerBackward(
  layer: Layer,
  network: BranchNetwork,
  { activations, statistics }: ForwardPass,
  sides: ReadonlyMap<ActivationName, Sides>,
  dy: tf.Tensor2D,
): LayerGradient {
  switch (layer.kind) {
    case 'convolution': {
      const x = activations[layer.input];
      const [weight] = layerParameters<tf.Tensor5D>(layer, network);
      return layer.kernel === 3
        ? convolve3Gradient(dy, x, sides.get(layer.input)!, weight, layer.input !== 'input')
        : convolve1Gradient(dy, x, weight);
    }
    case 'normalisation': {
      const [scale] = layerParameters<tf.Tensor1D>(layer, network);
      const { [layer.input]: x, [layer.output]: output } = activations;
      return normaliseGradient(dy, x, output, layer.groups, scale, statistics[layer.output]);
    }
    case 'maxPool': {
      const { [layer.input]: x, [layer.output]: output } = activations;
      return maxPoolGradient(dy, x, output, sides.get(layer.input)!);
    }
    case 'upsample':
      return { inputs: [upsampleTransposed(dy, sides.get(layer.input)!)], parameters: [] };
    case 'concatenate':
      return { inputs: tf.split(dy, [...layer.channels], 1), parameters: [] };
  }
}

function inputsOf(layer: Layer): readonly ActivationName[] {
  return layer.kind === 'concatenate' ? layer.inputs : [layer.input];
}

/** What `layerBackward` reads. */
function readBackward(layers: readonly Layer[]): ReadonlySet<ActivationName> {
  const names = new Set<ActivationName>();
  for (const layer of layers) {
    if (layer.kind === 'convolution') names.add(layer.input);
    if (layer.kind === 'normalisation' || layer.kind === 'maxPool') names.add(layer.input).add(layer.output);
  }
  return names;
}

function activationSides(layers: readonly Layer[], input: Sides): ReadonlyMap<ActivationName, Sides> {
  const sides = new Map<ActivationName, Sides>([['input', input]]);
  for (const layer of layers) {
    const from = sides.get(inputsOf(layer)[0])!;
    if (layer.kind === 'maxPool') sides.set(layer.output, halved(from));
    else if (layer.kind === 'upsample') sides.set(layer.output, doubled(from));
    else sides.set(layer.output, from);
  }
  return sides;
}

function parameterNames(layer: Layer, modality: number): readonly string[] {
  if (layer.kind === 'convolution') return [`${layer.name}.weight`, `${layer.name}.bias`];
  if (layer.kind !== 'normalisation') return [];
  return [`${layer.name}.norm_${modality}.weight`, `${layer.name}.norm_${modality}.bias`];
}

/** The layer's two parameters as this branch's modality sees them: weight and bias, or scale and shift. */
function layerParameters<W extends tf.Tensor>(
  layer: Layer,
  { parameters, modality }: BranchNetwork,
): [W, tf.Tensor1D] {
  const [weight, bias] = parameterNames(layer, modality);
  return [parameters.get(weight) as W, parameters.get(bias) as tf.Tensor1D];
}
