/** Devices with one fault each, all made from the onnx engine on the CPU; the CPU of this world is slow. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceCandidate } from '../../../src/engine/devices/deviceCandidate.js';
import type { InferenceEngine } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
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
    await sleep(1200);
    return logits;
  },
  crashing: () => process.abort(),
  hanging: () => new Promise(() => setInterval(() => undefined, 1000)),
};

/** `engine` with every pass's logits put through a corruption. */
export function corrupted(engine: InferenceEngine, corruption: Corruption, device: string): InferenceEngine {
  return {
    name: engine.name,
    device,
    logits: async (modality, input) => corruption(await engine.logits(modality, input)),
    dispose: () => engine.dispose(),
  };
}

function candidate(id: string, kind: 'cpu' | 'gpu', corruption: Corruption): DeviceCandidate {
  return {
    id,
    engine: 'onnx',
    kind,
    unavailable: async () => null,
    runtimeVersion: async () => process.env.QUORUM_TEST_RUNTIME ?? 'runtime 1',
    create: async (network, options) =>
      corrupted(await createOnnxEngine({ ...network, ...options, device: 'cpu' }), corruption, id),
  };
}

export function deviceCandidates(): DeviceCandidate[] {
  return [
    { ...candidate('absent', 'gpu', CORRUPTIONS.good), unavailable: async () => 'not in this world' },
    candidate('cpu', 'cpu', async (logits) => {
      await sleep(300);
      return logits;
    }),
    ...Object.entries(CORRUPTIONS)
      .reverse()
      .map(([id, corruption]) => candidate(id, 'gpu', corruption)),
  ];
}
