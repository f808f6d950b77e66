/**
 * `@tensorflow/tfjs-node-gpu` (NVIDIA, CUDA 11.2), where the user has installed it. It shares tfjs's global engine
 * and kernel registry with our copy of tfjs-core. Nobody has run this path on a GPU for Quorum yet.
 */
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { OpenedBackend, TensorflowBackendOptions } from './openedBackend.js';
import { nodeGpuMissing, resolveNodeGpu } from './packages.js';

/** @throws QuorumError DEVICE_NOT_AVAILABLE where the package or the GPU is missing. */
export async function openNodeGpu({ nodeGpuFolder }: TensorflowBackendOptions): Promise<OpenedBackend> {
  restoreIsNullOrUndefined();
  const file = resolveNodeGpu(nodeGpuFolder);
  try {
    await import(pathToFileURL(file).href);
    if (!(await tf.setBackend('tensorflow'))) throw new Error('its backend does not initialise');
  } catch (error) {
    throw nodeGpuMissing(error instanceof Error ? error.message : String(error), error);
  }
  if (!(tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice) {
    throw nodeGpuMissing('it runs on the CPU: no CUDA device was found');
  }
  return {
    name: 'tensorflow',
    device: 'tfjs-node-gpu (CUDA)',
    watch: () => async () => [],
    close: () => undefined,
  };
}

/** tfjs-node 4.22 calls what Node 23 removed. */
function restoreIsNullOrUndefined(): void {
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
}
