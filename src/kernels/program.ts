import { FreeList } from './freeList.js';
import type { Block } from './memory.js';
import type { Operation } from './operations.js';
import type { KernelPool } from './pool.js';

/**
 * Operations to be run one after the other, and their memory. A block that the program frees serves its own
 * later operations, and others only after it has run.
 */
export class Program {
  readonly #operations: Operation[] = [];
  readonly #free = new FreeList();
  readonly #taken: Block[] = [];

  constructor(readonly pool: KernelPool) {}

  add(...operations: readonly Operation[]): void {
    this.#operations.push(...operations);
  }

  /** A block of at least `bytes`, aligned to 64, with whatever was there before. @throws QuorumError ENGINE_FAILED */
  allocate(bytes: number): Block {
    const size = Math.ceil(Math.max(bytes, 1) / 64) * 64;
    const pointer = this.#free.take(size);
    if (pointer !== undefined) return { pointer, bytes: size };
    const block = this.pool.memory.allocate(size);
    this.#taken.push(block);
    return block;
  }

  /** The block is not needed by any operation added later. */
  free(block: Block): void {
    this.#free.give(block.pointer, block.bytes);
  }

  /**
   * Runs the operations, then `read`, which may still look into freed blocks, and gives those back.
   *
   * @throws QuorumError ENGINE_FAILED
   */
  async run(read?: () => void): Promise<void> {
    try {
      await this.pool.run(this.#operations);
      read?.();
    } catch (error) {
      this.discard();
      throw error;
    }
    for (const { start, end } of this.#free.ranges()) {
      this.pool.memory.free({ pointer: start, bytes: end - start });
    }
  }

  /** Gives back all memory of a program that is not to be run, blocks that were not freed included. */
  discard(): void {
    for (const block of this.#taken) this.pool.memory.free(block);
  }
}
