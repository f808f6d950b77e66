import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  createTensorflowEngine,
  createTensorflowTrainingEngine,
  type TensorflowEngineOptions,
} from '../../../src/engine/tensorflow/engine.js';
import { problemOf } from '../../../src/errors.js';
import { flattenParameters } from '../../../src/network/parameters.js';
import { largestDifference, MODALITY_COUNT, readReference, relativeError } from './reference.js';

await tf.setBackend('cpu');
const reference = await readReference('ds-gmd-a');
const flat = flattenParameters(reference.parameters, reference.specs);
const options: TensorflowEngineOptions = {
  layers: reference.layers,
  parameters: reference.parameters,
  modalityCount: MODALITY_COUNT,
  device: 'cpu',
};

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return problemOf(
    await promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  ).code;
}

describe('inference', () => {
  it('frees what a pass needed after it, and everything at the end', async () => {
    const start = tf.memory().numTensors;
    const engine = await createTensorflowEngine(options);
    const opened = tf.memory().numTensors;
    await engine.logits(0, reference.inputs[0]);
    expect(tf.memory().numTensors).toBe(opened);
    await engine.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });

  it('refuses an input that is not finite in its logits, and frees what it had made', async () => {
    const engine = await createTensorflowEngine(options);
    const before = tf.memory().numTensors;
    const data = reference.inputs[0].data.slice();
    data[100] = Number.NaN;
    expect(await codeOf(engine.logits(0, { data, shape: [16, 16, 16] }))).toBe('ENGINE_FAILED');
    expect(tf.memory().numTensors).toBe(before);
    await engine.dispose();
  });

  it('refuses a modality and sides that the network does not have', async () => {
    const engine = await createTensorflowEngine(options);
    await expect(engine.logits(4, reference.inputs[0])).rejects.toThrow('modality 4');
    const data = new Float32Array(16 * 16 * 20);
    await expect(engine.logits(0, { data, shape: [16, 16, 20] })).rejects.toThrow('multiples of 16');
    await engine.dispose();
  });

  it('serves one engine after another was disposed of', async () => {
    const [first, second] = [await createTensorflowEngine(options), await createTensorflowEngine(options)];
    await first.dispose();
    await first.dispose();
    const logits = await second.logits(1, reference.inputs[1]);
    await second.dispose();
    expect(largestDifference(logits, reference.values('logits/1'))).toBeLessThan(1e-4);
  });

  it('names a backend that is not there', async () => {
    const missing = createTensorflowEngine({
      ...options,
      device: 'tfjs-node-gpu',
      nodeGpuFolder: '/nowhere',
    });
    await expect(missing).rejects.toMatchObject({
      problem: {
        code: 'DEVICE_NOT_AVAILABLE',
        field: 'tfjs-node-gpu',
        found: 'nothing loadable in /nowhere',
      },
    });
  });
});

describe('training', () => {
  it('adds to the gradient, leaves other modalities alone and frees everything', async () => {
    const start = tf.memory().numTensors;
    const engine = await createTensorflowTrainingEngine(options);
    await engine.setParameters(flat);
    const branch = await engine.forward(2, reference.inputs[2]);
    const kept = tf.memory().numTensors;
    const once = new Float32Array(flat.length);
    await branch.backward(branch.logits, once);
    const twice = new Float32Array(flat.length).fill(1);
    await branch.backward(
      branch.logits.map((z) => 2 * z),
      twice,
    );
    expect(tf.memory().numTensors).toBe(kept);
    expect(
      relativeError(
        twice.map((g) => g - 1),
        once.map((g) => 2 * g),
      ),
    ).toBeLessThan(1e-5);
    for (const { name, offset, length, modality } of reference.specs) {
      const touched = once.subarray(offset, offset + length).some((g) => g !== 0);
      expect(touched, name).toBe(modality === null || modality === 2);
    }
    branch.release();
    expect(await codeOf(branch.backward(branch.logits, once))).toBe('ENGINE_FAILED');
    await engine.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });

  it('releases branches when the parameters change, and at the end', async () => {
    const start = tf.memory().numTensors;
    const engine = await createTensorflowTrainingEngine(options);
    await expect(engine.forward(0, reference.inputs[0])).rejects.toThrow('no parameters');
    await engine.setParameters(flat);
    const branch = await engine.forward(0, reference.inputs[0]);
    await engine.setParameters(flat);
    expect(await codeOf(branch.backward(branch.logits, new Float32Array(flat.length)))).toBe('ENGINE_FAILED');
    await engine.forward(1, reference.inputs[1]);
    await engine.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });
});
