import { afterEach, describe, expect, it } from 'vitest';
import { KernelPool, PoolVectors, Program } from '../../src/kernels/index.js';
import { values } from './volumes.js';

const pools: KernelPool[] = [];
function open(threads: number, strict = false): KernelPool {
  const pool = new KernelPool({ threads, strict });
  pools.push(pool);
  return pool;
}
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.dispose())));

describe('the pool of kernel threads', () => {
  it('gives the same sums with any number of threads, to the last bit', async () => {
    const sums: number[] = [];
    for (const threads of [1, 2, 5]) {
      const vectors = new PoolVectors(open(threads));
      const [x, y] = [vectors.create(200_001), vectors.create(200_001)];
      x.set(values(200_001, 1));
      y.set(values(200_001, 2));
      sums.push(await vectors.dot(x, y));
    }
    expect(sums[1]).toBe(sums[0]);
    expect(sums[2]).toBe(sums[0]);
  });

  it('runs what is asked for at the same time one after the other', async () => {
    const vectors = new PoolVectors(open(2));
    const [x, y] = [vectors.create(50_000).fill(1), vectors.create(50_000)];
    await Promise.all(Array.from({ length: 20 }, () => vectors.axpy(1, x, y)));
    expect(y.every((value) => value === 20)).toBe(true);
  });

  it('fuses multiply-adds unless told not to', () => {
    expect(open(1).fused).toBe(true);
    expect(open(1, true).fused).toBe(false);
  });

  it('fails with a code when a kernel traps, and stays failed', async () => {
    const pool = open(2);
    const failed = { code: 'ENGINE_FAILED' };
    await expect(pool.run([{ kernel: 999, items: 1, fields: [] }])).rejects.toMatchObject(failed);
    await expect(pool.run([{ kernel: 0, items: 0, fields: [] }])).rejects.toMatchObject(failed);
  });

  it('fails what is running when it is disposed', async () => {
    const pool = open(2);
    const vectors = new PoolVectors(pool);
    const x = vectors.create(1 << 22);
    const running = vectors.dots(Array.from({ length: 200 }, () => [x, x] as const));
    const outcome = expect(running).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await pool.dispose();
    await outcome;
  });

  it('refuses a number of threads that is none', () => {
    for (const threads of [0, -1, 1.5, Number.NaN]) {
      expect(() => new KernelPool({ threads })).toThrow(RangeError);
    }
  });

  it('says so when 4 GiB do not suffice, and gives back what the program had taken', () => {
    const pool = open(1);
    const before = pool.memory.used;
    const program = new Program(pool);
    program.allocate(1000);
    let problem: unknown;
    try {
      program.allocate(2 ** 32);
    } catch (error) {
      problem = error;
      program.discard();
    }
    expect(problem).toMatchObject({ code: 'ENGINE_FAILED', problem: { field: 'memory' } });
    expect(pool.memory.used).toBe(before);
  });
});
