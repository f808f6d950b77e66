import { availableParallelism } from 'node:os';
import { QuorumError } from '../../errors.js';
import { createPyramid, KernelPool, Program, type Pyramid } from '../../kernels/index.js';
import { inputChannelsOf, type Layer, SIDE_MULTIPLE } from '../../network/layers.js';
import { flattenParameters, type Parameters, parameterSpecs } from '../../network/parameters.js';
import type { Branch, InferenceEngine, Pass, Tensor3, TrainingEngine } from '../engine.js';
import { BackwardWalk } from './backward.js';
import { type Activations, ForwardWalk, type Network } from './forward.js';
import { planStorage } from './storage.js';
import { NetworkWeights } from './weights.js';

export interface WasmTrainingOptions {
  readonly layers: readonly Layer[];
  /** M, the number of branches. */
  readonly modalityCount: number;
  /** Worker threads; as many as the machine runs at once by default. Results do not depend on it. */
  readonly threads?: number;
  /** Without fused multiply-add: slower, but rounded alike on every machine. */
  readonly strict?: boolean;
}

export interface WasmEngineOptions extends WasmTrainingOptions {
  readonly parameters: Parameters;
}

/**
 * An inference engine on the project's own kernels.
 *
 * @throws QuorumError ENGINE_FAILED when memory is exhausted or a kernel fails.
 */
export async function createWasmEngine(options: WasmEngineOptions): Promise<InferenceEngine> {
  const engine = new WasmEngine(options);
  const specs = parameterSpecs(options.layers, options.modalityCount);
  try {
    await engine.setParameters(flattenParameters(options.parameters, specs));
  } catch (error) {
    await engine.dispose();
    throw error;
  }
  return engine;
}

/** The network on the CPU, for training and inference; `setParameters` comes first. */
export class WasmEngine implements TrainingEngine, InferenceEngine {
  readonly name = 'wasm';
  readonly device = 'cpu';
  /** The threads and their memory: vectors made on it (`PoolVectors`) reach `backward` without a copy. */
  readonly pool: KernelPool;
  readonly #network: Network;
  readonly #modalityCount: number;
  readonly #branches = new Set<WasmBranch>();
  readonly #pyramids = new Map<string, { pyramid: Pyramid; users: number }>();

  constructor({
    layers,
    modalityCount,
    threads = availableParallelism(),
    strict = false,
  }: WasmTrainingOptions) {
    this.pool = new KernelPool({ threads, strict });
    this.#modalityCount = modalityCount;
    const weights = new NetworkWeights(this.pool, layers, modalityCount);
    this.#network = { layers, plan: planStorage(layers), weights };
  }

  /** Takes a copy of the flat vector and releases all branches, which belong to the old one. */
  async setParameters(parameters: Float32Array): Promise<void> {
    const { weights } = this.#network;
    if (parameters.length !== weights.length) throw failure('parameters', weights.length, parameters.length);
    for (const branch of this.#branches) branch.release();
    await weights.set(parameters);
  }

  async logits(modality: number, input: Tensor3): Promise<Float32Array> {
    return (await this.pass(modality, input)).logits;
  }

  async pass(modality: number, input: Tensor3): Promise<Pass> {
    const { logits, features, done } = await this.#forward(modality, input, false);
    done();
    return { logits, features };
  }

  async forward(modality: number, input: Tensor3): Promise<Branch> {
    const { logits, activations, done } = await this.#forward(modality, input, true);
    const branch = new WasmBranch(this.#network, modality, logits, activations, () => {
      this.#branches.delete(branch);
      done();
    });
    this.#branches.add(branch);
    return branch;
  }

