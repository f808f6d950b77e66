import {
  type Block,
  type Filters,
  type KernelPool,
  type Normalisation,
  type Pointwise,
  Program,
  packedFilterBytes,
  packFilters,
} from '../../kernels/index.js';
import type { ConvolutionLayer, Layer, NormalisationLayer } from '../../network/layers.js';
import { parameterSpecs } from '../../network/parameters.js';

/** The network's parameters in shared memory: the flat vector, and the filters as the kernels read them. */
export class NetworkWeights {
  /** Number of elements of the flat vector. */
  readonly length: number;
  readonly #vector: Block;
  readonly #offsets: ReadonlyMap<string, number>;
  readonly #filters = new Map<string, Filters>();

  constructor(
    readonly pool: KernelPool,
    layers: readonly Layer[],
    modalityCount: number,
  ) {
    const specs = parameterSpecs(layers, modalityCount);
    const last = specs[specs.length - 1];
    this.length = last.offset + last.length;
    this.#offsets = new Map(specs.map(({ name, offset }) => [name, offset]));
    this.#vector = pool.memory.allocate(this.length * 4);
    for (const layer of layers) {
      if (layer.kind === 'convolution' && layer.kernel === 3)
        this.#filters.set(layer.name, this.#place(layer));
    }
  }

  /** Takes a copy of the flat vector. */
  async set(parameters: Float32Array): Promise<void> {
    await this.pool.afterPending(() => {
      this.pool.memory.floats.set(parameters, this.#vector.pointer / 4);
    });
    const program = new Program(this.pool);
    for (const filters of this.#filters.values()) program.add(packFilters(filters));
    await program.run();
  }

  filters({ name }: ConvolutionLayer): Filters {
    return this.#filters.get(name)!;
  }

  pointwise({ name, outChannels }: ConvolutionLayer): Pointwise {
    return {
      regions: outChannels,
      weights: this.#address(`${name}.weight`),
      bias: this.#address(`${name}.bias`),
    };
  }

  normalisation(layer: NormalisationLayer, modality: number): Normalisation {
    return {
      channels: layer.channels,
      groups: layer.groups,
      epsilon: layer.epsilon,
      weight: this.#address(`${layer.name}.norm_${modality}.weight`),
      bias: this.#address(`${layer.name}.norm_${modality}.bias`),
    };
  }

  /** Bytes from the start of the flat vector to a parameter. */
  offset(name: string): number {
    const offset = this.#offsets.get(name);
    if (offset === undefined) throw new RangeError(`no parameter ${name}`);
    return 4 * offset;
  }

  #address(name: string): number {
    return this.#vector.pointer + this.offset(name);
  }

  #place(layer: ConvolutionLayer): Filters {
    const { name, inChannels, outChannels } = layer;
    const filters = {
      inChannels,
      outChannels,
      weights: this.#address(`${name}.weight`),
      bias: this.#address(`${name}.bias`),
      forward: 0,
      backward: 0,
    };
    const allocate = (): number => this.pool.memory.allocate(packedFilterBytes(filters)).pointer;
    return { ...filters, forward: allocate(), backward: layer.input === 'input' ? 0 : allocate() };
  }
}
