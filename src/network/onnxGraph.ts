/** The network as an ONNX model: what `quorum export --onnx` writes is, byte for byte, what the onnx engine runs. */
import onnxProto, { type onnx as Onnx } from 'onnx-proto';
import {
  BOTTLENECK,
  type ConcatenateLayer,
  type ConvolutionLayer,
  type Layer,
  type MaxPoolLayer,
  type NormalisationLayer,
  type UpsampleLayer,
} from './layers.js';
import type { Parameters } from './parameters.js';

const { ModelProto, TensorProto, AttributeProto } = onnxProto.onnx;
const { FLOAT, INT64 } = TensorProto.DataType;

const IR_VERSION = 8;
const OPSET = 17;

/** Names of the graph's inputs and outputs. */
export const ONNX_NAMES = {
  input: 'input',
  modality: 'modality',
  logits: 'logits',
  features: 'features',
} as const;

/**
 * The network as a serialised ONNX ModelProto (IR 8, opset 17) with all its weights.
 *
 * Inputs: `input` float32 (N, 1, D, H, W), D, H and W multiples of 16, one volume of one modality each;
 * `modality` int64 (N), which modality each volume is (it selects the scales and shifts of the normalisations, so one
 * session serves every modality). Outputs: `logits` float32 (N, regions, D, H, W); `features` float32 (N, channels), the mean over the volume of each
 * channel at the bottleneck (left out where the layers have none). N, D, H and W are free.
 *
 * @param parameters every tensor of `parameterSpecs(layers, modalityCount)`.
 * @param metadata kept in the file's `metadata_props`, e.g. the modalities' order.
 */
export function buildOnnxModel(
  parameters: Parameters,
  layers: readonly Layer[],
  modalityCount: number,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = new GraphBuilder(parameters, modalityCount);
  for (const layer of layers) graph.add(layer);
  const outputs: Onnx.IValueInfoProto[] = [];
  const bottleneck = layers.find(({ output }) => output === BOTTLENECK);
  if (bottleneck?.kind === 'normalisation') {
    graph.channelMeans(bottleneck.output, ONNX_NAMES.features);
    outputs.push(tensorInfo(ONNX_NAMES.features, FLOAT, ['N', bottleneck.channels]));
  }
  const last = layers[layers.length - 1];
  const regions = last.kind === 'convolution' ? last.outChannels : 0;
  const model = ModelProto.fromObject({
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: OPSET }],
    producerName: 'quorum',
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: 'dynamic-sharing-unet',
      node: graph.nodes,
      initializer: graph.initialisers,
      input: [
        tensorInfo(ONNX_NAMES.input, FLOAT, ['N', 1, 'D', 'H', 'W']),
        tensorInfo(ONNX_NAMES.modality, INT64, ['N']),
      ],
      output: [tensorInfo(ONNX_NAMES.logits, FLOAT, ['N', regions, 'D', 'H', 'W']), ...outputs],
    },
  });
  return ModelProto.encode(model).finish();
}

