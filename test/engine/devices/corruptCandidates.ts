/** Devices with one fault each, beside a CPU that takes its time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceCandidate } from '../../../src/engine/devices/deviceCandidate.js';
import type { InferenceEngine } from '../../../src/engine/engine.js';
import { QuorumError } from '../../../src/errors.js';

type Corruption = (logits: Float32Array) => Float32Array | Promise<Float32Array>;

export const CORRUPTIONS: Record<string, Corruption> = {
  good: (logits) => logits,
  // One logit in the middle, wrong by twice what is allowed.
  'slightly-wrong': (logits) => {
    logits[logits.length >> 1] += 0.02;
    return logits;
  },
  // Every logit within what is allowed, but all in one direction.
  shifted: (logits) => logits.map((z) => z + 0.009),
  nan: (logits) => logits.fill(Number.NaN, 5, 6),
  throwing: () => {
    throw new QuorumError({ code: 'ENGINE_FAILED', field: 'gpu', found: 'device lost' });
  },
  short: (logits) => logits.subarray(1),
  slow: async (logits) => {
    await sleep(200);
    return logits;
  },
  crashing: () => process.abort(),
  hanging: () => new Promise(() => setInterval(() => undefined, 1000)),
};

/** Stands for any engine: its logits follow from the input at once, so that times are those of the sleeps alone. */
export const promptEngine: InferenceEngine = logitsOnly('prompt', {
  logits: async (modality, { data }) => {
    const logits = new Float32Array(3 * data.length);
    for (let i = 0; i < logits.length; i++) {
      logits[i] = data[i % data.length] - 0.35 + 0.1 * modality + 0.2 * Math.floor(i / data.length);
    }
    return logits;
  },
  dispose: async () => undefined,
});

/** An engine whose network has no bottleneck. */
function logitsOnly(
  device: string,
  { logits, dispose }: Pick<InferenceEngine, 'logits' | 'dispose'>,
): InferenceEngine {
  const pass: InferenceEngine['pass'] = async (modality, input) => ({
    logits: await logits(modality, input),
    features: new Float32Array(0),
  });
  return { name: 'onnx', device, logits, pass, dispose };
}

/** The CPU of this world: `promptEngine`, but each pass takes a while. */
export const leisurely: Corruption = async (logits) => {
  await sleep(60);
  return logits;
};

/** `engine` with every pass's logits put through a corruption. */
export function corrupted(engine: InferenceEngine, corruption: Corruption, device: string): InferenceEngine {
  return logitsOnly(device, {
    logits: async (modality, input) => corruption(await engine.logits(modality, input)),
    dispose: () => engine.dispose(),
  });
}

function candidate(id: string, kind: 'cpu' | 'gpu', corruption: Corruption): DeviceCandidate {
  return {
    id,
    engine: 'onnx',
    kind,
    unavailable: async () => null,
    runtimeVersion: async () => process.env.QUORUM_TEST_RUNTIME ?? 'runtime 1',
    create: async () => corrupted(promptEngine, corruption, id),
  };
}

export function deviceCandidates(): DeviceCandidate[] {
  return [
    { ...candidate('absent', 'gpu', CORRUPTIONS.good), unavailable: async () => 'not in this world' },
    candidate('cpu', 'cpu', leisurely),
    ...Object.entries(CORRUPTIONS)
      .reverse()
      .map(([id, corruption]) => candidate(id, 'gpu', corruption)),
  ];
}
