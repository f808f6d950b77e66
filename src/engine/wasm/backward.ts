import {
  addFilterGradient,
  addMaxPoolGradient,
  addPointwiseGradient,
  BLOCK_CHANNELS,
  type Block,
  type BlockedVolume,
  blocksOf,
  clearMargin,
  inputGradient,
  normaliseGradient,
  type Program,
  pointwiseInputGradient,
  upsampleGradient,
} from '../../kernels/index.js';
import type {
  ActivationName,
  ConvolutionLayer,
  Layer,
  MaxPoolLayer,
  NormalisationLayer,
  UpsampleLayer,
} from '../../network/layers.js';
import type { Activations, Network } from './forward.js';

/**
 * Adds a backward pass to a program. The gradient of an activation lies where `StoragePlan` puts the activation,
 * in volumes of its own; that of a normalised activation becomes that of the convolution before it in place.
 */
export class BackwardWalk {
  readonly #gradients = new Map<ActivationName, BlockedVolume>();
  readonly #blocks = new Map<ActivationName, Block>();
  /** Where the gradient of a convolution's output lies: in the volume of the normalised activation after it. */
  readonly #inPlace = new Map<ActivationName, ActivationName>();

  /**
   * @param cotangent address of (regions, D, H, W) floats.
   * @param gradient address of the flat gradient vector that is added to.
   */
  constructor(
    private readonly network: Network,
    private readonly program: Program,
    private readonly modality: number,
    private readonly activations: Activations,
    cotangent: number,
    private readonly gradient: number,
  ) {
    for (const layer of [...network.layers].reverse()) this.#step(layer, cotangent);
  }

  #step(layer: Layer, cotangent: number): void {
    if (layer.kind === 'convolution' && layer.kernel === 3) this.#convolution(layer);
    else if (layer.kind === 'convolution') this.#pointwise(layer, cotangent);
    else if (layer.kind === 'normalisation') this.#normalisation(layer);
    else if (layer.kind === 'maxPool') this.#maxPool(layer);
    else if (layer.kind === 'upsample') this.#upsample(layer);
  }

  #maxPool(layer: MaxPoolLayer): void {
    const fine = this.#activation(layer.input);
    this.program.add(addMaxPoolGradient(fine, this.#read(layer.output), this.#read(layer.input)));
    this.#free(layer.output);
  }

  #upsample(layer: UpsampleLayer): void {
    const { level } = this.network.plan.places.get(layer.output)!;
    const tables = this.activations.pyramid.upsampling[level].adjoint;
    this.program.add(upsampleGradient(this.#read(layer.output), this.#write(layer.input), tables));
  }

  #pointwise(layer: ConvolutionLayer, cotangent: number): void {
    const { weights } = this.network;
    const pointwise = weights.pointwise(layer);
    const input = this.#activation(layer.input);
    const weight = this.#target(`${layer.name}.weight`);
    const bias = this.#target(`${layer.name}.bias`);
    addPointwiseGradient(this.program, pointwise, input, cotangent, weight, bias);
    pointwiseInputGradient(this.program, pointwise, cotangent, this.#write(layer.input));
  }

  #normalisation(layer: NormalisationLayer): void {
    const convolution = this.network.layers.find(
      (candidate) => candidate.kind === 'convolution' && candidate.output === layer.input,
    ) as ConvolutionLayer;
    const name = `${layer.name}.norm_${this.modality}`;
    const gradient = this.#read(layer.output);
    normaliseGradient(
      this.program,
      this.network.weights.normalisation(layer, this.modality),
      this.#activation(layer.input),
      gradient,
      this.activations.statistics.get(layer.name)!,
      {
        weight: this.#target(`${name}.weight`),
        bias: this.#target(`${name}.bias`),
        convolutionBias: this.#target(`${convolution.name}.bias`),
      },
    );
    this.program.add(clearMargin(gradient));
    this.#inPlace.set(layer.input, layer.output);
  }

  #convolution(layer: ConvolutionLayer): void {
    const filters = this.network.weights.filters(layer);
    const normalised = this.#inPlace.get(layer.output)!;
    const gradient = this.#read(normalised);
    const first = layer.input === 'input';
    const input = first ? this.activations.input : this.#activation(layer.input);
    addFilterGradient(this.program, filters, input, gradient, this.#target(`${layer.name}.weight`));
    if (!first) this.program.add(inputGradient(filters, gradient, this.#write(layer.input)));
    this.#free(normalised);
  }

  #activation(name: ActivationName): BlockedVolume {
    return this.#part(name, this.activations.volumes);
  }

  #read(name: ActivationName): BlockedVolume {
    return this.#part(name, this.#gradients);
  }

  #part(name: ActivationName, volumes: ReadonlyMap<ActivationName, BlockedVolume>): BlockedVolume {
    const { volume, first, channels } = this.network.plan.places.get(name)!;
    return blocksOf(volumes.get(volume)!, first / BLOCK_CHANNELS, channels / BLOCK_CHANNELS);
  }

  /** Memory for the gradient of an activation that is not part of a concatenation; those are never written alone. */
  #write(name: ActivationName): BlockedVolume {
    const { blocks, grid } = this.#activation(name);
    const block = this.program.allocate(blocks * grid.block);
    this.#blocks.set(name, block);
    this.#gradients.set(name, { pointer: block.pointer, blocks, grid });
    return this.#read(name);
  }

  /** Frees the volume in which an activation's gradient lies, once nothing of it is needed any more. */
  #free(name: ActivationName): void {
    const { volume } = this.network.plan.places.get(name)!;
    this.program.free(this.#blocks.get(volume)!);
    this.#blocks.delete(volume);
    this.#gradients.delete(volume);
  }

  #target(name: string): number {
    return this.gradient + this.network.weights.offset(name);
  }
}
