import { afterAll, describe, expect, it } from 'vitest';
import {
  addMaxPoolGradient,
  blocksOf,
  KernelPool,
  maxPool,
  upsample,
  upsampleGradient,
} from '../../src/kernels/index.js';
import { doubled, maximum } from './oracle.js';
import { Bench, error, inner, type Sides, values } from './volumes.js';

const pool = new KernelPool({ threads: 2 });
afterAll(() => pool.dispose());

const fineSides: readonly Sides[] = [
  [2, 2, 2],
  [4, 6, 10],
  [6, 2, 14],
  [16, 4, 8],
];
const half = ([d, h, w]: Sides): Sides => [d / 2, h / 2, w / 2];
const count = ([d, h, w]: Sides): number => d * h * w;

describe.each(fineSides)('between %i×%i×%i voxels and half the sides', (...sides) => {
  const channels = 16;

  it('max pooling takes the maximum of every 2×2×2, into part of a volume without touching the rest', async () => {
    const bench = new Bench(pool, sides, 2);
    const data = values(channels * count(sides), 1);
    const coarse = await bench.volume(24, undefined, 1);
    await pool.run([maxPool(await bench.volume(channels, data), blocksOf(coarse, 1, 2))]);
    const found = bench.read(coarse);
    expect(Array.from(found.subarray(8 * count(half(sides))))).toEqual(maximum(data, channels, sides).values);
    expect(found.subarray(0, 8 * count(half(sides))).every((value) => value === 99)).toBe(true);
  });

  it('adds the gradient of max pooling to the first of equal maxima', async () => {
    const bench = new Bench(pool, sides, 2);
    const data = values(channels * count(sides), 2).map((value) => Math.round(2 * value));
    const gradient = values(channels * count(half(sides)), 3);
    const before = values(channels * count(sides), 4);
    const sum = await bench.volume(channels, before);
    const [fine, coarse] = [await bench.volume(channels, data), await bench.volume(channels, gradient, 1)];
    await pool.run([addMaxPoolGradient(fine, coarse, sum)]);
    const expected = before.slice();
    maximum(data, channels, sides).from.forEach((at, n) => {
      expected[at] += gradient[n];
    });
    expect(Array.from(bench.read(sum))).toEqual(Array.from(expected));
  });

  it('upsampling is trilinear with aligned corners', async () => {
    const bench = new Bench(pool, sides, 2);
    const data = values(channels * count(half(sides)), 5);
    const fine = await bench.volume(channels);
    const coarse = await bench.volume(channels, data, 1);
    await pool.run([upsample(coarse, fine, bench.pyramid.upsampling[0].forward)]);
    expect(error(bench.read(fine), doubled(data, channels, half(sides)))).toBeLessThan(1e-5);
  });

  it("upsampling's gradient is the transpose: <U x, g> = <x, Uᵀ g> for every unit vector x", async () => {
    const bench = new Bench(pool, sides, 2);
    const gradient = values(8 * count(sides), 6);
    const coarse = await bench.volume(8, undefined, 1);
    await pool.run([
      upsampleGradient(await bench.volume(8, gradient), coarse, bench.pyramid.upsampling[0].adjoint),
    ]);
    const length = count(half(sides));
    const expected = Array.from({ length: 8 * length }, (_, n) => {
      const unit = new Float32Array(length);
      unit[n % length] = 1;
      const channel = Math.floor(n / length) * count(sides);
      return inner(doubled(unit, 1, half(sides)), gradient.subarray(channel, channel + count(sides)));
    });
    expect(error(bench.read(coarse), expected)).toBeLessThan(1e-5);
  });
});
