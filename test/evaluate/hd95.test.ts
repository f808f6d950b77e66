import { describe, expect, it } from 'vitest';
import { diagonalOf, hd95 } from '../../src/evaluate/hd95.js';
import type { Size } from '../../src/volume/volume.js';
import { fill, LESIONS_SIZE, PREDICTED_LESIONS, TRUE_LESIONS } from './masks.js';

const SIZE: Size = [20, 12, 9];
const EMPTY = fill(SIZE, () => false);
const slab = (from: number, to: number) => fill(SIZE, (i) => i >= from && i <= to);

describe('HD95', () => {
  it('two thin slabs four voxels apart: four spacings', () => {
    expect(hd95(slab(3, 3), slab(7, 7), [1.5, 1, 2])).toEqual({ value: 6, kind: 'measured' });
  });

  it('identical masks: 0', () => {
    expect(hd95(slab(3, 9), slab(3, 9), [1, 1, 1])).toEqual({ value: 0, kind: 'measured' });
  });

  it('is symmetric, and the larger of the two directions', () => {
    const small = fill(SIZE, (i, j, k) => i === 2 && j === 5 && k === 4);
    const long = fill(SIZE, (i, j, k) => i >= 2 && i <= 12 && j === 5 && k === 4);
    // From the line: distances 0..10, whose 95th percentile is 9.5.
    expect(hd95(small, long, [1, 1, 1]).value).toBeCloseTo(9.5, 12);
    expect(hd95(long, small, [1, 1, 1]).value).toBeCloseTo(9.5, 12);
  });

  it('both empty: 0; one empty: the volume’s diagonal; both told apart from a measured one', () => {
    const diagonal = Math.hypot(20 * 1, 12 * 2, 9 * 3);
    expect(hd95(EMPTY, EMPTY, [1, 2, 3])).toEqual({ value: 0, kind: 'both-empty' });
    expect(hd95(EMPTY, slab(1, 2), [1, 2, 3])).toEqual({ value: diagonal, kind: 'one-empty' });
    expect(hd95(slab(1, 2), EMPTY, [1, 2, 3])).toEqual({ value: diagonal, kind: 'one-empty' });
    expect(diagonalOf(SIZE, [1, 2, 3])).toBe(diagonal);
  });

  it.each([
    // scipy: distance_transform_edt at the borders (mask minus binary_erosion), numpy.percentile.
    [[1, 1, 1], 19.209372712298546],
    [[1.2, 0.9, 2.5], 23.640864679836906],
  ] as const)('lesions with spacing %s as scipy computes it', (spacing, expected) => {
    expect(PREDICTED_LESIONS.size).toBe(LESIONS_SIZE);
    expect(hd95(PREDICTED_LESIONS, TRUE_LESIONS, spacing).value).toBeCloseTo(expected, 9);
  });
});
