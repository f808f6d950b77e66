import { Worker } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import type { ONNX_NAMES } from '../../network/onnxGraph.js';
import type { Pass, Tensor3 } from '../engine.js';

/** A session of onnxruntime, wherever it runs. One pass at a time. */
export interface PassSession {
  /** @throws Error with onnxruntime's message. */
  run(modality: number, input: Tensor3): Promise<Pass>;
  release(): Promise<void>;
}

/** What onnxThread.js gets. */
export interface ThreadSetup {
  /** The ONNX file; shared by all threads. */
  readonly model: SharedArrayBuffer;
  readonly options: InferenceSession.SessionOptions;
  readonly names: typeof ONNX_NAMES;
}

export type ThreadOrder =
  | ({ readonly kind: 'run'; readonly modality: number } & Tensor3)
  | { readonly kind: 'release' };
type Answer = { readonly ready: true } | { readonly pass: Pass } | { readonly failure: string };

/** A session in a thread of its own: while it runs, the thread that asked is free. */
export class ThreadSession implements PassSession {
  private readonly worker: Worker;
  private readonly ready: Promise<unknown>;
  private readonly ended: Promise<void>;
  private failure: string | null = null;
  private settle: { resolve(answer: Answer): void; reject(error: Error): void } | null = null;

  constructor(workerData: ThreadSetup) {
    this.worker = new Worker(new URL('./onnxThread.js', import.meta.url), { workerData });
    this.ended = new Promise((resolve) => this.worker.once('exit', () => resolve()));
    this.ready = this.answer();
    this.ready.catch(() => undefined);
    this.worker.on('message', (answer: Answer) => {
      if ('failure' in answer) this.settle?.reject(new Error(answer.failure));
      else this.settle?.resolve(answer);
    });
    const fail = (found: string) => {
      this.failure ??= found;
      this.settle?.reject(new Error(this.failure));
    };
    this.worker.once('error', (error) => fail(error.message));
    this.worker.once('exit', (code) => fail(`the thread of onnxruntime ended (${code})`));
  }

  /** @throws Error when onnxruntime cannot be loaded or does not take the model or the options. */
  async opened(): Promise<this> {
    await this.ready;
    return this;
  }

  async run(modality: number, { data, shape }: Tensor3): Promise<Pass> {
    await this.ready;
    const answer = this.answer();
    this.worker.postMessage({ kind: 'run', modality, data, shape } satisfies ThreadOrder);
    return ((await answer) as Extract<Answer, { pass: unknown }>).pass;
  }

  async release(): Promise<void> {
    // It ends by itself, and is waited for.
    this.worker.ref();
    if (await this.ready.then(() => this.failure === null).catch(() => false))
      this.worker.postMessage({ kind: 'release' } satisfies ThreadOrder);
    else await this.worker.terminate();
    await this.ended;
  }

  /** The next answer. The process waits for it; it does not stay for a thread that has nothing to do. */
  private answer(): Promise<Answer> {
    if (this.failure !== null) return Promise.reject(new Error(this.failure));
    this.worker.ref();
    return new Promise<Answer>((resolve, reject) => {
      this.settle = { resolve, reject };
    }).finally(() => {
      this.settle = null;
      this.worker.unref();
    });
  }
}