  async dispose(): Promise<void> {
    for (const branch of this.#branches) branch.release();
    await this.pool.dispose();
  }

  async #forward(
    modality: number,
    input: Tensor3,
    keep: boolean,
  ): Promise<Pass & { activations: Activations; done: () => void }> {
    this.#check(modality, input);
    const key = input.shape.join('×');
    const pyramid = this.#acquire(key, input.shape);
    const walk = new ForwardWalk(this.#network, modality, pyramid, input, keep);
    const { logits, features, activations } = await walk.run().catch((error) => {
      this.#releasePyramid(key);
      throw error;
    });
    const done = (): void => this.#releasePyramid(key);
    const bad = logits.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      for (const block of activations.blocks) this.pool.memory.free(block);
      done();
      throw failure(`logits[${bad}]`, 'finite', logits[bad]);
    }
    return { logits, features, activations, done };
  }

  #check(modality: number, { data, shape }: Tensor3): void {
    const modalities = this.#modalityCount;
    if (!Number.isInteger(modality) || modality < 0 || modality >= modalities) {
      throw failure('modality', `0 to ${modalities - 1}`, modality);
    }
    if (shape.some((side) => side <= 0 || side % SIDE_MULTIPLE !== 0)) {
      throw failure('shape', `multiples of ${SIDE_MULTIPLE}`, shape.join('×'));
    }
    const values = inputChannelsOf(this.#network.layers) * shape[0] * shape[1] * shape[2];
    if (data.length !== values) throw failure('data', values, data.length);
  }

  #acquire(key: string, shape: Tensor3['shape']): Pyramid {
    const known = this.#pyramids.get(key);
    if (known) {
      known.users++;
      return known.pyramid;
    }
    for (const [other, { pyramid, users }] of this.#pyramids) {
      if (users > 0) continue;
      this.#pyramids.delete(other);
      pyramid.free();
    }
    const pyramid = createPyramid(this.pool.memory, shape, this.#network.plan.levels);
    this.#pyramids.set(key, { pyramid, users: 1 });
    return pyramid;
  }

  #releasePyramid(key: string): void {
    this.#pyramids.get(key)!.users--;
  }
}

class WasmBranch implements Branch {
  #released = false;

  constructor(
    private readonly network: Network,
    readonly modality: number,
    readonly logits: Float32Array,
    private readonly activations: Activations,
    private readonly onRelease: () => void,
  ) {}

  async backward(cotangent: Float32Array, gradient: Float32Array): Promise<void> {
    const { weights } = this.network;
    const { pool } = weights;
    if (this.#released) throw failure('branch', 'kept activations', 'released');
    if (cotangent.length !== this.logits.length) {
      throw failure('cotangent', this.logits.length, cotangent.length);
    }
    if (gradient.length !== weights.length) throw failure('gradient', weights.length, gradient.length);
    const direct = pool.memory.owns(gradient);
    const program = new Program(pool);
    const pointer = this.#build(program, cotangent, direct ? gradient.byteOffset : undefined);
    await program.run(() => {
      if (!direct) addTo(gradient, pool.memory.view(pointer, weights.length));
    });
  }

  /** Adds the pass to the program. @returns the address of the gradient: `target`, or zeros that it begins with. */
  #build(program: Program, cotangent: Float32Array, target?: number): number {
    const { memory } = program.pool;
    try {
      const maps = program.allocate(cotangent.length * 4);
      memory.floats.set(cotangent, maps.pointer / 4);
      const zeros = target === undefined ? program.allocate(this.network.weights.length * 4) : undefined;
      const pointer = target ?? zeros!.pointer;
      if (zeros) memory.view(pointer, this.network.weights.length).fill(0);
      new BackwardWalk(this.network, program, this.modality, this.activations, maps.pointer, pointer);
      program.free(maps);
      if (zeros) program.free(zeros);
      return pointer;
    } catch (error) {
      program.discard();
      throw error;
    }
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    const { pool } = this.network.weights;
    void pool.afterPending(() => {
      for (const block of this.activations.blocks) pool.memory.free(block);
      this.onRelease();
    });
  }
}

function addTo(target: Float32Array, source: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] += source[i];
}

function failure(field: string, expected: string | number, found: string | number): QuorumError {
  return new QuorumError({ code: 'ENGINE_FAILED', field, expected: `${expected}`, found: `${found}` });
}
