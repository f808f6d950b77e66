import type { Block } from './memory.js';
import { floatBits, type Operation, operation } from './operations.js';
import type { KernelPool } from './pool.js';
import { Program } from './program.js';

/** Elements per item of work: fixed, so that sums do not depend on the number of threads. */
const CHUNK = 16384;

/** Hyperparameters of Adam (Kingma & Ba 2015), as PyTorch names them; `weightDecay` is added to the gradient. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/**
 * Arithmetic on long vectors by the kernels' threads.
 *
 * Vectors are ordinary Float32Arrays that lie in the pool's shared memory: `const v = vectors.create(n)` hands
 * out one, zeroed; read and write it like any other between calls, and `release` it at the end. Any other
 * array is refused with a RangeError, since a kernel could not reach it. A vector may be given as `gradient` to
 * `Branch.backward` of the wasm engine on the same pool, which then adds to it without copying.
 */
export class PoolVectors {
  readonly #blocks = new Map<Float32Array, Block>();

  constructor(readonly pool: KernelPool) {}

  /** `length` zeros in shared memory. @throws QuorumError ENGINE_FAILED when memory is exhausted. */
  create(length: number): Float32Array {
    const block = this.pool.memory.allocate(length * 4);
    const vector = this.pool.memory.view(block.pointer, length).fill(0) as Float32Array;
    this.#blocks.set(vector, block);
    return vector;
  }

  /** Gives a vector's memory back once all programs asked for so far have run. The vector must not be used again. */
  release(vector: Float32Array): void {
    const block = this.#blocks.get(vector);
    if (!block) return;
    this.#blocks.delete(vector);
    void this.pool.afterPending(() => this.pool.memory.free(block));
  }

  /** Σ x·y, in double precision. */
  async dot(x: Float32Array, y: Float32Array): Promise<number> {
    return (await this.dots([[x, y]]))[0];
  }

  /** Several dot products in one go. */
  async dots(pairs: readonly (readonly [Float32Array, Float32Array])[]): Promise<Float64Array> {
    const program = new Program(this.pool);
    const lengths = pairs.map(([x, y]) => this.#check(x, y));
    const items = lengths.map((length) => Math.ceil(length / CHUNK));
    const total = items.reduce((sum, count) => sum + count, 0);
    const partials = program.allocate(total * 8);
    let at = 0;
    pairs.forEach(([x, y], n) => {
      const fields = [lengths[n], CHUNK, x.byteOffset, y.byteOffset, partials.pointer + at * 8];
      program.add(operation('dotChunk', items[n], ...fields));
      at += items[n];
    });
    program.free(partials);
    let sums: Float64Array = new Float64Array(0);
    await program.run(() => {
      sums = new Float64Array(this.pool.memory.memory.buffer, partials.pointer, total).slice();
    });
    return sumRuns(sums, items);
  }

  /** y ← factor·x + y. */
  async axpy(factor: number, x: Float32Array, y: Float32Array): Promise<void> {
    const length = this.#check(x, y);
    const fields = [length, CHUNK, x.byteOffset, y.byteOffset, 0, floatBits(factor)];
    await this.pool.run([operation('axpyChunk', Math.ceil(length / CHUNK), ...fields)]);
  }

  /**
   * One Adam step: changes `parameters` and both moments in place.
   *
   * @param step counted from 1.
   */
  async adam(
    parameters: Float32Array,
    gradient: Float32Array,
    moments: readonly [first: Float32Array, second: Float32Array],
    step: number,
    settings: AdamSettings,
  ): Promise<void> {
    const length = this.#check(parameters, gradient, ...moments);
    await this.pool.run([adamOperation(length, [parameters, gradient, ...moments], step, settings)]);
  }

  /** The common length. @throws RangeError for unequal lengths or an array outside the pool's memory. */
  #check(...vectors: readonly Float32Array[]): number {
    const [{ length }] = vectors;
    for (const vector of vectors) {
      if (vector.length !== length)
        throw new RangeError(`vectors of ${length} and ${vector.length} elements`);
      if (!this.pool.memory.owns(vector)) throw new RangeError("a vector outside the pool's memory");
    }
    return length;
  }
}

function adamOperation(
  length: number,
  vectors: readonly Float32Array[],
  step: number,
  { learningRate, beta1, beta2, epsilon, weightDecay }: AdamSettings,
): Operation {
  const scalars = [
    learningRate / (1 - beta1 ** step),
    beta1,
    beta2,
    epsilon,
    weightDecay,
    1 / Math.sqrt(1 - beta2 ** step),
  ];
  return operation(
    'adamChunk',
    Math.ceil(length / CHUNK),
    length,
    CHUNK,
    ...vectors.map((vector) => vector.byteOffset),
    ...scalars.map(floatBits),
  );
}

/** Sums of consecutive runs of `values`, each in order. */
function sumRuns(values: Float64Array, lengths: readonly number[]): Float64Array {
  const sums = new Float64Array(lengths.length);
  let at = 0;
  lengths.forEach((length, n) => {
    for (let end = at + length; at < end; at++) sums[n] += values[at];
  });
  return sums;
}
