import { QuorumError } from '../errors.js';
import { FreeList } from './freeList.js';

const PAGE = 65536;
/** WebAssembly addresses 32 bits: 4 GiB. */
const MAXIMUM_PAGES = 65536;

/** A piece of shared memory: byte address and length. */
export interface Block {
  readonly pointer: number;
  readonly bytes: number;
}

/** The kernels' shared memory: grows as needed, up to 4 GiB, and is given back to the system with the pool. */
export class SharedMemory {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: MAXIMUM_PAGES, shared: true });
  readonly #free = new FreeList();
  /** Growing replaces the buffer object; arrays on an earlier one stay valid. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  #top: number;
  #used = 0;
  #words: Uint32Array<ArrayBufferLike>;
  #floats: Float32Array<ArrayBufferLike>;

  /** @param reserved first bytes that are never handed out. */
  constructor(reserved: number) {
    this.#top = reserved;
    this.#buffers.add(this.memory.buffer);
    this.#words = new Uint32Array(this.memory.buffer);
    this.#floats = new Float32Array(this.memory.buffer);
  }

  /** Bytes handed out and not given back. */
  get used(): number {
    return this.#used;
  }

  /** Bytes that the memory has grown to. */
  get size(): number {
    return this.memory.buffer.byteLength;
  }

  /**
   * A block of at least `bytes`, aligned to 64, with whatever was there before.
   *
   * @throws QuorumError ENGINE_FAILED (field `memory`) when the 4 GiB or the machine's memory do not suffice.
   */
  allocate(bytes: number): Block {
    const size = Math.ceil(Math.max(bytes, 1) / 64) * 64;
    const pointer = this.#free.take(size) ?? this.#extend(size);
    this.#used += size;
    return { pointer, bytes: size };
  }

  free(block: Block): void {
    this.#free.give(block.pointer, block.bytes);
    this.#used -= block.bytes;
  }

  /** The memory as 32-bit words; fetch it anew after every allocation. */
  get words(): Uint32Array<ArrayBufferLike> {
    return this.#words;
  }

  /** The memory as floats; fetch it anew after every allocation. */
  get floats(): Float32Array<ArrayBufferLike> {
    return this.#floats;
  }

  /** A view on `length` floats of a block. */
  view(pointer: number, length: number): Float32Array<ArrayBufferLike> {
    return new Float32Array(this.memory.buffer, pointer, length);
  }

  /** Whether an array lies in this memory, so that kernels can work on it where it is. */
  owns(array: Float32Array): boolean {
    return this.#buffers.has(array.buffer);
  }

  #extend(size: number): number {
    const pointer = this.#top;
    const missing = Math.ceil((pointer + size - this.size) / PAGE);
    if (missing > 0) this.#grow(missing);
    this.#top = pointer + size;
    return pointer;
  }

  #grow(pages: number): void {
    try {
      this.memory.grow(pages);
    } catch (cause) {
      const expected = `${((this.size + pages * PAGE) / 2 ** 30).toFixed(2)} GiB`;
      const found = `no more than ${(this.size / 2 ** 30).toFixed(2)} GiB`;
      throw new QuorumError({ code: 'ENGINE_FAILED', field: 'memory', expected, found }, { cause });
    }
    this.#buffers.add(this.memory.buffer);
    this.#words = new Uint32Array(this.memory.buffer);
    this.#floats = new Float32Array(this.memory.buffer);
  }
}
