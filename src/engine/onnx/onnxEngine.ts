/** Inference by onnxruntime-node: on the CPU, or on a GPU through one of its execution providers. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { QuorumError } from '../../errors.js';
import { type Layer, SIDE_MULTIPLE } from '../../network/layers.js';
import { buildOnnxModel, ONNX_NAMES } from '../../network/onnxGraph.js';
import type { Parameters } from '../../network/parameters.js';
import type { InferenceEngine, Pass, Tensor3 } from '../engine.js';
import { reproducibleThreads } from './reproducibleThreads.js';

/** Execution providers of onnxruntime; which of them a build has depends on the platform. */
const ONNX_PROVIDERS = ['cpu', 'webgpu', 'dml', 'coreml', 'cuda'] as const;
export type OnnxProvider = (typeof ONNX_PROVIDERS)[number];

export interface OnnxEngineOptions {
  readonly parameters: Parameters;
  readonly layers: readonly Layer[];
  readonly modalityCount: number;
  /** `cpu` unless said otherwise. What a GPU provider cannot do runs on the CPU, inside onnxruntime. */
  readonly device?: OnnxProvider;
  /** CPU threads; all that this process may use unless said otherwise. Results do not depend on it. */
  readonly threads?: number;
  /** The adapter's name, for `InferenceEngine.device`, e.g. `SwiftShader`. */
  readonly adapter?: string;
}

type Runtime = typeof import('onnxruntime-node');

/** onnxruntime is loaded when first asked for, because some platforms (Intel Macs) have no build of it. */
export async function loadOnnxRuntime(): Promise<Runtime> {
  // onnxruntime 1.30 sends telemetry unless told not to: nothing may leave the machine, whoever loads it.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new QuorumError(
      {
        code: 'DEVICE_NOT_AVAILABLE',
        field: 'onnxruntime-node',
        expected: 'a build for this platform',
        found: (error as Error).message,
      },
      { cause: error },
    );
  }
}

/**
 * An engine whose session serves every modality and any size of volume.
 *
 * Results on the CPU are bit-identical whatever `threads` is; small volumes use fewer of them for that
 * (`reproducibleThreads`). Memory is kept from pass to pass (arena) and given back by `dispose`: about 0.45 GB in all
 * for 96×128×128 at width 0.25, a third less time than without the arena.
 *
 * @throws QuorumError DEVICE_NOT_AVAILABLE when onnxruntime has no build for this platform, the build does not have
 * the provider, or the provider cannot be set up.
 */
export async function createOnnxEngine(options: OnnxEngineOptions): Promise<InferenceEngine> {
  const { parameters, layers, modalityCount, device = 'cpu', adapter } = options;
  const runtime = await loadOnnxRuntime();
  const supported = runtime.listSupportedBackends().map(({ name }) => name);
  if (!supported.includes(device)) throw notAvailable(device, `this build has ${supported.join(', ')}`);
  const model = buildOnnxModel(parameters, layers, modalityCount);
  const createSession = (threads: number): Promise<InferenceSession> =>
    runtime.InferenceSession.create(model, sessionOptions(device, threads)).catch((error: Error) => {
      throw notAvailable(device, error.message, error);
    });
  const threads = options.threads ?? availableParallelism();
  const engine = new OnnxEngine(
    runtime,
    modalityCount,
    adapter === undefined ? device : `${device} (${adapter})`,
    (shape) => (device === 'cpu' ? reproducibleThreads(layers, shape, threads) : threads),
    createSession,
  );
  await engine.session(threads);
  return engine;
}

function notAvailable(device: OnnxProvider, found: string, cause?: Error): QuorumError {
  return new QuorumError({ code: 'DEVICE_NOT_AVAILABLE', field: `onnx ${device}`, found }, { cause });
}

function sessionOptions(device: OnnxProvider, threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    // Planned memory was measured to take 40 % more than the arena alone, and sizes change from case to case.
    enableMemPattern: false,
    logSeverityLevel: 3,
  };
}

class OnnxEngine implements InferenceEngine {
  readonly name = 'onnx';
  private current: { threads: number; session: InferenceSession } | null = null;
  /** The last pass asked for: passes run one after the other, so that memory is needed once. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly runtime: Runtime,
    private readonly modalityCount: number,
    readonly device: string,
    private readonly threadsFor: (shape: Tensor3['shape']) => number,
    private readonly createSession: (threads: number) => Promise<InferenceSession>,
  ) {}

  /** The session with this number of threads; another one is closed first, so that memory is held once. */
  async session(threads: number): Promise<InferenceSession> {
    if (this.current?.threads !== threads) {
      await this.release();
      this.current = { threads, session: await this.createSession(threads) };
    }
    return this.current.session;
  }

  async logits(modality: number, input: Tensor3): Promise<Float32Array> {
    return (await this.pass(modality, input)).logits;
  }

  async pass(modality: number, input: Tensor3): Promise<Pass> {
    this.check(modality, input);
    const pass = this.queue.then(() => this.run(modality, input));
    this.queue = pass.catch(() => undefined);
    return pass;
  }

  async dispose(): Promise<void> {
    await this.queue;
    await this.release();
  }

  private async run(modality: number, input: Tensor3): Promise<Pass> {
    const { Tensor } = this.runtime;
    const feeds = {
      [ONNX_NAMES.input]: new Tensor('float32', input.data, [1, 1, ...input.shape]),
      [ONNX_NAMES.modality]: new Tensor('int64', BigInt64Array.of(BigInt(modality)), [1]),
    };
    const session = await this.session(this.threadsFor(input.shape));
    const result = await session.run(feeds).catch((error: Error) => {
      throw new QuorumError(
        { code: 'ENGINE_FAILED', field: this.device, found: error.message },
        { cause: error },
      );
    });
    const logits = result[ONNX_NAMES.logits].data as Float32Array;
    const index = logits.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) {
      throw new QuorumError({
        code: 'ENGINE_FAILED',
        field: `${this.device}: logits[${index}]`,
        expected: 'a finite number',
        found: String(logits[index]),
      });
    }
    const features = result[ONNX_NAMES.features]?.data as Float32Array | undefined;
    return { logits, features: features ?? new Float32Array(0) };
  }

  private async release(): Promise<void> {
    const session = this.current?.session;
    this.current = null;
    await session?.release();
  }

  private check(modality: number, { data, shape }: Tensor3): void {
    if (!Number.isInteger(modality) || modality < 0 || modality >= this.modalityCount) {
      throw new RangeError(`modality ${modality} of ${this.modalityCount}`);
    }
    if (shape.some((side) => side <= 0 || side % SIDE_MULTIPLE !== 0)) {
      throw new RangeError(`sides ${shape.join(' × ')} must be multiples of ${SIDE_MULTIPLE}`);
    }
    if (data.length !== shape[0] * shape[1] * shape[2]) {
      throw new RangeError(`${data.length} voxels given for ${shape.join(' × ')}`);
    }
  }
}
