import { afterAll, describe, expect, it } from 'vitest';
import {
  KernelPool,
  normalise,
  normaliseGradient,
  Program,
  statisticsBytes,
} from '../../src/kernels/index.js';
import { normalisation } from './oracle.js';
import { Bench, error, inner, type Sides, values } from './volumes.js';

const pools = [new KernelPool({ threads: 2 }), new KernelPool({ threads: 1, strict: true })];
afterAll(() => Promise.all(pools.map((pool) => pool.dispose())));

const SIDES: Sides = [3, 5, 4];
const VOXELS = 60;
const EPSILON = 1e-5;

async function setUp(pool: KernelPool, channels: number) {
  const bench = new Bench(pool, SIDES);
  const data = {
    input: values(channels * VOXELS, 5).map((value, n) => 3 * value + Math.floor(n / VOXELS)),
    weight: values(channels, 6).map((value) => value + 0.3),
    bias: values(channels, 7),
    gradient: values(channels * VOXELS, 8),
  };
  const layer = {
    channels,
    groups: 8,
    epsilon: EPSILON,
    weight: bench.floats(data.weight),
    bias: bench.floats(data.bias),
  };
  const input = await bench.volume(channels, data.input);
  const statistics = pool.memory.allocate(statisticsBytes(channels)).pointer;
  return { bench, data, layer, input, statistics };
}

describe.each(pools)('GroupNorm and ReLU, fused: $fused', (pool) => {
  it.each([8, 16, 64])('%i channels: as plain loops', async (channels) => {
    const { bench, data, layer, input, statistics } = await setUp(pool, channels);
    const output = await bench.volume(channels);
    const program = new Program(pool);
    normalise(program, layer, input, output, statistics);
    await program.run();
    const expected = normalisation(data.input, data.weight, data.bias, 8, EPSILON);
    expect(error(bench.read(output), expected)).toBeLessThan(1e-5);
  });

  it.each([8, 16])('%i channels: gradients as finite differences', async (channels) => {
    const { bench, data, layer, input, statistics } = await setUp(pool, channels);
    const gradient = await bench.volume(channels, data.gradient);
    const sums = bench.floats(new Float32Array(3 * channels));
    const program = new Program(pool);
    normalise(program, layer, input, await bench.volume(channels), statistics);
    normaliseGradient(program, layer, input, gradient, statistics, {
      weight: sums,
      bias: sums + 4 * channels,
      convolutionBias: sums + 8 * channels,
    });
    await program.run();

    const loss = (x: Float64Array, w: Float64Array, b: Float64Array): number =>
      inner(normalisation(x, w, b, 8, EPSILON), data.gradient);
    const exact = [data.input, data.weight, data.bias].map((array) => Float64Array.from(array));
    const difference = (which: number, n: number): number => {
      const at = (step: number): number => {
        const moved = exact.map((array) => array.slice());
        moved[which][n] += step;
        return loss(moved[0], moved[1], moved[2]);
      };
      return (at(1e-6) - at(-1e-6)) / 2e-6;
    };
    const found = bench.read(gradient);
    expect(
      error(
        found,
        Array.from(found, (_, n) => difference(0, n)),
      ),
    ).toBeLessThan(1e-4);
    const [weight, bias] = [bench.fetch(sums, channels), bench.fetch(sums + 4 * channels, channels)];
    expect(
      error(
        weight,
        Array.from(weight, (_, n) => difference(1, n)),
      ),
    ).toBeLessThan(1e-4);
    expect(
      error(
        bias,
        Array.from(bias, (_, n) => difference(2, n)),
      ),
    ).toBeLessThan(1e-4);
    const perChannel = Array.from({ length: channels }, (_, c) =>
      found.subarray(c * VOXELS, (c + 1) * VOXELS).reduce((sum, value) => sum + value, 0),
    );
    bench.fetch(sums + 8 * channels, channels).forEach((value, c) => {
      expect(value).toBeCloseTo(perChannel[c], 4);
    });
  });
});
