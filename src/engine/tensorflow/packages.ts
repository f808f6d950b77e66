/** What tfjs's GPUs need beside tfjs: found here without loading tfjs, which takes a fifth of a second. */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { QuorumError } from '../../errors.js';

const NODE_GPU = '@tensorflow/tfjs-node-gpu';

/** Dawn itself, which loads no driver yet. @throws QuorumError DEVICE_NOT_AVAILABLE. */
export async function loadDawn(): Promise<typeof import('webgpu')> {
  try {
    return await import('webgpu');
  } catch (error) {
    throw webGpuMissing('the optional package "webgpu" cannot be loaded', error);
  }
}

/** The problem DEVICE_NOT_AVAILABLE of a machine without WebGPU. */
export function webGpuMissing(found: string, cause?: unknown): QuorumError {
  return new QuorumError(
    { code: 'DEVICE_NOT_AVAILABLE', field: 'webgpu', expected: 'a WebGPU adapter', found },
    { cause },
  );
}

/**
 * The main file of tfjs-node-gpu, not loaded.
 *
 * @param folder the package itself, or where it was installed.
 * @throws QuorumError DEVICE_NOT_AVAILABLE.
 */
export function resolveNodeGpu(folder: string | undefined): string {
  const from = createRequire(folder === undefined ? import.meta.url : resolve(folder, 'package.json'));
  const requests = folder === undefined ? [NODE_GPU] : [NODE_GPU, resolve(folder)];
  for (const request of requests) {
    try {
      return from.resolve(request);
    } catch {
      // The next request may be there.
    }
  }
  throw nodeGpuMissing(
    folder === undefined ? 'the package is not installed' : `nothing loadable in ${folder}`,
  );
}

/** The problem DEVICE_NOT_AVAILABLE of a machine without tfjs-node-gpu or a CUDA device. */
export function nodeGpuMissing(found: string, cause?: unknown): QuorumError {
  return new QuorumError(
    {
      code: 'DEVICE_NOT_AVAILABLE',
      field: 'tfjs-node-gpu',
      expected: `${NODE_GPU} and a CUDA device`,
      found,
    },
    { cause },
  );
}
