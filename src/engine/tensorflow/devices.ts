/** The GPUs that tfjs can reach, for the list of devices. */
import { createRequire } from 'node:module';
import { version_core } from '@tensorflow/tfjs-core';
import { problemOf } from '../../errors.js';
import type { DeviceCandidate } from '../devices/deviceCandidate.js';
import { createTensorflowEngine } from './engine.js';
import { resolveNodeGpu } from './nodeGpu.js';
import { loadDawn } from './webgpu.js';

/** In the order in which they are tried: CUDA where the user has it, then WebGPU. */
export function tensorflowDevices(): DeviceCandidate[] {
  return [
    {
      id: 'tensorflow-node-gpu',
      engine: 'tensorflow',
      kind: 'gpu',
      unavailable: ({ nodeGpuFolder }) => reasonFrom(async () => resolveNodeGpu(nodeGpuFolder)),
      runtimeVersion: async () => `tfjs ${version_core}, tfjs-node-gpu`,
      create: (network, options) =>
        createTensorflowEngine({ ...network, ...options, device: 'tfjs-node-gpu' }),
    },
    {
      id: 'tensorflow-webgpu',
      engine: 'tensorflow',
      kind: 'gpu',
      unavailable: () => reasonFrom(loadDawn),
      runtimeVersion: async () => `tfjs ${version_core}, webgpu ${dawnVersion()}`,
      create: (network) => createTensorflowEngine({ ...network, device: 'webgpu' }),
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

function dawnVersion(): string {
  return (createRequire(import.meta.url)('webgpu/package.json') as { version: string }).version;
}
