import { describe, expect, it } from 'vitest';
import { blurred } from '../../resources/sample/filters.js';
import { grownVolume } from '../../resources/sample/growth.js';
import { seededUniform, smoothNoise } from '../../resources/sample/random.js';
import type { Size } from '../../src/volume/volume.js';

const SIZE: Size = [21, 21, 21];
const COUNT = 21 ** 3;
const MIDDLE = 10 + 21 * (10 + 21 * 10);
const offset = (v: number) => [(v % 21) - 10, (Math.floor(v / 21) % 21) - 10, Math.floor(v / 441) - 10];
const pointSource = () => Float32Array.from({ length: COUNT }, (_, v) => (v === MIDDLE ? 1 : 0));

describe('the growing front', () => {
  it('fills an octahedron where the cost is even: 1 + 6 + 18 voxels within two steps', () => {
    const grown = grownVolume(pointSource(), new Float32Array(COUNT).fill(1), SIZE, 25);
    grown.forEach((reached, v) => {
      const steps = offset(v).reduce((sum, d) => sum + Math.abs(d), 0);
      expect(reached).toBe(steps <= 2 ? 1 : 0);
    });
  });

  it('never enters what has no finite cost, and goes where it is cheap first', () => {
    const cost = Float32Array.from({ length: COUNT }, (_, v) => {
      const [x, y, z] = offset(v);
      if (x > 0) return Infinity;
      return y === 0 && z === 0 ? 0.25 : 4;
    });
    const grown = grownVolume(pointSource(), cost, SIZE, 11);
    grown.forEach((reached, v) => {
      const [x, y, z] = offset(v);
      expect(reached).toBe(x <= 0 && y === 0 && z === 0 ? 1 : 0);
    });
  });
});

describe('the Gaussian blur', () => {
  it('keeps the sum and spreads a point to the variance of its kernel', () => {
    const out = blurred(pointSource(), SIZE, 1.5);
    expect(out.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    for (const axis of [0, 1, 2]) {
      const variance = out.reduce((sum, weight, v) => sum + weight * offset(v)[axis] ** 2, 0);
      expect(variance).toBeGreaterThan(0.95 * 1.5 ** 2);
      expect(variance).toBeLessThan(1.5 ** 2);
    }
  });
});

describe('smooth noise', () => {
  it('has mean 0 and spread 1, is smooth at its spacing, and is the same for the same seed', () => {
    const noise = smoothNoise([40, 40, 40], 8, seededUniform(7));
    const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
    const spread = Math.sqrt(noise.reduce((a, b) => a + b * b, 0) / noise.length);
    expect(mean).toBeCloseTo(0, 4);
    expect(spread).toBeCloseTo(1, 4);
    const steps = noise.map((v, n) => (n % 40 === 0 ? 0 : Math.abs(v - noise[n - 1])));
    expect(Math.max(...steps)).toBeLessThan(0.8);
    const differing = (seed: number) => {
      const other = smoothNoise([40, 40, 40], 8, seededUniform(seed));
      return noise.filter((v, n) => v !== other[n]).length;
    };
    expect(differing(7)).toBe(0);
    expect(differing(8)).toBeGreaterThan(60_000);
  });
});
