import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor3 } from '../../../src/engine/engine.js';
import { WasmEngine } from '../../../src/engine/wasm/engine.js';
import { PoolVectors } from '../../../src/kernels/index.js';
import { buildLayers } from '../../../src/network/layers.js';
import { parameterSpecs } from '../../../src/network/parameters.js';
import { values } from '../../kernels/volumes.js';

const layers = buildLayers(0.25);
const specs = parameterSpecs(layers, 2);
const LENGTH = specs[specs.length - 1].offset + specs[specs.length - 1].length;

async function open(threads: number, strict = false): Promise<WasmEngine> {
  const engine = new WasmEngine({ layers, modalityCount: 2, threads, strict });
  await engine.setParameters(values(LENGTH, 1).map((value) => 0.2 * value));
  return engine;
}

function volume(...shape: [number, number, number]): Tensor3 {
  return { data: values(shape[0] * shape[1] * shape[2], 2), shape };
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
    Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}

async function passes(engine: WasmEngine, input: Tensor3) {
  const branch = await engine.forward(1, input);
  const cotangent = values(branch.logits.length, 3);
  const gradients = [new Float32Array(LENGTH), new Float32Array(LENGTH)];
  for (const gradient of gradients) await branch.backward(cotangent, gradient);
  branch.release();
  return { logits: branch.logits, gradients };
}

describe('the wasm engine', () => {
  it.each([false, true])('gives the same bits with 1, 2 and 3 threads (strict: %s)', async (strict) => {
    const results = [];
    for (const threads of [1, 2, 3]) {
      const engine = await open(threads, strict);
      results.push(await passes(engine, volume(16, 32, 48)));
      await engine.dispose();
    }
    for (const { logits, gradients } of results.slice(1)) {
      expect(sameBits(logits, results[0].logits)).toBe(true);
      expect(sameBits(gradients[0], results[0].gradients[0])).toBe(true);
    }
  });
});

