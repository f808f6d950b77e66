import { describe, expect, it } from 'vitest';
import { mutualInformation } from '../../src/prepare/mutualInformation.js';

const all = () => true;

describe('mutual information', () => {
  it('of an image with itself is its entropy: 2 bits for four equally frequent values', () => {
    const image = Float32Array.from({ length: 4000 }, (_, i) => i % 4);
    expect(mutualInformation(image, image, all)).toEqual({
      bits: expect.closeTo(2, 9),
      share: expect.closeTo(1, 9),
      voxels: 4000,
    });
  });

  it('does not mind that one sequence’s bright is the other’s dark', () => {
    const image = Float32Array.from({ length: 4000 }, (_, i) => i % 4);
    const other = image.map((value) => [7, 1, 9, 3][value]);
    expect(mutualInformation(image, other, all).bits).toBeCloseTo(2, 9);
  });

  it('is 0 of images that say nothing about each other, and of no voxel', () => {
    const a = Float32Array.from({ length: 4096 }, (_, i) => i % 4);
    const b = Float32Array.from({ length: 4096 }, (_, i) => Math.floor(i / 4) % 4);
    expect(mutualInformation(a, b, all).bits).toBeCloseTo(0, 9);
    expect(mutualInformation(a, b, () => false)).toEqual({ bits: 0, share: 0, voxels: 0 });
  });

  it('counts only the voxels that it is told to', () => {
    const a = Float32Array.from([0, 1, 0, 1, 5, 5]);
    const b = Float32Array.from([1, 0, 1, 0, 2, 9]);
    expect(mutualInformation(a, b, (voxel) => voxel < 4).bits).toBeCloseTo(1, 9);
  });
});
