import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { buildLayers } from '../../../src/network/layers.js';
import { takeParameters } from '../../../src/network/parameters.js';
import { readSafetensors, type Safetensors } from '../../../src/network/safetensors.js';

const REFERENCE = new URL('../../reference/', import.meta.url).pathname;
const SIDE = 16;
const layers = buildLayers(0.25);

describe.each(['ds-gmd-a', 'ds-gmd-conflict'])('%s: logits of the authors’ network', (name) => {
  let file: Safetensors;
  let engine: InferenceEngine;
  const single: Float32Array[] = [];

  beforeAll(async () => {
    file = await readSafetensors(`${REFERENCE}${name}.safetensors`);
    const parameters = takeParameters(file.tensors, layers, 4, { prefix: 'param/' });
    engine = await createOnnxEngine({ parameters, layers, modalityCount: 4 });
    const input = file.tensors.get('input')!.data as Float32Array;
    for (let m = 0; m < 4; m++) {
      const data = input.subarray(m * SIDE ** 3, (m + 1) * SIDE ** 3);
      single.push(await engine.logits(m, { data, shape: [SIDE, SIDE, SIDE] }));
    }
  });
  afterAll(() => engine.dispose());

  it('agree within 1e-4 for all 15 sets of modalities, fused as the mean of the members', () => {
    const sets = [...file.tensors.keys()].filter((key) => key.startsWith('logits/'));
    expect(sets.length).toBe(15);
    let largest = 0;
    for (const key of sets) {
      const members = [...key.slice('logits/'.length)].map(Number);
      const expected = file.tensors.get(key)!.data as Float32Array;
      expect(expected.length).toBe(3 * SIDE ** 3);
      for (let i = 0; i < expected.length; i++) {
        const fused = members.reduce((sum, m) => sum + single[m][i], 0) / members.length;
        largest = Math.max(largest, Math.abs(fused - expected[i]));
      }
    }
    console.info(`onnx on the CPU, ${name}: largest difference of a logit ${largest.toExponential(2)}`);
    expect(largest).toBeLessThan(1e-4);
  });
});
