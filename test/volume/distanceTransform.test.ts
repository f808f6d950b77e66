import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mask } from '../../src/masks/mask.js';
import { distanceTransform, type Spacing } from '../../src/volume/distanceTransform.js';

function bruteForce({ data, size: [nx, ny, nz] }: Mask, spacing: Spacing): number[] {
  const at = (v: number) => [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
  const set = [...data.keys()].filter((v) => data[v] !== 0).map(at);
  return Array.from({ length: nx * ny * nz }, (_, v) => {
    const p = at(v);
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...set.map((q) => Math.hypot(...p.map((x, axis) => (x - q[axis]) * spacing[axis]))),
    );
  });
}

describe('Euclidean distance transform', () => {
  it('equals brute force for any mask and anisotropic spacing', () => {
    const side = fc.integer({ min: 1, max: 7 });
    const step = fc.double({ min: 0.3, max: 6, noNaN: true });
    const input = fc.tuple(side, side, side).chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.uint8Array({
          minLength: size[0] * size[1] * size[2],
          maxLength: size[0] * size[1] * size[2],
          max: 1,
        }),
        fc.tuple(step, step, step),
      ),
    );
    fc.assert(
      fc.property(input, ([size, data, spacing]) => {
        const found = distanceTransform({ data, size }, spacing);
        bruteForce({ data, size }, spacing).forEach((expected, v) => {
          if (expected === Number.POSITIVE_INFINITY) expect(found[v]).toBe(expected);
          else expect(Math.abs(found[v] - expected)).toBeLessThan(1e-9);
        });
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('sees a single voxel in a corner of a long grid', () => {
    const data = new Uint8Array(3 * 4 * 50);
    data[0] = 1;
    const found = distanceTransform({ data, size: [3, 4, 50] }, [1, 2, 0.5]);
    expect(found[found.length - 1]).toBeCloseTo(Math.hypot(2, 6, 24.5), 12);
  });
});
