import { QuorumError } from '../errors.js';
import type { Layer } from './layers.js';
import type { StoredTensor } from './safetensors.js';

/** One parameter tensor and its place in the flat parameter vector (and in gradient vectors). */
export interface ParameterSpec {
  /** PyTorch name, e.g. `module.inc.norm1.norm_0.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** First element in the flat vector, and number of elements. */
  readonly offset: number;
  readonly length: number;
  /** Index of the only modality that uses it (scale and shift of normalisations), or null when all share it. */
  readonly modality: number | null;
}

/** Parameter tensors by name. */
export type Parameters = ReadonlyMap<string, Float32Array>;

/**
 * Every parameter of the network, in layer order, laid out one after the other.
 *
 * @param layers from `buildLayers`.
 * @param modalityCount number of branches M; each normalisation has M scales and M shifts.
 */
export function parameterSpecs(layers: readonly Layer[], modalityCount: number): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  let offset = 0;
  const add = (name: string, shape: readonly number[], modality: number | null): void => {
    const length = shape.reduce((product, side) => product * side, 1);
    specs.push({ name, shape, offset, length, modality });
    offset += length;
  };
  for (const layer of layers) {
    if (layer.kind === 'convolution') {
      const k = layer.kernel;
      add(`${layer.name}.weight`, [layer.outChannels, layer.inChannels, k, k, k], null);
      add(`${layer.name}.bias`, [layer.outChannels], null);
    } else if (layer.kind === 'normalisation') {
      for (let m = 0; m < modalityCount; m++) {
        add(`${layer.name}.norm_${m}.weight`, [layer.channels], m);
        add(`${layer.name}.norm_${m}.bias`, [layer.channels], m);
      }
    }
  }
  return specs;
}

export interface TakeOptions {
  /** Every parameter's name in the file begins with this, e.g. `param/`; names without it are not looked at. */
  readonly prefix?: string;
  /** Names, prefix included, that may be there beside the parameters, e.g. `region_weights`. */
  readonly besides?: readonly string[];
  /** Named in errors. */
  readonly file?: string;
}

/**
 * The network's parameters among a file's tensors: all of them, each with its shape, and nothing else.
 * Float64 is rounded to Float32.
 *
 * @throws QuorumError WEIGHTS_INVALID naming the first tensor that is missing, has another shape, is not
 * floating-point, or is unexpected.
 */
export function takeParameters(
  tensors: ReadonlyMap<string, StoredTensor>,
  layers: readonly Layer[],
  modalityCount: number,
  { prefix = '', besides = [], file }: TakeOptions = {},
): Parameters {
  const fail = (field: string, expected: string, found: string): never => {
    throw new QuorumError({ code: 'WEIGHTS_INVALID', field, expected, found, ...(file ? { file } : {}) });
  };
  const parameters = new Map<string, Float32Array>();
  for (const { name, shape } of parameterSpecs(layers, modalityCount)) {
    const expected = `floating-point [${shape.join(', ')}]`;
    const tensor = tensors.get(prefix + name);
    if (!tensor) return fail(prefix + name, expected, 'nothing');
    const found = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
    if (tensor.shape.join() !== shape.join()) fail(prefix + name, expected, found);
    if (tensor.data instanceof Float32Array) parameters.set(name, tensor.data);
    else if (tensor.data instanceof Float64Array) parameters.set(name, Float32Array.from(tensor.data));
    else fail(prefix + name, expected, found);
  }
  for (const [name, { dtype, shape }] of tensors) {
    const known = parameters.has(name.slice(prefix.length)) || besides.includes(name);
    if (name.startsWith(prefix) && !known) {
      fail(name, 'no tensor of this name in this network', `${dtype} [${shape.join(', ')}]`);
    }
  }
  return parameters;
}

/** The flat parameter vector: a copy, in `specs` order. */
export function flattenParameters(parameters: Parameters, specs: readonly ParameterSpec[]): Float32Array {
  const last = specs[specs.length - 1];
  const flat = new Float32Array(last ? last.offset + last.length : 0);
  for (const { name, offset, length } of specs) {
    const values = parameters.get(name);
    if (values?.length !== length)
      throw new RangeError(`${name}: ${length} values wanted, ${values?.length}`);
    flat.set(values, offset);
  }
  return flat;
}

/** The tensors of a flat parameter (or gradient) vector: copies, by name. */
export function unflattenParameters(flat: Float32Array, specs: readonly ParameterSpec[]): Parameters {
  return new Map(specs.map(({ name, offset, length }) => [name, flat.slice(offset, offset + length)]));
}
