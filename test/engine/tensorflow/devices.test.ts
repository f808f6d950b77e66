import { describe, expect, it } from 'vitest';
import { tensorflowDevices } from '../../../src/engine/tensorflow/devices.js';

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
