/** What can be checked of tfjs-node-gpu without it: how a stand-in package is found, loaded and judged. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireBackend } from '../../../src/engine/tensorflow/backend.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-node-gpu-'));
});
afterEach(async () => {
  if (tf.findBackendFactory('tensorflow')) tf.removeBackend('tensorflow');
  await rm(folder, { recursive: true });
});

/** A package that registers the CPU backend under tfjs-node's name, as tfjs-node does when it is loaded. */
async function writePackage(where: string, isUsingGpuDevice: boolean): Promise<void> {
  const require = createRequire(import.meta.url);
  const [core, cpu] = ['tfjs-core', 'tfjs-backend-cpu'].map((name) =>
    JSON.stringify(require.resolve(`@tensorflow/${name}`)),
  );
  await mkdir(where, { recursive: true });
  await writeFile(join(where, 'package.json'), JSON.stringify({ name: 'stand-in', main: 'main.cjs' }));
  await writeFile(
    join(where, 'main.cjs'),
    `const util = require('node:util');
     if (!util.isNullOrUndefined(null) || util.isNullOrUndefined(0)) throw new Error('isNullOrUndefined');
     const { MathBackendCPU } = require(${cpu});
     const backend = Object.assign(new MathBackendCPU(), { isUsingGpuDevice: ${isUsingGpuDevice} });
     require(${core}).registerBackend('tensorflow', () => backend);`,
  );
}

describe('tfjs-node-gpu', () => {
  it('is loaded from the folder that is named', async () => {
    await writePackage(folder, true);
    const backend = await acquireBackend('tfjs-node-gpu', { nodeGpuFolder: folder });
    expect(backend.device).toBe('tfjs-node-gpu (CUDA)');
    expect(tf.getBackend()).toBe('tensorflow');
    await backend.dispose();
  });

  it('is loaded from where it was installed, also when Node has no util.isNullOrUndefined', async () => {
    const legacy = util as { isNullOrUndefined?: unknown };
    const own = legacy.isNullOrUndefined;
    legacy.isNullOrUndefined = undefined;
    await writePackage(join(folder, 'node_modules', '@tensorflow', 'tfjs-node-gpu'), true);
    const backend = await acquireBackend('tfjs-node-gpu', { nodeGpuFolder: folder });
    expect(backend.device).toContain('tfjs-node-gpu');
    await backend.dispose();
    legacy.isNullOrUndefined = own;
  });

  it('is refused when it found no CUDA device', async () => {
    await writePackage(folder, false);
    await expect(acquireBackend('tfjs-node-gpu', { nodeGpuFolder: folder })).rejects.toMatchObject({
      problem: { code: 'DEVICE_NOT_AVAILABLE', found: 'it runs on the CPU: no CUDA device was found' },
    });
  });

  it('fails with a code when tfjs itself throws', async () => {
    await writePackage(folder, true);
    const backend = await acquireBackend('tfjs-node-gpu', { nodeGpuFolder: folder });
    const unknown = backend.run(() => ({ read: tf.square(tf.ones([2])), keep: [] }));
    await expect(unknown).rejects.toMatchObject({ problem: { code: 'ENGINE_FAILED' } });
    await backend.dispose();
  });
});
