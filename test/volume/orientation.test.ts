import { describe, expect, it } from 'vitest';
import { axisCodes, voxelToWorld } from '../../src/volume/affine.js';
import { reorient, reorientedSlice, undoReorientation } from '../../src/volume/orientation.js';
import type { Affine, Volume } from '../../src/volume/volume.js';
import { problemOfRefusal } from './folder.js';

const PAIRS = ['LR', 'PA', 'IS'];
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];
const ALL_48 = ORDERS.flatMap((order) =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
    order.map((world, axis) => PAIRS[world][(bits >> axis) & 1]).join(''),
  ),
);

// Oblique, anisotropic, with an origin that is not exact in binary.
const AFFINE: Affine = [-0.9, 0.05, 0.01, 0, 0.1, -1.9, 0.2, 0, 0.02, 0.3, 5.4, 0, 10.1, -20.3, 30.7, 1];
const size = [3, 4, 5] as const;
const volume: Volume<Int16Array> = {
  size,
  affine: AFFINE,
  data: Int16Array.from({ length: 60 }, (_, i) => i * 3 - 50),
};

it('there are 48 orientations', () => {
  expect(new Set(ALL_48).size).toBe(48);
});

describe.each(ALL_48)('%s', (codes) => {
  const { volume: turned, reorientation } = reorient(volume, codes);

  it('grows in the directions asked for', () => {
    expect(axisCodes(turned.affine)).toBe(codes);
    expect(turned.data).toBeInstanceOf(Int16Array);
  });

  it('leaves every value where it was in space', () => {
    const valueAt = new Map<string, number>();
    const visit = (v: Volume<Int16Array>, take: (key: string, value: number) => void) => {
      for (let k = 0; k < v.size[2]; k++)
        for (let j = 0; j < v.size[1]; j++)
          for (let i = 0; i < v.size[0]; i++) {
            const key = voxelToWorld(v.affine, i, j, k)
              .map((mm) => (Math.round(mm * 1e6) + 0).toString())
              .join();
            take(key, v.data[i + v.size[0] * (j + v.size[1] * k)]);
          }
    };
    visit(volume, (key, value) => valueAt.set(key, value));
    expect(valueAt.size).toBe(60);
    let wrong = 0;
    visit(turned, (key, value) => {
      if (valueAt.get(key) !== value) wrong++;
    });
    expect(wrong).toBe(0);
  });

  it('has the same slices one by one', () => {
    const [nx, ny, nz] = turned.size;
    for (let k = 0; k < nz; k++)
      expect(reorientedSlice(volume.data, reorientation, k)).toEqual(
        turned.data.slice(k * nx * ny, (k + 1) * nx * ny),
      );
  });

  it('comes back exactly', () => {
    const back = undoReorientation(turned, reorientation);
    expect(back.affine).toEqual(AFFINE);
    expect(back.size).toEqual(size);
    expect(back.data).toEqual(volume.data);
  });
});

it.each(['RAX', 'RA', 'RLS', 'RASI', ''])('refuses %j', async (codes) => {
  const refusal = Promise.resolve().then(() => reorient(volume, codes));
  expect(await problemOfRefusal(refusal)).toMatchObject({
    code: 'INTERNAL',
    field: 'orientation',
    found: codes,
  });
});
