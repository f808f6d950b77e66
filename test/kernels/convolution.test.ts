import { afterAll, describe, expect, it } from 'vitest';
import {
  addFilterGradient,
  addPointwiseGradient,
  convolve,
  convolvePointwise,
  inputGradient,
  KernelPool,
  Program,
  packedFilterBytes,
  packFilters,
  pointwiseInputGradient,
} from '../../src/kernels/index.js';
import { convolution, convolutionGradients } from './oracle.js';
import { Bench, error, type Sides, values } from './volumes.js';

const pools = [new KernelPool({ threads: 2 }), new KernelPool({ threads: 3, strict: true })];
afterAll(() => Promise.all(pools.map((pool) => pool.dispose())));

interface Case {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly sides: Sides;
}
const cases: readonly Case[] = [
  { inChannels: 1, outChannels: 8, sides: [5, 3, 7] },
  { inChannels: 1, outChannels: 16, sides: [2, 4, 1] },
  { inChannels: 4, outChannels: 8, sides: [3, 4, 5] },
  { inChannels: 11, outChannels: 16, sides: [2, 5, 3] },
  { inChannels: 8, outChannels: 8, sides: [3, 5, 6] },
  { inChannels: 8, outChannels: 24, sides: [1, 1, 1] },
  { inChannels: 16, outChannels: 8, sides: [4, 2, 9] },
  { inChannels: 24, outChannels: 16, sides: [7, 7, 7] },
];

/** Channels up to whole blocks of 8, those that are added being zero. */
function padded(channels: number, data: ArrayLike<number>): [number, Float32Array] {
  const stored = Math.ceil(channels / 8) * 8;
  const values = new Float32Array((data.length / channels) * stored);
  values.set(data);
  return [stored, values];
}

async function setUp(pool: KernelPool, { inChannels, outChannels, sides }: Case) {
  const bench = new Bench(pool, sides);
  const voxels = sides[0] * sides[1] * sides[2];
  const data = {
    input: values(inChannels * voxels, 1),
    weights: values(outChannels * inChannels * 27, 2),
    bias: values(outChannels, 3),
    gradient: values(outChannels * voxels, 4),
  };
  const empty = { inChannels, outChannels, weights: 0, bias: 0, forward: 0, backward: 0 };
  const allocate = () => pool.memory.allocate(packedFilterBytes(empty)).pointer;
  const filters = {
    ...empty,
    weights: bench.floats(data.weights),
    bias: bench.floats(data.bias),
    forward: allocate(),
    backward: inChannels === 1 ? 0 : allocate(),
  };
  await pool.run([packFilters(filters)]);
  const input =
    inChannels === 1 ? bench.single(data.input) : await bench.volume(...padded(inChannels, data.input));
  return { bench, data, filters, input };
}

describe.each(pools)('3×3×3 convolution, fused: $fused', (pool) => {
  it.each(cases)('$inChannels to $outChannels channels, $sides: as plain loops', async (shape) => {
    const { bench, data, filters, input } = await setUp(pool, shape);
    const output = await bench.volume(shape.outChannels);
    await pool.run([convolve(filters, input, output)]);
    const expected = convolution(data.input, data.weights, data.bias, shape.inChannels, shape.sides);
    expect(error(bench.read(output), expected)).toBeLessThan(1e-5);
  });

  it.each(cases)('gradients of $inChannels to $outChannels channels, $sides', async (shape) => {
    const { bench, data, filters, input } = await setUp(pool, shape);
    const gradient = await bench.volume(shape.outChannels, data.gradient);
    const { inChannels, outChannels, sides } = shape;
    const expected = convolutionGradients(
      data.input,
      data.weights,
      data.gradient,
      inChannels,
      outChannels,
      sides,
    );
    const sum = bench.floats(new Float32Array(data.weights.length).fill(0.5));
    const program = new Program(pool);
    addFilterGradient(program, filters, input, gradient, sum);
    await program.run();
    const added = bench.fetch(sum, data.weights.length).map((value) => value - 0.5);
    expect(error(added, expected.weights)).toBeLessThan(1e-5);
    if (inChannels === 1) return;
    const [stored, expectedInput] = padded(inChannels, expected.input);
    const result = await bench.volume(stored);
    await pool.run([inputGradient(filters, gradient, result)]);
    expect(error(bench.read(result), expectedInput)).toBeLessThan(1e-5);
  });
});

describe.each(pools)('1×1×1 convolution, fused: $fused', (pool) => {
  it.each([8, 24])('%i channels to three maps, and its gradients', async (channels) => {
    const sides: Sides = [5, 3, 7];
    const voxels = 5 * 3 * 7;
    const bench = new Bench(pool, sides);
    const [input, weights] = [values(channels * voxels, 1), values(3 * channels, 2)];
    const [bias, gradient] = [values(3, 3), values(3 * voxels, 4)];
    const pointwise = { regions: 3, weights: bench.floats(weights), bias: bench.floats(bias) };
    const volume = await bench.volume(channels, input);
    const result = await bench.volume(channels);
    const maps = bench.floats(new Float32Array(3 * voxels));
    const cotangent = bench.floats(gradient);
    const sums = bench.floats(new Float32Array(3 * channels + 3).fill(0.5));
    const program = new Program(pool);
    convolvePointwise(program, pointwise, volume, maps);
    pointwiseInputGradient(program, pointwise, cotangent, result);
    addPointwiseGradient(program, pointwise, volume, cotangent, sums, sums + 12 * channels);
    await program.run();

    const expected = {
      maps: new Float64Array(3 * voxels),
      input: new Float64Array(channels * voxels),
      sums: new Float64Array(3 * channels + 3),
    };
    for (let r = 0; r < 3; r++) {
      for (let n = 0; n < voxels; n++) {
        expected.maps[r * voxels + n] += bias[r];
        expected.sums[3 * channels + r] += gradient[r * voxels + n];
        for (let c = 0; c < channels; c++) {
          expected.maps[r * voxels + n] += input[c * voxels + n] * weights[r * channels + c];
          expected.input[c * voxels + n] += gradient[r * voxels + n] * weights[r * channels + c];
          expected.sums[r * channels + c] += gradient[r * voxels + n] * input[c * voxels + n];
        }
      }
    }
    expect(error(bench.fetch(maps, 3 * voxels), expected.maps)).toBeLessThan(1e-5);
    expect(error(bench.read(result), expected.input)).toBeLessThan(1e-5);
    const added = bench.fetch(sums, 3 * channels + 3).map((value) => value - 0.5);
    expect(error(added, expected.sums)).toBeLessThan(1e-5);
  });
});
