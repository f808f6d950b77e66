import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Connectivity, connectedComponents, dilate } from '../../src/evaluate/components.js';
import type { Mask } from '../../src/evaluate/mask.js';
import { fill } from './masks.js';

const SINGLE = fill([5, 5, 5], (i, j, k) => i === 2 && j === 2 && k === 2);
const CONNECTIVITIES: Connectivity[] = [6, 18, 26];

/** Labels by repeated minimum over all pairs of voxels that touch: slow and obvious. */
function bruteForce({ data, size: [nx, ny] }: Mask, connectivity: Connectivity): number {
  const reach = { 6: 1, 18: 2, 26: 3 }[connectivity];
  const voxels = [...data.keys()].filter((v) => data[v] !== 0);
  const at = (v: number) => [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
  const touching = (a: number, b: number) => {
    const steps = at(a).map((x, axis) => Math.abs(x - at(b)[axis]));
    return Math.max(...steps) <= 1 && steps[0] + steps[1] + steps[2] <= reach;
  };
  const label = new Map(voxels.map((v) => [v, v]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const a of voxels) {
      for (const b of voxels) {
        if (label.get(b)! < label.get(a)! && touching(a, b)) {
          label.set(a, label.get(b)!);
          changed = true;
        }
      }
    }
  }
  return new Set(label.values()).size;
}

describe('connected components', () => {
  it.each(CONNECTIVITIES)('as many as brute force finds (%i neighbours)', (connectivity) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 36, maxLength: 36, max: 3 }), (values) => {
        const mask: Mask = { data: values.map((value) => (value === 1 ? 1 : 0)), size: [3, 4, 3] };
        const { labels, count } = connectedComponents(mask, connectivity);
        expect(count).toBe(bruteForce(mask, connectivity));
        expect(new Set(labels.filter((_, v) => mask.data[v] !== 0)).size).toBe(count);
        expect(labels.some((label, v) => label !== 0 && mask.data[v] === 0)).toBe(false);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('does not connect across the edge of the image', () => {
    const mask = fill([3, 2, 1], (i, j) => (i === 2 && j === 0) || (i === 0 && j === 1));
    expect(connectedComponents(mask, 26).count).toBe(2);
  });
});

describe('dilation', () => {
  it.each([
    [6, 7],
    [18, 19],
    [26, 27],
  ] as [Connectivity, number][])('a voxel and its %i neighbours', (connectivity, expected) => {
    expect(dilate(SINGLE, connectivity, 1).data.filter(Boolean).length).toBe(expected);
    expect(dilate(SINGLE, connectivity, 0).data).toEqual(SINGLE.data);
  });

  it('twice by 18 neighbours: within 2 along each axis and 4 in sum', () => {
    const expected = fill([5, 5, 5], (i, j, k) => Math.abs(i - 2) + Math.abs(j - 2) + Math.abs(k - 2) <= 4);
    expect(dilate(SINGLE, 18, 2).data).toEqual(expected.data);
  });
});
