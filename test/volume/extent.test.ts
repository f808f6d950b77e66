import fc from 'fast-check';
import { expect, it } from 'vitest';
import { extentOf, shownPart } from '../../src/volume/extent.js';
import { IDENTITY } from '../../src/volume/placement.js';

it('is the smallest box of what is not 0, and none where all is', () => {
  const size = fc.tuple(
    fc.integer({ min: 1, max: 13 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 4 }),
  );
  // Bytes are read four at a time, floats two at a time, where their memory allows it.
  const kind = fc.constantFrom(
    (n: number) => new Float32Array(n),
    (n: number) => new Float32Array(n + 1).subarray(1),
    (n: number) => new Float64Array(n),
    (n: number) => new Uint8Array(n),
    (n: number) => new Uint8Array(n + 1).subarray(1),
  );
  fc.assert(
    fc.property(size, kind, fc.array(fc.nat(), { maxLength: 5 }), ([nx, ny, nz], zeros, places) => {
      const data = zeros(nx * ny * nz);
      for (const place of places) data[place % data.length] = place % 2 === 0 ? 3 : 4;
      const set = [...data.keys()].filter((v) => data[v] !== 0);
      const along = (axis: number) =>
        set.map((v) => [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))][axis]);
      const expected =
        set.length === 0
          ? null
          : {
              first: [0, 1, 2].map((axis) => Math.min(...along(axis))),
              last: [0, 1, 2].map((axis) => Math.max(...along(axis))),
            };
      expect(extentOf(data, [nx, ny, nz])).toEqual(expected);
    }),
  );
});

it('is cut out with its place', () => {
  const [nx, ny, nz] = [7, 5, 4];
  const data = new Uint8Array(nx * ny * nz);
  expect(shownPart({ size: [nx, ny, nz], affine: IDENTITY, data })).toBeNull();
  data.set([3, 2], 2 + nx * (1 + ny));
  data[4 + nx * (3 + 2 * ny)] = 5;
  const part = shownPart({ size: [nx, ny, nz], affine: IDENTITY, data })!;
  expect(part.first).toEqual([2, 1, 1]);
  expect(part.size).toEqual([3, 3, 2]);
  expect([12, 13, 14].map((row) => part.affine[row])).toEqual([2, 1, 1]);
  expect([...part.data.subarray(0, 3)]).toEqual([3, 2, 0]);
  expect([...part.data].filter((value) => value !== 0)).toEqual([3, 2, 5]);
  expect(part.data[2 + 3 * (2 + 3)]).toBe(5);
});