describe('an open wasm engine', () => {
  let engine: WasmEngine;
  beforeAll(async () => {
    engine = await open(2);
  });
  afterAll(() => engine.dispose());

  it('walks back twice to the same gradient, and adds to what is there', async () => {
    const input = volume(16, 16, 32);
    const { gradients } = await passes(engine, input);
    expect(sameBits(gradients[1], gradients[0])).toBe(true);
    expect(gradients[0].some((value) => value !== 0)).toBe(true);
    const branch = await engine.forward(1, input);
    const sum = new Float32Array(LENGTH).fill(8);
    await branch.backward(values(branch.logits.length, 3), sum);
    branch.release();
    const largest = sum.reduce((most, value, n) => Math.max(most, Math.abs(value - 8 - gradients[0][n])), 0);
    const scale = gradients[0].reduce((most, value) => Math.max(most, Math.abs(value)), 8);
    expect(largest / scale).toBeLessThan(1e-6);
  });

  it("leaves the entries of other modalities' normalisations alone", async () => {
    const { gradients } = await passes(engine, volume(16, 16, 16));
    for (const { modality, offset, length } of specs) {
      const own = gradients[0].subarray(offset, offset + length);
      if (modality === 0) expect(own.every((value) => value === 0)).toBe(true);
      if (modality === 1) expect(own.some((value) => value !== 0)).toBe(true);
    }
  });

  it('infers what it computes in training, bit by bit', async () => {
    const input = volume(32, 16, 48);
    const branch = await engine.forward(0, input);
    expect(sameBits(await engine.logits(0, input), branch.logits)).toBe(true);
    branch.release();
  });

  it('walks back several branches that are kept at once as it does each alone', async () => {
    const inputs = [volume(16, 16, 16), volume(16, 32, 16)];
    const alone: Float32Array[] = [];
    for (const input of inputs) alone.push((await passes(engine, input)).gradients[0]);
    const branches = await Promise.all(inputs.map((input) => engine.forward(1, input)));
    const together = await Promise.all(
      branches.map(async (branch) => {
        const gradient = new Float32Array(LENGTH);
        await branch.backward(values(branch.logits.length, 3), gradient);
        return gradient;
      }),
    );
    for (const branch of branches) branch.release();
    together.forEach((gradient, n) => {
      expect(sameBits(gradient, alone[n])).toBe(true);
    });
  });

  it('adds without a copy to a gradient in its own memory', async () => {
    const input = volume(16, 16, 16);
    const { gradients } = await passes(engine, input);
    const vectors = new PoolVectors(engine.pool);
    const gradient = vectors.create(LENGTH);
    const branch = await engine.forward(1, input);
    await branch.backward(values(branch.logits.length, 3), gradient);
    branch.release();
    expect(sameBits(gradient, gradients[0])).toBe(true);
    vectors.release(gradient);
  });

  it('gives all memory back that a pass took', async () => {
    const input = volume(32, 32, 32);
    await passes(engine, input);
    await engine.pool.afterPending(() => undefined);
    const { used, size } = engine.pool.memory;
    for (let n = 0; n < 3; n++) await passes(engine, input);
    await engine.pool.afterPending(() => undefined);
    expect(engine.pool.memory.used).toBe(used);
    expect(engine.pool.memory.size).toBe(size);
  });

  it('fails with a code on a value that is not finite, and goes on', async () => {
    const { data, shape } = volume(16, 16, 16);
    const used = engine.pool.memory.used;
    const bad = { data: data.slice().fill(Number.NaN, 5, 6), shape };
    await expect(engine.logits(0, bad)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await expect(engine.forward(0, bad)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect((await engine.logits(0, { data, shape })).every(Number.isFinite)).toBe(true);
    expect(engine.pool.memory.used).toBeLessThanOrEqual(used);
  });

  it('refuses sides, data, modalities and vectors that do not fit, by name', async () => {
    const input = volume(16, 16, 16);
    const failed = (field: string) => ({ code: 'ENGINE_FAILED', problem: { field } });
    await expect(engine.logits(0, volume(16, 16, 8))).rejects.toMatchObject(failed('shape'));
    await expect(engine.logits(2, input)).rejects.toMatchObject(failed('modality'));
    const short = { data: input.data.subarray(1), shape: input.shape };
    await expect(engine.forward(0, short)).rejects.toMatchObject(failed('data'));
    await expect(engine.setParameters(new Float32Array(3))).rejects.toMatchObject(failed('parameters'));
    const branch = await engine.forward(0, input);
    const cotangent = new Float32Array(branch.logits.length);
    const gradient = new Float32Array(LENGTH);
    await expect(branch.backward(cotangent.subarray(1), gradient)).rejects.toMatchObject(failed('cotangent'));
    await expect(branch.backward(cotangent, gradient.subarray(1))).rejects.toMatchObject(failed('gradient'));
    branch.release();
    await expect(branch.backward(cotangent, gradient)).rejects.toMatchObject(failed('branch'));
  });

  it('releases branches when the parameters change', async () => {
    const branch = await engine.forward(0, volume(16, 16, 16));
    await engine.setParameters(values(LENGTH, 1).map((value) => 0.2 * value));
    const gradient = new Float32Array(LENGTH);
    await expect(branch.backward(branch.logits, gradient)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });
});

describe('memory', () => {
  it('four modalities at 64³ kept at once, walked back, stay under 2 GiB', async () => {
    const engine = await open(2);
    const branches = [];
    for (const modality of [0, 1, 0, 1]) branches.push(await engine.forward(modality, volume(64, 64, 64)));
    await branches[0].backward(branches[0].logits, new Float32Array(LENGTH));
    expect(engine.pool.memory.size).toBeLessThan(2 ** 31);
    await engine.dispose();
  });

  it('inference at 96×128×128 stays under 2 GiB', async () => {
    const engine = await open(2);
    await engine.logits(0, volume(96, 128, 128));
    expect(engine.pool.memory.size).toBeLessThan(2 ** 31);
    await engine.dispose();
  });
});
