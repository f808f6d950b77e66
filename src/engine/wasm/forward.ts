import {
  BLOCK_CHANNELS,
  type Block,
  type BlockedVolume,
  blocksOf,
  clearMargin,
  convolve,
  convolvePointwise,
  type Grid,
  maxPool,
  normalise,
  Program,
  type Pyramid,
  type SingleMap,
  statisticsBytes,
  upsample,
} from '../../kernels/index.js';
import {
  type ActivationName,
  BOTTLENECK,
  type ConvolutionLayer,
  type Layer,
  type MaxPoolLayer,
  type NormalisationLayer,
  type UpsampleLayer,
} from '../../network/layers.js';
import type { Tensor3 } from '../engine.js';
import type { StoragePlan } from './storage.js';
import type { NetworkWeights } from './weights.js';

/** What both directions of the walk need to know. */
export interface Network {
  readonly layers: readonly Layer[];
  readonly plan: StoragePlan;
  readonly weights: NetworkWeights;
}

/** Activations of one forward pass that a backward pass reads. */
export interface Activations {
  readonly pyramid: Pyramid;
  readonly input: SingleMap | BlockedVolume;
  /** Whole volumes by name (`StoragePlan`). */
  readonly volumes: ReadonlyMap<ActivationName, BlockedVolume>;
  /** Statistics by name of the normalisation layer. */
  readonly statistics: ReadonlyMap<string, number>;
  /** All that must be freed in the end. */
  readonly blocks: readonly Block[];
}

/** Adds a forward pass to a program: one instance per pass. */
export class ForwardWalk {
  readonly #volumes = new Map<ActivationName, BlockedVolume>();
  readonly #blocks = new Map<ActivationName, Block>();
  readonly #statistics = new Map<string, number>();
  readonly #kept: Block[] = [];
  readonly #program: Program;
  readonly #input: SingleMap | BlockedVolume;
  #logits: Block | undefined;

  /** @param keep all activations, for a backward pass; else each is freed after its last use. */
  constructor(
    private readonly network: Network,
    private readonly modality: number,
    private readonly pyramid: Pyramid,
    input: Tensor3,
    private readonly keep: boolean,
  ) {
    this.#program = new Program(network.weights.pool);
    try {
      this.#input = this.#writeInput(input.data);
      network.layers.forEach((layer, index) => {
        this.#step(layer);
        if (!keep) this.#freeAfter(index);
      });
    } catch (error) {
      this.#program.discard();
      throw error;
    }
  }

  /** Runs the pass. @returns logits and features as `Pass`, and the activations where they are kept. */
  async run(): Promise<{ logits: Float32Array; features: Float32Array; activations: Activations }> {
    const { regions, block } = this.#maps();
    this.#program.free(block);
    const bottleneck = this.network.plan.places.has(BOTTLENECK) ? this.#read(BOTTLENECK) : null;
    const bottleneckBlock = this.#blocks.get(BOTTLENECK);
    if (!this.keep && bottleneckBlock) this.#program.free(bottleneckBlock);
    if (!this.keep) for (const kept of this.#kept) this.#program.free(kept);
    let logits = new Float32Array(0);
    let features = new Float32Array(0);
    const { memory } = this.network.weights.pool;
    await this.#program.run(() => {
      logits = memory.view(block.pointer, regions * this.pyramid.grids[0].count).slice();
      if (bottleneck) features = channelMeans(memory.floats, bottleneck);
    });
    return { logits, features, activations: this.#activations() };
  }

