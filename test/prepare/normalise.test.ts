import { describe, expect, it } from 'vitest';
import { normalise } from '../../src/prepare/normalise.js';
import { bratsGrid } from '../support/images.js';

const rule = { kind: 'z-score', voxels: 'non-zero', clip: null } as const;
const volume = (values: number[]) => ({
  ...bratsGrid([values.length, 1, 1]),
  data: Float32Array.from(values),
});

describe('normalisation', () => {
  it('is the z-score over the non-zero voxels, air staying exactly 0', () => {
    // mean 20, population standard deviation √(200/3)
    const sd = Math.sqrt(200 / 3);
    expect([...normalise(volume([0, 10, 20, 30, 0]), rule)]).toEqual([
      0,
      Math.fround(-10 / sd),
      expect.any(Number),
      Math.fround(10 / sd),
      0,
    ]);
  });

  it('does not turn a voxel equal to the mean into air', () => {
    const [, atMean] = normalise(volume([10, 20, 30]), rule);
    expect(atMean).not.toBe(0);
    expect(Math.abs(atMean)).toBeLessThan(1e-30);
  });

  it('clips to percentiles of the non-zero voxels before', () => {
    const values = Array.from({ length: 101 }, (_, i) => i + 1);
    const out = normalise(volume([...values, 0]), { ...rule, clip: [10, 90] });
    expect(out[0]).toBe(out[10]);
    expect(out[100]).toBe(out[90]);
    expect(out[11]).toBeGreaterThan(out[10]);
    expect(out[101]).toBe(0);
  });

  it('leaves the image alone', () => {
    const image = volume([0, 1, 2]);
    normalise(image, rule);
    expect([...image.data]).toEqual([0, 1, 2]);
  });
});
