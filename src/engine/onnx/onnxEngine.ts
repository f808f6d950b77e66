/** Inference by onnxruntime-node: on the CPU, or on a GPU through one of its execution providers. */
import { availableParallelism, freemem } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { QuorumError } from '../../errors.js';
import { type Layer, SIDE_MULTIPLE } from '../../network/layers.js';
import { buildOnnxModel, ONNX_NAMES } from '../../network/onnxGraph.js';
import type { Parameters } from '../../network/parameters.js';
import type { InferenceEngine, Pass, Tensor3 } from '../engine.js';
import { passBytes, passesSideBySide } from './passesSideBySide.js';
import { reproducibleThreads } from './reproducibleThreads.js';
import { runPass } from './runPass.js';
import { type PassSession, ThreadSession } from './threadSession.js';

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
  /** The most passes side by side on the CPU; as many as cores and memory allow unless said otherwise. Results do not depend on it. */
  readonly most?: number;
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
 * An engine whose sessions serve every modality and any size of volume. On the CPU each session has a thread of its own, and passes run
 * side by side where they are asked for so (`sideBySide`).
 *
 * Results on the CPU are bit-identical whatever `threads` is and however many passes run beside each other; small volumes use fewer threads
 * for that (`reproducibleThreads`). Memory is kept from pass to pass (arena) and given back by `dispose`: about 0.45 GB in all
 * for 96×128×128 at width 0.25 and each session, a third less time than without the arena.
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
  const threads = options.threads ?? availableParallelism();
  const openSession =
    device === 'cpu' ? threadSessions(model) : (count: number) => sessionHere(runtime, model, device, count);
  const engine = new OnnxEngine({
    modalityCount,
    device: adapter === undefined ? device : `${device} (${adapter})`,
    threadsFor: (shape, beside) => {
      const share = Math.max(1, Math.floor(threads / beside));
      return device === 'cpu' ? reproducibleThreads(layers, shape, share) : threads;
    },
    sideBySide: (passes, shape) =>
      device === 'cpu'
        ? passesSideBySide({
            passes: Math.min(passes, options.most ?? passes),
            threads,
            freeBytes: freemem(),
            bytesAPass: passBytes(layers, shape),
          })
        : 1,
    openSession: (count) =>
      openSession(count).catch((error: Error) => {
        throw notAvailable(device, error.message, error);
      }),
  });
  await engine.open(threads);
  return engine;
}

/** Sessions in threads of their own: a pass on the CPU holds the thread that asks for it. */
function threadSessions(model: Uint8Array): (threads: number) => Promise<PassSession> {
  const shared = new SharedArrayBuffer(model.length);
  new Uint8Array(shared).set(model);
  return (threads) => {
    const options = sessionOptions('cpu', threads);
    return new ThreadSession({ model: shared, options, names: ONNX_NAMES }).opened();
  };
}

/** A session in this thread: drivers of graphics cards want one that stays. */
async function sessionHere(
  runtime: Runtime,
  model: Uint8Array,
  device: OnnxProvider,
  threads: number,
): Promise<PassSession> {
  const session = await runtime.InferenceSession.create(model, sessionOptions(device, threads));
  return {
    run: (modality, input) => runPass(runtime, session, ONNX_NAMES, modality, input),
    release: () => session.release(),
  };
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

interface OnnxEngineParts extends Required<Pick<InferenceEngine, 'sideBySide'>> {
  readonly modalityCount: number;
  readonly device: string;
  readonly threadsFor: (shape: Tensor3['shape'], beside: number) => number;
  readonly openSession: (threads: number) => Promise<PassSession>;
}

class OnnxEngine implements InferenceEngine {
  readonly name = 'onnx';
  readonly device: string;
  readonly sideBySide: OnnxEngineParts['sideBySide'];
  private readonly parts: OnnxEngineParts;
  /** More than one only once passes are asked for side by side. */
  private readonly lanes: Lane[];

  constructor(parts: OnnxEngineParts) {
    this.parts = parts;
    this.device = parts.device;
    this.sideBySide = parts.sideBySide;
    this.lanes = [new Lane(parts.openSession)];
  }

  /** Opens the first session, so that what does not work is known before a case is read. */
  async open(threads: number): Promise<void> {
    await this.lanes[0].open(threads);
  }

  async logits(modality: number, input: Tensor3, beside?: number): Promise<Float32Array> {
    return (await this.pass(modality, input, beside)).logits;
  }

  async pass(modality: number, input: Tensor3, beside = 1): Promise<Pass> {
    this.check(modality, input);
    const lane = this.freest(beside);
    return lane.inTurn(async () => {
      const session = await lane.open(this.parts.threadsFor(input.shape, beside));
      const pass = await session.run(modality, input).catch((error: Error) => {
        throw new QuorumError(
          { code: 'ENGINE_FAILED', field: this.device, found: error.message },
          { cause: error },
        );
      });
      this.checkFinite(pass.logits);
      return pass;
    });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.inTurn(() => lane.close())));
  }

  private freest(beside: number): Lane {
    while (this.lanes.length < beside) this.lanes.push(new Lane(this.parts.openSession));
    return this.lanes.slice(0, beside).reduce((best, lane) => (lane.waiting < best.waiting ? lane : best));
  }

  private checkFinite(logits: Float32Array): void {
    const index = logits.findIndex((value) => !Number.isFinite(value));
    if (index < 0) return;
    throw new QuorumError({
      code: 'ENGINE_FAILED',
      field: `${this.device}: logits[${index}]`,
      expected: 'a finite number',
      found: String(logits[index]),
    });
  }

  private check(modality: number, { data, shape }: Tensor3): void {
    const { modalityCount } = this.parts;
    if (!Number.isInteger(modality) || modality < 0 || modality >= modalityCount) {
      throw new RangeError(`modality ${modality} of ${modalityCount}`);
    }
    if (shape.some((side) => side <= 0 || side % SIDE_MULTIPLE !== 0)) {
      throw new RangeError(`sides ${shape.join(' × ')} must be multiples of ${SIDE_MULTIPLE}`);
    }
    if (data.length !== shape[0] * shape[1] * shape[2]) {
      throw new RangeError(`${data.length} voxels given for ${shape.join(' × ')}`);
    }
  }
}

/** One session at a time, and its passes one after the other, so that their memory is needed once. */
class Lane {
  /** Passes that were asked for and have not ended. */
  waiting = 0;
  private last: Promise<unknown> = Promise.resolve();
  private current: { threads: number; session: PassSession } | null = null;

  constructor(private readonly openSession: (threads: number) => Promise<PassSession>) {}

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.waiting++;
    const done = this.last.then(work).finally(() => {
      this.waiting--;
    });
    this.last = done.catch(() => undefined);
    return done;
  }

  /** The session with this number of threads; another one is closed first. */
  async open(threads: number): Promise<PassSession> {
    if (this.current?.threads !== threads) {
      await this.close();
      this.current = { threads, session: await this.openSession(threads) };
    }
    return this.current.session;
  }

  async close(): Promise<void> {
    const session = this.current?.session;
    this.current = null;
    await session?.release();
  }
}
