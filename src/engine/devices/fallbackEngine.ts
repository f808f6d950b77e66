import { isQuorumError, type Problem } from '../../errors.js';
import type { InferenceEngine } from '../engine.js';

/** Something that happened to a device and belongs in the report. */
export interface EngineEvent {
  readonly kind: 'repeated-on-cpu';
  /** The device that failed. */
  readonly device: string;
  readonly problem: Problem;
}

/** Runs jobs on one engine, and on the CPU once that has failed. */
export interface FallbackEngine {
  /** Name and device of the engine that the last job ended on. */
  readonly name: InferenceEngine['name'];
  readonly device: string;
  /** What happened to devices in the last job; earlier jobs' events are not told again. */
  readonly events: readonly EngineEvent[];
  /**
   * Runs a job. When the device fails in it (lost, out of memory, a logit that is not finite: ENGINE_FAILED), the
   * whole job is repeated on the CPU, so that no result mixes devices, and later jobs stay there. Other errors are
   * the job's own.
   */
  run<T>(job: (engine: InferenceEngine) => Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

/**
 * @param primary the engine to begin with.
 * @param makeCpu makes the engine to fall back to; null when `primary` is the CPU, whose failures are final.
 */
export function createFallbackEngine(
  primary: InferenceEngine,
  makeCpu: (() => Promise<InferenceEngine>) | null,
): FallbackEngine {
  let engine = primary;
  let fallback = makeCpu;
  let events: readonly EngineEvent[] = [];
  return {
    get name() {
      return engine.name;
    },
    get device() {
      return engine.device;
    },
    get events() {
      return events;
    },
    async run(job) {
      events = [];
      try {
        return await job(engine);
      } catch (error) {
        if (!fallback || !isQuorumError(error) || error.code !== 'ENGINE_FAILED') throw error;
        events = [{ kind: 'repeated-on-cpu', device: engine.device, problem: error.problem }];
        // A lost device may fail once more when it is closed.
        await engine.dispose().catch(() => undefined);
        engine = await fallback();
        fallback = null;
        return job(engine);
      }
    },
    dispose: () => engine.dispose(),
  };
}
