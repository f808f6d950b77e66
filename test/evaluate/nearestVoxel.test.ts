import { describe, expect, it } from 'vitest';
import { nearestDistances } from '../../src/evaluate/nearestVoxel.js';
import { randomStream } from '../../src/training/random.js';
import { distanceTransform, type Spacing } from '../../src/volume/distanceTransform.js';
import { fill } from './masks.js';

describe('distances to the nearest voxel', () => {
  it.each<[number, Spacing]>([
    [0.3, [1, 1, 1]],
    [0.004, [1.2, 0.9, 2.5]],
    [0.0005, [0.5, 3, 1]],
  ])('with a share of %s set and spacing %s, as the distance transform has them', (share, spacing) => {
    const random = randomStream(7);
    const some = (chance: number) => fill([37, 22, 41], () => random.chance(chance));
    const from = some(0.02);
    const to = some(share);
    const whole = distanceTransform(to, spacing);
    const expected = whole.filter((_, v) => from.data[v] === 1);
    const found = nearestDistances(from, to, spacing);
    expect(found.length).toBe(expected.length);
    expect(found.length).toBeGreaterThan(100);
    found.forEach((distance, i) => expect(distance).toBeCloseTo(expected[i], 9));
  });

  it('are none when a mask is empty', () => {
    const empty = fill([9, 9, 9], () => false);
    const one = fill([9, 9, 9], (i, j, k) => i + j + k === 0);
    expect(nearestDistances(empty, one, [1, 1, 1])).toHaveLength(0);
    expect(nearestDistances(one, empty, [1, 1, 1])).toHaveLength(0);
  });
});
