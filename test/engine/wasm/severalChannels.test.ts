/** A network with several input channels (early fusion) on the wasm engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor3, TrainingEngine } from '../../../src/engine/engine.js';
import { createTensorflowTrainingEngine } from '../../../src/engine/tensorflow/engine.js';
import { WasmEngine } from '../../../src/engine/wasm/engine.js';
import { initialiseParameters } from '../../../src/network/initialise.js';
import { buildLayers } from '../../../src/network/layers.js';
import { parameterSpecs } from '../../../src/network/parameters.js';
import { error, inner, values } from '../../kernels/volumes.js';

const CHANNELS = 4;
const VOXELS = 16 ** 3;
const layers = buildLayers(0.25, 3, CHANNELS);
const [firstWeights] = parameterSpecs(layers, 1);
const parameters = initialiseParameters(layers, 1, 3);

/** The third channel is a modality that is not there. */
const input: Tensor3 = { data: values(CHANNELS * VOXELS, 2), shape: [16, 16, 16] };
input.data.fill(0, 2 * VOXELS, 3 * VOXELS);

async function pass(engine: TrainingEngine) {
  await engine.setParameters(parameters);
  const branch = await engine.forward(0, input);
  const gradient = new Float32Array(parameters.length);
  await branch.backward(values(branch.logits.length, 5), gradient);
  branch.release();
  return { logits: branch.logits, gradient };
}

describe('a network with four input channels', () => {
  let engine: WasmEngine;
  let result: Awaited<ReturnType<typeof pass>>;
  beforeAll(async () => {
    engine = new WasmEngine({ layers, modalityCount: 1, threads: 2 });
    result = await pass(engine);
  });
  afterAll(() => engine.dispose());

  it('has filters for every channel, and first values of the variance that fits them', () => {
    expect(firstWeights.shape).toEqual([8, CHANNELS, 3, 3, 3]);
    const weights = parameters.subarray(0, firstWeights.length);
    expect(inner(weights, weights) / weights.length).toBeCloseTo(2 / (CHANNELS * 27), 2);
  });

  it('gives the logits and the gradient that tfjs computes', async () => {
    const other = await createTensorflowTrainingEngine({ layers, modalityCount: 1, device: 'cpu' });
    const expected = await pass(other);
    await other.dispose();
    expect(error(result.logits, expected.logits)).toBeLessThan(1e-4);
    const first = ({ gradient }: typeof result) => gradient.subarray(0, firstWeights.length);
    expect(error(first(result), first(expected))).toBeLessThan(1e-3);
    expect(error(result.gradient, expected.gradient)).toBeLessThan(1e-3);
  }, 60_000);

  it('has the gradient of central differences along the first filters of each channel', async () => {
    const cotangent = values(3 * VOXELS, 5);
    const valueAt = async (direction: Float32Array, step: number) => {
      await engine.setParameters(parameters.map((value, i) => value + step * (direction[i] ?? 0)));
      return inner(cotangent, await engine.logits(0, input));
    };
    for (const channel of [0, 1, 3]) {
      const direction = Float32Array.from(result.gradient.subarray(0, firstWeights.length), (g, i) =>
        Math.floor(i / 27) % CHANNELS === channel ? g : 0,
      );
      const length = Math.sqrt(inner(direction, direction));
      const unit = direction.map((value) => value / length);
      const slope = ((await valueAt(unit, 1e-3)) - (await valueAt(unit, -1e-3))) / 2e-3;
      expect(Math.abs(slope / length - 1), `channel ${channel}`).toBeLessThan(0.02);
    }
  });

  it('asks nothing of the filters of a channel that is zero', () => {
    const own = result.gradient.subarray(0, firstWeights.length);
    own.forEach((value, i) => {
      if (Math.floor(i / 27) % CHANNELS === 2) expect(value).toBe(0);
    });
    expect(own.some((value) => value !== 0)).toBe(true);
  });

  it('refuses an input with another number of channels', async () => {
    const single = { data: input.data.subarray(0, VOXELS), shape: input.shape };
    await expect(engine.logits(0, single)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      problem: { field: 'data', expected: String(CHANNELS * VOXELS) },
    });
  });
});
