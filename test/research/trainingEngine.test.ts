import { describe, expect, it } from 'vitest';
import { buildLayers } from '../../src/network/layers.js';
import { trainingEngine } from '../../src/research/trainingEngine.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const verdictFolder = temporaryFolder().path;

describe('the engine that trains', () => {
  it('is the project’s own on the CPU, with memory that its kernels reach', async () => {
    const open = await trainingEngine('cpu', { verdictFolder, threads: 1 });
    const { engine, memory } = await open(buildLayers(0.25), 4);
    expect([engine.name, engine.device]).toEqual(['wasm', 'cpu']);
    const vector = memory!.create(8);
    expect(vector.buffer).toBeInstanceOf(SharedArrayBuffer);
    await engine.dispose();
  });

  it('is no device that only segments, and none that does not exist', async () => {
    for (const device of ['onnx-cuda', 'auto', 'abacus']) {
      const problem = await problemOfRefusal(trainingEngine(device, { verdictFolder }));
      expect(problem).toMatchObject({ code: 'DEVICE_NOT_AVAILABLE', field: 'device', found: device });
      expect(problem.expected).toContain('tensorflow-webgpu');
    }
  });

  it('is no GPU that is not there or has failed its self-test', async () => {
    const problem = await problemOfRefusal(trainingEngine('tensorflow-node-gpu', { verdictFolder }));
    expect(['DEVICE_NOT_AVAILABLE', 'DEVICE_REJECTED']).toContain(problem.code);
  });
});
