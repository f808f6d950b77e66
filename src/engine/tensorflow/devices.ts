/** The GPUs that tfjs can reach, for the list of devices; tfjs itself is loaded by the first that is used. */
import { createRequire } from 'node:module';
import { problemOf } from '../../errors.js';
import type { DeviceCandidate } from '../devices/deviceCandidate.js';
import type { InferenceEngine } from '../engine.js';
import type { TensorflowEngineOptions } from './engine.js';
import { loadDawn, resolveNodeGpu } from './packages.js';

/** In the order in which they are tried: CUDA where the user has it, then WebGPU. */
export function tensorflowDevices(): DeviceCandidate[] {
  return [
    {
      id: 'tensorflow-node-gpu',
      engine: 'tensorflow',
      kind: 'gpu',
      unavailable: ({ nodeGpuFolder }) => reasonFrom(async () => resolveNodeGpu(nodeGpuFolder)),
      runtimeVersion: async () => `tfjs ${versionOf('@tensorflow/tfjs-core')}, tfjs-node-gpu`,
      create: (network, options) => createEngine({ ...network, ...options, device: 'tfjs-node-gpu' }),
    },
    {
      id: 'tensorflow-webgpu',
      engine: 'tensorflow',
      kind: 'gpu',
      unavailable: () => reasonFrom(loadDawn),
      runtimeVersion: async () => `tfjs ${versionOf('@tensorflow/tfjs-core')}, webgpu ${versionOf('webgpu')}`,
      create: (network) => createEngine({ ...network, device: 'webgpu' }),
    },
  ];
}

/** What `attempt` throws, in words, or null. */
async function reasonFrom(attempt: () => Promise<unknown>): Promise<string | null> {
  try {
    await attempt();
    return null;
  } catch (error) {
    return problemOf(error).found ?? problemOf(error).code;
  }
}

async function createEngine(options: TensorflowEngineOptions): Promise<InferenceEngine> {
  return (await import('./engine.js')).createTensorflowEngine(options);
}

function versionOf(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}
