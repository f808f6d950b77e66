import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine, Tensor3 } from '../../../src/engine/engine.js';
import { createOnnxEngine, type OnnxEngineOptions } from '../../../src/engine/onnx/onnxEngine.js';
import { QuorumError } from '../../../src/errors.js';
import { initialiseParameters } from '../../../src/network/initialise.js';
import { buildLayers } from '../../../src/network/layers.js';
import { parameterSpecs, unflattenParameters } from '../../../src/network/parameters.js';

const layers = buildLayers(0.25);
const specs = parameterSpecs(layers, 4);
const flat = initialiseParameters(layers, 4, 3);
const options: OnnxEngineOptions = {
  parameters: unflattenParameters(flat, specs),
  layers,
  modalityCount: 4,
};
const shape = [32, 48, 16] as const;
const volume: Tensor3 = {
  data: Float32Array.from({ length: 32 * 48 * 16 }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.011)),
  shape,
};
const bytes = (a: Float32Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);

async function withEngine<T>(
  extra: Partial<OnnxEngineOptions>,
  use: (engine: InferenceEngine) => Promise<T>,
) {
  const engine = await createOnnxEngine({ ...options, ...extra });
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}

describe('the onnx engine', () => {
  let engine: InferenceEngine;
  beforeAll(async () => {
    engine = await createOnnxEngine({ ...options, threads: 1 });
  });
  afterAll(() => engine.dispose());

  it('gives three finite logits a voxel for a volume whose sides differ', async () => {
    const logits = await engine.logits(0, volume);
    expect(logits.length).toBe(3 * volume.data.length);
    expect(logits.every(Number.isFinite)).toBe(true);
    expect([engine.name, engine.device]).toEqual(['onnx', 'cpu']);
  });

  it.each([
    [16, 16, 16],
    [32, 48, 16],
    [32, 32, 64],
    [64, 48, 48],
    [48, 64, 80],
  ])('gives the same bits with 1, 2, 3, 4 and 8 threads for %i × %i × %i', async (D, H, W) => {
    const input: Tensor3 = {
      data: Float32Array.from({ length: D * H * W }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011)),
      shape: [D, H, W],
    };
    const one = bytes(await engine.logits(2, input));
    for (const threads of [2, 3, 4, 8]) {
      const many = await withEngine({ threads }, (e) => e.logits(2, input));
      expect(bytes(many).equals(one), `${threads} threads`).toBe(true);
    }
  });

  it('gives the same bits again after another size and another modality, and leaves earlier results alone', async () => {
    const first = await engine.logits(1, volume);
    const kept = Buffer.from(bytes(first));
    await engine.logits(3, { data: volume.data.subarray(0, 16 ** 3), shape: [16, 16, 16] });
    expect(bytes(await engine.logits(1, volume)).equals(kept)).toBe(true);
    expect(bytes(first).equals(kept)).toBe(true);
  });

  it('gives the same logits when passes of two sizes are asked for at once, with two threads', async () => {
    const small: Tensor3 = { data: volume.data.subarray(0, 16 ** 3), shape: [16, 16, 16] };
    const alone = [
      await engine.logits(0, volume),
      await engine.logits(1, small),
      await engine.logits(2, volume),
    ];
    const together = await withEngine({ threads: 2 }, (e) =>
      Promise.all([e.logits(0, volume), e.logits(1, small), e.logits(2, volume)]),
    );
    together.forEach((logits, i) => {
      expect(bytes(logits).equals(bytes(alone[i]))).toBe(true);
    });
  });

  it('uses each modality’s own scale and shift and nobody else’s', async () => {
    const changed = new Map(options.parameters);
    for (const { name, modality, length } of specs) {
      if (modality === 2 && name.endsWith('.bias')) changed.set(name, new Float32Array(length).fill(0.5));
    }
    await withEngine({ parameters: changed }, async (other) => {
      for (let m = 0; m < 4; m++) {
        const same = bytes(await other.logits(m, volume)).equals(bytes(await engine.logits(m, volume)));
        expect(same).toBe(m !== 2);
      }
    });
  });

  it('refuses a modality, a shape or a number of voxels that cannot be', async () => {
    await expect(engine.logits(4, volume)).rejects.toThrow(RangeError);
    await expect(engine.logits(0, { data: new Float32Array(17 * 256), shape: [17, 16, 16] })).rejects.toThrow(
      /multiples of 16/,
    );
    await expect(engine.logits(0, { data: new Float32Array(5), shape: [16, 16, 16] })).rejects.toThrow(
      /5 voxels/,
    );
  });

  it('reports a logit that is not finite as a failure of the engine', async () => {
    const poisoned = new Map(options.parameters);
    poisoned.set('module.outc.conv.module.bias', new Float32Array([0, Number.NaN, 0]));
    const error = await withEngine({ parameters: poisoned }, (e) => e.logits(0, volume)).catch((e) => e);
    expect(error).toBeInstanceOf(QuorumError);
    expect((error as QuorumError).problem).toMatchObject({
      code: 'ENGINE_FAILED',
      field: `cpu: logits[${volume.data.length}]`,
      found: 'NaN',
    });
  });

  it('says so when this build of onnxruntime has no such device', async () => {
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
    const error = await createOnnxEngine({ ...options, device: absent }).catch((e) => e);
    expect(error).toBeInstanceOf(QuorumError);
    expect((error as QuorumError).problem).toMatchObject({
      code: 'DEVICE_NOT_AVAILABLE',
      field: `onnx ${absent}`,
    });
  });
});
