import { describe, expect, it } from 'vitest';
import { deviceCandidates } from '../../../src/engine/devices/candidates.js';
import { onnxCandidates } from '../../../src/engine/devices/onnxCandidates.js';

describe('the devices of onnxruntime', () => {
  it('have ids that differ, and one of them is the CPU', () => {
    const ids = deviceCandidates().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(deviceCandidates().filter(({ kind }) => kind === 'cpu')[0].id).toBe('cpu');
  });

  it('say why those of other platforms are not here', async () => {
    const reasonOf = (id: string) =>
      onnxCandidates()
        .find((one) => one.id === id)!
        .unavailable({});
    expect(await reasonOf('cpu')).toBeNull();
    const foreign = process.platform === 'darwin' ? 'onnx-dml' : 'onnx-coreml';
    expect(await reasonOf(foreign)).toBe('onnxruntime has no such provider on this platform');
    if (process.platform === 'linux') expect(await reasonOf('onnx-cuda')).toMatch(/not installed/);
  });

  it('state the version of onnxruntime', async () => {
    expect(await onnxCandidates()[0].runtimeVersion()).toMatch(/^onnxruntime \d+\.\d+\.\d+/);
  });
});
