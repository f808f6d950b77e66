/**
 * `@tensorflow/tfjs-node-gpu` (NVIDIA, CUDA 11.2), where the user has installed it. It shares tfjs's global engine
 * and kernel registry with our copy of tfjs-core. Nobody has run this path on a GPU for Quorum yet.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { QuorumError } from '../../errors.js';
import type { OpenedBackend, TensorflowBackendOptions } from './openedBackend.js';

const PACKAGE = '@tensorflow/tfjs-node-gpu';

/** @throws QuorumError DEVICE_NOT_AVAILABLE where the package or the GPU is missing. */
export async function openNodeGpu({ nodeGpuFolder }: TensorflowBackendOptions): Promise<OpenedBackend> {
  restoreIsNullOrUndefined();
  const file = resolveNodeGpu(nodeGpuFolder);
  try {
    await import(pathToFileURL(file).href);
    if (!(await tf.setBackend('tensorflow'))) throw new Error('its backend does not initialise');
  } catch (error) {
    throw notAvailable(error instanceof Error ? error.message : String(error), error);
  }
  if (!(tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice) {
    throw notAvailable('it runs on the CPU: no CUDA device was found');
  }
  return {
    name: 'tensorflow',
    device: 'tfjs-node-gpu (CUDA)',
    watch: () => async () => [],
    close: () => undefined,
  };
}

/**
 * The package's main file, not loaded.
 *
 * @param folder the package itself, or where it was installed.
 * @throws QuorumError DEVICE_NOT_AVAILABLE.
 */
export function resolveNodeGpu(folder: string | undefined): string {
  const from = createRequire(folder === undefined ? import.meta.url : resolve(folder, 'package.json'));
  const requests = folder === undefined ? [PACKAGE] : [PACKAGE, resolve(folder)];
  for (const request of requests) {
    try {
      return from.resolve(request);
    } catch {
      // The next request may be there.
    }
  }
  throw notAvailable(folder === undefined ? 'the package is not installed' : `nothing loadable in ${folder}`);
}

/** tfjs-node 4.22 calls what Node 23 removed. */
function restoreIsNullOrUndefined(): void {
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

function notAvailable(found: string, cause?: unknown): QuorumError {
  return new QuorumError(
    { code: 'DEVICE_NOT_AVAILABLE', field: 'tfjs-node-gpu', expected: `${PACKAGE} and a CUDA device`, found },
    { cause },
  );
}
