import { Worker } from 'node:worker_threads';
import { QuorumError } from '../errors.js';
import { RELAXED_KERNELS, STRICT_KERNELS } from './binaries.js';
import { SharedMemory } from './memory.js';
import { DESCRIPTOR_BYTES, type Operation, writeOperations } from './operations.js';
import { relaxedSimdAvailable } from './relaxedSimd.js';

/** What a worker thread gets: see worker.js. */
export interface WorkerSetup {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  /**
   * Address of eight words: round (counted up to announce a program), address of the program, its number of
   * operations, threads that have finished, whether to stop, unused, and the two of the kernels' barrier.
   */
  readonly control: number;
}

export interface PoolOptions {
  /** Worker threads, at least 1. Results do not depend on it. */
  readonly threads: number;
  /** Without fused multiply-add, so that every machine rounds alike. */
  readonly strict?: boolean;
}

const CONTROL = 64;
/** Address 0 stands for "none"; the first bytes hold the control words. */
const RESERVED = 256;
const ROUND = 0;
const PROGRAM = 1;
const COUNT = 2;
const FINISHED = 3;
const STOP = 4;

/** Worker threads that run kernels on one shared memory, one program after the other. */
export class KernelPool {
  readonly memory: SharedMemory;
  readonly threads: number;
  /** Whether multiply-adds are fused. */
  readonly fused: boolean;
  readonly #workers: Worker[];
  #pending: Promise<void> = Promise.resolve();
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #failure: QuorumError | undefined;

  /** Starts the threads. @throws RangeError when `threads` is not a positive whole number. */
  constructor({ threads, strict = false }: PoolOptions) {
    if (!Number.isInteger(threads) || threads < 1) throw new RangeError(`threads: ${threads}`);
    this.threads = threads;
    this.fused = !strict && relaxedSimdAvailable();
    this.memory = new SharedMemory(RESERVED);
    const module = kernelModule(this.fused);
    const workerData: WorkerSetup = { module, memory: this.memory.memory, threads, control: CONTROL };
    this.#workers = Array.from({ length: threads }, () => this.#start(workerData));
  }

  /**
   * Runs the operations in order, all threads on each, after everything asked for before.
   *
   * @throws QuorumError ENGINE_FAILED when a kernel traps, a thread dies or the pool is disposed; the pool is
   * of no more use then.
   */
  run(operations: readonly Operation[]): Promise<void> {
    const done = this.#pending.then(() => this.#execute(operations));
    this.#pending = done.catch(() => undefined);
    return done;
  }

  /** Does something once all programs asked for so far have ended, e.g. gives their memory back. */
  afterPending(action: () => void): Promise<void> {
    const done = this.#pending.then(action);
    this.#pending = done.catch(() => undefined);
    return done;
  }

  /** Ends the threads; what is running fails. The memory goes with the last reference to it. */
  async dispose(): Promise<void> {
    this.#fail('disposed');
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #start(workerData: WorkerSetup): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData });
    worker.unref();
    worker.on('message', ({ failure }: { failure?: string }) => {
      if (failure === undefined) this.#finish();
      else this.#fail(failure);
    });
    worker.on('error', (error) => this.#fail(String(error)));
    worker.on('exit', () => this.#fail('a kernel thread ended'));
    return worker;
  }

  #execute(operations: readonly Operation[]): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (operations.length === 0) return Promise.resolve();
    const program = this.memory.allocate(operations.length * DESCRIPTOR_BYTES);
    writeOperations(this.memory.words, program.pointer, operations);
    for (const worker of this.#workers) worker.ref();
    return new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
      const control = this.#control();
      control[PROGRAM] = program.pointer;
      control[COUNT] = operations.length;
      Atomics.store(control, FINISHED, 0);
      Atomics.add(control, ROUND, 1);
      Atomics.notify(control, ROUND);
    }).finally(() => {
      for (const worker of this.#workers) worker.unref();
      this.memory.free(program);
    });
  }

  #control(): Int32Array {
    return new Int32Array(this.memory.memory.buffer, CONTROL, 8);
  }

  #finish(): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve();
  }

  #fail(found: string): void {
    this.#failure ??= new QuorumError({ code: 'ENGINE_FAILED', field: 'kernels', found });
    const control = this.#control();
    Atomics.store(control, STOP, 1);
    Atomics.add(control, ROUND, 1);
    Atomics.notify(control, ROUND);
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(this.#failure);
  }
}

const modules = new Map<boolean, WebAssembly.Module>();

/** The compiled kernels, `fused` or strict; compiled once per process. */
function kernelModule(fused: boolean): WebAssembly.Module {
  const known = modules.get(fused);
  if (known) return known;
  const module = new WebAssembly.Module(Buffer.from(fused ? RELAXED_KERNELS : STRICT_KERNELS, 'base64'));
  modules.set(fused, module);
  return module;
}
