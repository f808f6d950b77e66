import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchSelfTest } from '../../../src/engine/devices/launchSelfTest.js';
import { inspectDevices } from '../../../src/engine/devices/selectEngine.js';
import { tensorflowDevices } from '../../../src/engine/tensorflow/devices.js';
import { swiftshaderEnvironment } from './swiftshader.js';

describe('tensorflowDevices', () => {
  it('says why tfjs-node-gpu is not here', async () => {
    const nodeGpu = tensorflowDevices().find(({ id }) => id === 'tensorflow-node-gpu')!;
    expect(await nodeGpu.unavailable({ nodeGpuFolder: '/nowhere' })).toBe('nothing loadable in /nowhere');
  });

  it('states the versions that a verdict rests on', async () => {
    const webgpu = tensorflowDevices().find(({ id }) => id === 'tensorflow-webgpu')!;
    expect(await webgpu.unavailable({})).toBeNull();
    expect(await webgpu.runtimeVersion()).toMatch(/^tfjs \d+\.\d+\.\d+, webgpu \d+\.\d+\.\d+$/);
  });
});

describe.skipIf(!swiftshaderEnvironment)('self-test of tensorflow-webgpu on SwiftShader', () => {
  it('finds the right numbers and rejects the device for its speed', async () => {
    Object.assign(process.env, swiftshaderEnvironment);
    const verdictFolder = await mkdtemp(join(tmpdir(), 'quorum-verdicts-'));
    const statuses = await inspectDevices({
      verdictFolder,
      candidatesModule: new URL('candidates.ts', import.meta.url),
      launch: (request) => launchSelfTest(request, { execArgv: ['--import', 'tsx'], timeoutMs: 240_000 }),
    });
    await rm(verdictFolder, { recursive: true });
    const { verdict } = statuses.find(({ id }) => id === 'tensorflow-webgpu')!;
    expect(verdict).toMatchObject({ accepted: false, reason: 'slower', dice: 1 });
    expect(verdict!.adapter).toContain('SwiftShader');
    expect(verdict!.maxLogitDifference).toBeLessThan(1e-4);
  }, 300_000);
});