function tensorInfo(name: string, elemType: number, sides: (number | string)[]): Onnx.IValueInfoProto {
  const dim = sides.map((side) => (typeof side === 'string' ? { dimParam: side } : { dimValue: side }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** Walks the layer list and collects nodes and initialisers; activations keep their names. */
class GraphBuilder {
  readonly nodes: Onnx.INodeProto[] = [];
  readonly initialisers: Onnx.ITensorProto[] = [];
  private readonly constants = new Set<string>();

  constructor(
    private readonly parameters: Parameters,
    private readonly modalityCount: number,
  ) {}

  add(layer: Layer): void {
    switch (layer.kind) {
      case 'convolution':
        this.convolution(layer);
        break;
      case 'normalisation':
        this.normalisation(layer);
        break;
      case 'maxPool':
        this.maxPool(layer);
        break;
      case 'upsample':
        this.upsample(layer);
        break;
      case 'concatenate':
        this.concatenate(layer);
        break;
    }
  }

  channelMeans(input: string, output: string): void {
    this.node('ReduceMean', [input], output, { axes: [2, 3, 4], keepdims: 0 });
  }

  private convolution({ name, input, output, inChannels, outChannels, kernel }: ConvolutionLayer): void {
    const weight = this.floats(`${name}.weight`, [outChannels, inChannels, kernel, kernel, kernel]);
    const bias = this.floats(`${name}.bias`, [outChannels]);
    this.node('Conv', [input, weight, bias], output, {
      kernel_shape: [kernel, kernel, kernel],
      pads: new Array(6).fill((kernel - 1) / 2),
    });
  }

  /** GroupNorm is InstanceNormalization of (N, groups, everything else), then the modality's scale and shift. */
  private normalisation({ name, input, output, channels, groups, epsilon }: NormalisationLayer): void {
    const ones = this.constant(`ones.${groups}`, new Float32Array(groups).fill(1));
    const zeros = this.constant(`zeros.${groups}`, new Float32Array(groups));
    const grouped = this.constant(`grouped.${groups}`, BigInt64Array.of(0n, BigInt(groups), -1n));
    this.node('Shape', [input], `${name}.shape`);
    this.node('Reshape', [input, grouped], `${name}.grouped`);
    this.node('InstanceNormalization', [`${name}.grouped`, ones, zeros], `${name}.standardised`, { epsilon });
    this.node('Reshape', [`${name}.standardised`, `${name}.shape`], `${name}.restored`);
    const scale = this.ofModality(`${name}.scale`, channels, (m) => `${name}.norm_${m}.weight`);
    const shift = this.ofModality(`${name}.shift`, channels, (m) => `${name}.norm_${m}.bias`);
    this.node('Mul', [`${name}.restored`, scale], `${name}.scaled`);
    this.node('Add', [`${name}.scaled`, shift], `${name}.shifted`);
    this.node('Relu', [`${name}.shifted`], output);
  }

  /** Rows of the (M, channels) table of all modalities' scales or shifts, as (N, channels, 1, 1, 1). */
  private ofModality(name: string, channels: number, parameterOf: (modality: number) => string): string {
    const table = new Float32Array(this.modalityCount * channels);
    for (let m = 0; m < this.modalityCount; m++) table.set(this.parameter(parameterOf(m)), m * channels);
    this.initialiser(`${name}s`, [this.modalityCount, channels], table);
    const axes = this.constant('spatial', BigInt64Array.of(2n, 3n, 4n));
    this.node('Gather', [`${name}s`, ONNX_NAMES.modality], name, { axis: 0 });
    this.node('Unsqueeze', [name, axes], `${name}.broadcast`);
    return `${name}.broadcast`;
  }

  private maxPool({ input, output }: MaxPoolLayer): void {
    this.node('MaxPool', [input], output, { kernel_shape: [2, 2, 2], strides: [2, 2, 2] });
  }

  private upsample({ input, output }: UpsampleLayer): void {
    const scales = this.constant('doubled', Float32Array.of(1, 1, 2, 2, 2));
    this.node('Resize', [input, '', scales], output, {
      mode: 'linear',
      coordinate_transformation_mode: 'align_corners',
    });
  }

  private concatenate({ inputs, output }: ConcatenateLayer): void {
    this.node('Concat', [...inputs], output, { axis: 1 });
  }

  private node(
    opType: string,
    input: string[],
    output: string,
    attributes: Record<string, number | number[] | string> = {},
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.nodes.push({ name: `${opType}:${output}`, opType, input, output: [output], attribute });
  }

  private parameter(name: string): Float32Array {
    const values = this.parameters.get(name);
    if (!values) throw new RangeError(`no parameter ${name}`);
    return values;
  }

  private floats(name: string, dims: number[]): string {
    return this.initialiser(name, dims, this.parameter(name));
  }

  private constant(name: string, values: Float32Array | BigInt64Array): string {
    if (this.constants.has(name)) return name;
    this.constants.add(name);
    return this.initialiser(name, [values.length], values);
  }

  private initialiser(name: string, dims: number[], values: Float32Array | BigInt64Array): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.initialisers.push({ name, dims, dataType: values instanceof Float32Array ? FLOAT : INT64, rawData });
    return name;
  }
}

function attributeOf(name: string, value: number | number[] | string): Onnx.IAttributeProto {
  const types = AttributeProto.AttributeType;
  if (typeof value === 'string') return { name, type: types.STRING, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) return { name, type: types.INTS, ints: value };
  return Number.isInteger(value)
    ? { name, type: types.INT, i: value }
    : { name, type: types.FLOAT, f: value };
}
