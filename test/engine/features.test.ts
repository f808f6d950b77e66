import { describe, expect, it } from 'vitest';
import type { InferenceEngine, Tensor3 } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { acquireBackend } from '../../src/engine/tensorflow/backend.js';
import { uploadParameters } from '../../src/engine/tensorflow/deviceParameters.js';
import { createTensorflowEngine } from '../../src/engine/tensorflow/engine.js';
import { walkForward } from '../../src/engine/tensorflow/walk.js';
import { createWasmEngine } from '../../src/engine/wasm/engine.js';
import { BOTTLENECK } from '../../src/network/layers.js';
import { flattenParameters } from '../../src/network/parameters.js';
import { values } from '../kernels/volumes.js';
import { readReference } from './tensorflow/reference.js';

/** Two bottleneck voxels, so that a margin that is counted shows. */
const input: Tensor3 = { data: values(16 * 16 * 32, 5), shape: [16, 16, 32] };

describe('the bottleneck’s channel means', () => {
  it('come with the same logits from all three engines, and are the mean over the activation’s voxels', async () => {
    const { layers, parameters, specs } = await readReference('ds-gmd-conflict');
    const network = { layers, parameters, modalityCount: 4 };
    const backend = await acquireBackend('cpu');
    const { values: activation } = await backend.run(() => {
      const uploaded = new Map(Object.entries(uploadParameters(flattenParameters(parameters, specs), specs)));
      const pass = walkForward({ layers, specs, parameters: uploaded, modality: 2 }, input, true);
      return { read: pass.activations[BOTTLENECK], keep: [] };
    });
    await backend.dispose();
    expect(activation).toHaveLength(2 * 64);
    const expected = Array.from({ length: 64 }, (_, c) =>
      [0, 1].reduce((sum, voxel) => sum + activation[64 * voxel + c] / 2, 0),
    );
    expect(new Set(expected.map((mean) => mean.toFixed(3))).size).toBeGreaterThan(20);
    const engines: InferenceEngine[] = [
      await createOnnxEngine(network),
      await createWasmEngine({ ...network, threads: 2 }),
      await createTensorflowEngine({ ...network, device: 'cpu' }),
    ];
    for (const engine of engines) {
      const { logits, features } = await engine.pass(2, input);
      expect(features).toHaveLength(64);
      features.forEach((mean, c) => expect(mean, `${engine.name} ${c}`).toBeCloseTo(expected[c], 4));
      expect(await engine.logits(2, input)).toEqual(logits);
      await engine.dispose();
    }
  });
});