  /** One channel as a single map; several in blocks, where the channels that the last block lacks are zero. */
  #writeInput(data: Float32Array): SingleMap | BlockedVolume {
    const grid = this.pyramid.grids[0];
    const channels = data.length / grid.count;
    const blocks = Math.ceil(channels / BLOCK_CHANNELS);
    const block = this.#program.allocate(channels === 1 ? grid.block / BLOCK_CHANNELS : blocks * grid.block);
    this.#kept.push(block);
    const { memory } = this.network.weights.pool;
    const values = memory.view(block.pointer, block.bytes / 4).fill(0);
    const stride = channels === 1 ? 1 : BLOCK_CHANNELS;
    for (let c = 0; c < channels; c++) {
      const first = Math.floor(c / stride) * (grid.block / 4) + (c % stride);
      writeChannel(values, first, stride, grid, data.subarray(c * grid.count, (c + 1) * grid.count));
    }
    return { pointer: block.pointer, blocks, grid };
  }

  #activations(): Activations {
    return {
      pyramid: this.pyramid,
      input: this.#input,
      volumes: this.#volumes,
      statistics: this.#statistics,
      blocks: this.keep ? [...this.#kept, ...this.#blocks.values()] : [],
    };
  }

  #step(layer: Layer): void {
    if (layer.kind === 'convolution' && layer.kernel === 3) this.#convolve(layer);
    else if (layer.kind === 'convolution') this.#convolvePointwise(layer);
    else if (layer.kind === 'normalisation') this.#normalise(layer);
    else if (layer.kind === 'maxPool') this.#maxPool(layer);
    else if (layer.kind === 'upsample') this.#upsample(layer);
  }

  #maxPool(layer: MaxPoolLayer): void {
    const output = this.#write(layer.output);
    this.#program.add(maxPool(this.#read(layer.input), output), clearMargin(output));
  }

  #upsample(layer: UpsampleLayer): void {
    const output = this.#write(layer.output);
    const { level } = this.network.plan.places.get(layer.output)!;
    const tables = this.pyramid.upsampling[level].forward;
    this.#program.add(upsample(this.#read(layer.input), output, tables), clearMargin(output));
  }

  #convolve(layer: ConvolutionLayer): void {
    const input = layer.input === 'input' ? this.#input : this.#read(layer.input);
    const output = this.#write(layer.output);
    this.#program.add(convolve(this.network.weights.filters(layer), input, output));
  }

  #convolvePointwise(layer: ConvolutionLayer): void {
    const { count } = this.pyramid.grids[0];
    this.#logits = this.#program.allocate(layer.outChannels * count * 4);
    const pointwise = this.network.weights.pointwise(layer);
    convolvePointwise(this.#program, pointwise, this.#read(layer.input), this.#logits.pointer);
  }

  #normalise(layer: NormalisationLayer): void {
    const { weights } = this.network;
    const statistics = this.#program.allocate(statisticsBytes(layer.channels));
    this.#kept.push(statistics);
    this.#statistics.set(layer.name, statistics.pointer);
    const output = this.#write(layer.output);
    const normalisation = weights.normalisation(layer, this.modality);
    normalise(this.#program, normalisation, this.#read(layer.input), output, statistics.pointer);
    this.#program.add(clearMargin(output));
  }

  #read(name: ActivationName): BlockedVolume {
    const place = this.network.plan.places.get(name)!;
    const volume = this.#volumes.get(place.volume)!;
    return blocksOf(volume, place.first / BLOCK_CHANNELS, place.channels / BLOCK_CHANNELS);
  }

  /** The same as `#read`, with memory for the whole volume when this is its first part. */
  #write(name: ActivationName): BlockedVolume {
    const place = this.network.plan.places.get(name)!;
    if (!this.#volumes.has(place.volume)) {
      const whole = this.network.plan.places.get(place.volume)!;
      const grid = this.pyramid.grids[place.level];
      const blocks = whole.channels / BLOCK_CHANNELS;
      const block = this.#program.allocate(blocks * grid.block);
      this.#blocks.set(place.volume, block);
      this.#volumes.set(place.volume, { pointer: block.pointer, blocks, grid });
    }
    return this.#read(name);
  }

  #freeAfter(index: number): void {
    for (const [name, block] of this.#blocks) {
      if (this.network.plan.lastUse.get(name) !== index || name === BOTTLENECK) continue;
      this.#program.free(block);
      this.#blocks.delete(name);
    }
  }

  #maps(): { regions: number; block: Block } {
    const last = this.network.layers[this.network.layers.length - 1];
    if (!this.#logits || last.kind !== 'convolution') throw new RangeError('the last layer must be 1×1×1');
    return { regions: last.outChannels, block: this.#logits };
  }
}

/** Mean of each channel over the grid, the margin left out. */
function channelMeans(
  floats: Float32Array<ArrayBufferLike>,
  volume: BlockedVolume,
): Float32Array<ArrayBuffer> {
  const { depth, height, width, count, block } = volume.grid;
  const means = new Float32Array(volume.blocks * BLOCK_CHANNELS);
  for (let c = 0; c < means.length; c++) {
    const first = (volume.pointer + Math.floor(c / BLOCK_CHANNELS) * block) / 4 + (c % BLOCK_CHANNELS);
    let sum = 0;
    for (let d = 1; d <= depth; d++) {
      for (let h = 1; h <= height; h++) {
        const row = (d * (height + 2) + h) * (width + 2);
        for (let w = 1; w <= width; w++) sum += floats[first + (row + w) * BLOCK_CHANNELS];
      }
    }
    means[c] = sum / count;
  }
  return means;
}

/** Writes (D, H, W) values, `stride` floats apart, into a map with a margin; `first` is the margin's first voxel. */
function writeChannel(
  floats: Float32Array<ArrayBufferLike>,
  first: number,
  stride: number,
  { depth, height, width }: Grid,
  data: Float32Array,
): void {
  for (let d = 0; d < depth; d++) {
    for (let h = 0; h < height; h++) {
      const from = (d * height + h) * width;
      const to = first + (((d + 1) * (height + 2) + h + 1) * (width + 2) + 1) * stride;
      if (stride === 1) floats.set(data.subarray(from, from + width), to);
      else for (let w = 0; w < width; w++) floats[to + w * stride] = data[from + w];
    }
  }
}
