import { afterAll, describe, expect, it } from 'vitest';
import { KernelPool, PoolVectors } from '../../src/kernels/index.js';
import { inner, values } from './volumes.js';

const pool = new KernelPool({ threads: 2 });
afterAll(() => pool.dispose());
const vectors = new PoolVectors(pool);

function vector(data: ArrayLike<number>): Float32Array {
  const result = vectors.create(data.length);
  result.set(data);
  return result;
}

describe.each([1, 7, 16384, 50_003])('vectors of %i elements', (length) => {
  it('dot products are sums in double precision', async () => {
    const [x, y] = [values(length, 1), values(length, 2)];
    const [a, b] = [vector(x), vector(y)];
    const sums = await vectors.dots([
      [a, b],
      [a, a],
    ]);
    expect(Math.abs(sums[0] - inner(x, y))).toBeLessThan(1e-10 * length);
    expect(Math.abs(sums[1] - inner(x, x))).toBeLessThan(1e-10 * length);
    expect(await vectors.dot(a, b)).toBe(sums[0]);
  });

  it('axpy adds a multiple', async () => {
    const [x, y] = [values(length, 3), values(length, 4)];
    const [a, b] = [vector(x), vector(y)];
    await vectors.axpy(-0.25, a, b);
    expect(b.every((value, n) => Math.abs(value - (y[n] - 0.25 * x[n])) < 1e-7)).toBe(true);
    expect(a).toEqual(x);
  });

  it('Adam moves parameters as its definition says', async () => {
    const settings = { learningRate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2 };
    const start = values(length, 5);
    const parameters = vector(start);
    const moments = [vectors.create(length), vectors.create(length)] as const;
    const expected = {
      p: Float64Array.from(start),
      m: new Float64Array(length),
      v: new Float64Array(length),
    };
    for (let step = 1; step <= 3; step++) {
      const gradient = values(length, 5 + step);
      await vectors.adam(parameters, vector(gradient), moments, step, settings);
      for (let n = 0; n < length; n++) {
        const g = gradient[n] + 1e-2 * expected.p[n];
        expected.m[n] = 0.9 * expected.m[n] + 0.1 * g;
        expected.v[n] = 0.999 * expected.v[n] + 0.001 * g * g;
        const root = Math.sqrt(expected.v[n] / (1 - 0.999 ** step));
        expected.p[n] -= (1e-2 * (expected.m[n] / (1 - 0.9 ** step))) / (root + 1e-8);
      }
    }
    expect(parameters.every((value, n) => Math.abs(value - expected.p[n]) < 1e-5)).toBe(true);
  });
});

describe('vectors that do not fit', () => {
  it('of other lengths, or outside the shared memory, are refused', async () => {
    const inside = vectors.create(4);
    await expect(vectors.dot(inside, vectors.create(5))).rejects.toThrow(RangeError);
    await expect(vectors.axpy(1, inside, new Float32Array(4))).rejects.toThrow(RangeError);
  });
});

it('a released vector gives its memory back', async () => {
  const before = pool.memory.used;
  const released = vectors.create(1000);
  expect(pool.memory.used).toBeGreaterThan(before);
  vectors.release(released);
  await pool.afterPending(() => undefined);
  expect(pool.memory.used).toBe(before);
});
