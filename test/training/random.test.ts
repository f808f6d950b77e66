import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/training/random.js';

describe('random streams', () => {
  const draw = (seed: number, ...path: number[]) => {
    const random = randomStream(seed, ...path);
    return Array.from({ length: 4 }, () => random.uniform(0, 1)).join();
  };

  it('the same seed and path give the same numbers, any other path different ones', () => {
    expect(draw(7, 3, 1)).toBe(draw(7, 3, 1));
    const others = [draw(7, 3, 1), draw(7, 1, 3), draw(7, 3, 2), draw(7, 3), draw(8, 3, 1), draw(7, 3, 1, 0)];
    expect(new Set(others).size).toBe(others.length);
  });

  it('first numbers of neighbouring streams are uniform and uncorrelated', () => {
    const first = Array.from({ length: 20000 }, (_, step) => randomStream(1, step).uniform(0, 1) - 0.5);
    const mean = first.reduce((sum, x) => sum + x, 0) / first.length;
    const variance = first.reduce((sum, x) => sum + x * x, 0) / first.length;
    const lag = first.slice(1).reduce((sum, x, i) => sum + x * first[i], 0) / first.length / variance;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance * 12 - 1)).toBeLessThan(0.05);
    expect(Math.abs(lag)).toBeLessThan(0.03);
  });

  it('normal numbers have the mean and deviation asked for', () => {
    const random = randomStream(2);
    const draws = Array.from({ length: 50000 }, () => random.normal(3, 2));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const deviation = Math.sqrt(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length);
    expect(mean).toBeCloseTo(3, 1);
    expect(deviation).toBeCloseTo(2, 1);
  });
});
