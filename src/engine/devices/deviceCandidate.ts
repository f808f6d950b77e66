import { QuorumError } from '../../errors.js';
import type { Model } from '../../model/model.js';
import type { Layer } from '../../network/layers.js';
import type { Parameters } from '../../network/parameters.js';
import type { InferenceEngine } from '../engine.js';

/** What every engine needs to know of a model. */
export interface NetworkWeights {
  readonly parameters: Parameters;
  readonly layers: readonly Layer[];
  readonly modalityCount: number;
}

/** What an engine needs of a model. */
export function networkOf({ parameters, layers, description }: Model): NetworkWeights {
  return { parameters, layers, modalityCount: description.modalities.length };
}

export interface EngineOptions {
  /** CPU threads; all that this process may use unless said otherwise. */
  readonly threads?: number;
  /** The GPU's name, for reports. */
  readonly adapter?: string;
  /** Folder of the user's `@tensorflow/tfjs-node-gpu`. */
  readonly nodeGpuFolder?: string;
}

/** Something that can run the network, if this machine has it. */
export interface DeviceCandidate {
  /** What the user writes, e.g. `cpu`, `onnx-webgpu`. */
  readonly id: string;
  readonly engine: InferenceEngine['name'];
  readonly kind: 'cpu' | 'gpu';
  /** Why it cannot be here at all, or null. Must load no GPU driver: that is left to the self-test's own process. */
  unavailable(options: EngineOptions): Promise<string | null>;
  /** Version of the library that drives the device; a new one is tested anew. */
  runtimeVersion(): Promise<string>;
  /** @throws QuorumError DEVICE_NOT_AVAILABLE. */
  create(network: NetworkWeights, options: EngineOptions): Promise<InferenceEngine>;
}

/**
 * The first CPU engine that this platform has.
 *
 * @throws QuorumError DEVICE_NOT_AVAILABLE with every candidate's reason.
 */
export async function firstCpuCandidate(
  candidates: readonly DeviceCandidate[],
  options: EngineOptions,
): Promise<DeviceCandidate> {
  const reasons: string[] = [];
  for (const candidate of candidates.filter(({ kind }) => kind === 'cpu')) {
    const reason = await candidate.unavailable(options);
    if (reason === null) return candidate;
    reasons.push(`${candidate.id}: ${reason}`);
  }
  throw new QuorumError({
    code: 'DEVICE_NOT_AVAILABLE',
    field: 'device',
    expected: 'a CPU engine',
    found: reasons.join('; ') || 'none',
  });
}
