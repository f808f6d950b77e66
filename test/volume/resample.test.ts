import { describe, expect, it } from 'vitest';
import { resample, resampleShown } from '../../src/volume/resample.js';
import type { Affine, Grid, Size, Volume } from '../../src/volume/volume.js';
import { problemOfRefusal } from './folder.js';

const IDENTITY: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const scaled = (s: number[], t: number[]): Affine => [
  s[0],
  0,
  0,
  0,
  0,
  s[1],
  0,
  0,
  0,
  0,
  s[2],
  0,
  t[0],
  t[1],
  t[2],
  1,
];

function at(affine: Affine, i: number, j: number, k: number): number[] {
  return [0, 1, 2].map((r) => affine[r] * i + affine[4 + r] * j + affine[8 + r] * k + affine[12 + r]);
}

/** A volume whose voxels hold f(position in mm). */
function volumeOf(size: Size, affine: Affine, f: (x: number, y: number, z: number) => number): Volume {
  const data = new Float32Array(size[0] * size[1] * size[2]);
  data.forEach((_, n) => {
    const [i, j, k] = [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / (size[0] * size[1]))];
    const [x, y, z] = at(affine, i, j, k);
    data[n] = f(x, y, z);
  });
  return { size, affine, data };
}

const linear = (x: number, y: number, z: number) => 2 * x - 3 * y + 0.5 * z + 7;
/** A product of linear functions of x, y and z: exactly what trilinear interpolation reproduces on an aligned grid. */
const trilinear = (x: number, y: number, z: number) => (x - 3) * (y + 2) * (0.1 * z - 1) + 5;

const SOURCE: Grid = { size: [20, 18, 16], affine: scaled([-1, -1.5, 2], [15, 12, -10]) };
const [C, S] = [Math.cos(0.4), Math.sin(0.4)];
/** Grids that lie inside the source (x −4…15, y −13.5…12, z −10…20). */
const INSIDE: [string, Grid][] = [
  ['the same grid', SOURCE],
  ['a finer grid', { size: [30, 25, 40], affine: scaled([0.5, 0.8, 0.7], [-2.33, -10.13, -9.31]) }],
  ['a reversed grid', { size: [9, 9, 9], affine: scaled([2, 2, -2], [-3.75, -12.2, 17.1]) }],
  [
    'permuted axes',
    { size: [7, 8, 9], affine: [0, 0, 1.1, 0, 1.3, 0, 0, 0, 0, -1.7, 0, 0, -1.4, 9.9, 0.3, 1] },
  ],
  [
    'an oblique grid',
    { size: [8, 8, 8], affine: [C, S, 0, 0, -S, C, 0, 0, 0, 0.3, 1, 0, 4.2, -4.4, 1.1, 1] },
  ],
];

describe.each(INSIDE)('linear interpolation onto %s', (_, grid) => {
  it('reproduces a linear function', () => {
    const found = resample(volumeOf(SOURCE.size, SOURCE.affine, linear), grid, { interpolation: 'linear' });
    const expected = volumeOf(grid.size, grid.affine, linear).data;
    expect(Math.max(...found.map((v, i) => Math.abs(v - expected[i])))).toBeLessThan(2e-5);
  });

  it('takes the value of the voxel whose centre is nearest', () => {
    const source = volumeOf(SOURCE.size, SOURCE.affine, (x, y, z) => 100 * x + 10 * y + z);
    const found = resample(source, grid, { interpolation: 'nearest' });
    const expected = volumeOf(grid.size, grid.affine, (x, y, z) => {
      const near = [Math.round(15 - x), Math.round((12 - y) / 1.5), Math.round((z + 10) / 2)];
      return 100 * (15 - near[0]) + 10 * (12 - 1.5 * near[1]) + (2 * near[2] - 10);
    });
    expect([...found]).toEqual([...expected.data]);
  });
});

describe.each(INSIDE.slice(0, 4))('linear interpolation onto %s', (_, grid) => {
  it('reproduces a trilinear function', () => {
    const found = resample(volumeOf(SOURCE.size, SOURCE.affine, trilinear), grid, {
      interpolation: 'linear',
    });
    const expected = volumeOf(grid.size, grid.affine, trilinear).data;
    expect(Math.max(...found.map((v, i) => Math.abs(v - expected[i])))).toBeLessThan(2e-4);
  });
});

it('gives the very same values on the very same grid', () => {
  const source = volumeOf([5, 6, 7], scaled([0.3, 0.7, 1.9], [0.1, 0.2, 0.3]), (x, y, z) =>
    Math.sin(x * y + z),
  );
  expect(resample(source, source, { interpolation: 'linear', outside: 9 })).toEqual(source.data);
  expect(resample(source, source, { interpolation: 'nearest' })).toEqual(source.data);
});

describe('beyond the border', () => {
  const ones = volumeOf([3, 3, 3], IDENTITY, () => 1);
  const along = (positions: number[], affine: Affine = IDENTITY) =>
    positions.map((p) => {
      const [x, y, z] = at(affine, p, 1, 1);
      return {
        size: [1, 1, 1] as const,
        affine: [...(affine as number[]).slice(0, 12), x, y, z, 1] as unknown as Affine,
      };
    });
  const positions = [-1.5, -1, -0.75, -0.25, 0, 1, 2, 2.25, 2.75, 3, 3.5];

  // A straight line from the border's 1 to the outside value, one voxel further out.
  it.each([0, 5])('runs linearly to the outside value %d', (outside) => {
    const inside = [0, 0, 0.25, 0.75, 1, 1, 1, 0.75, 0.25, 0, 0];
    const found = along(positions).map(
      (grid) => resample(ones, grid, { interpolation: 'linear', outside })[0],
    );
    expect(found).toEqual(inside.map((w) => w + (1 - w) * outside));
  });

  it('does so on an oblique grid too', () => {
    const turned: Affine = [C, S, 0, 0, -S, C, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    // Voxel (0, 0, 0) at x = 2.25, y = 1: a quarter out along one axis.
    const grid: Grid = {
      size: [2, 2, 1],
      affine: [...(turned as number[]).slice(0, 12), 2.25, 1, 1, 1] as unknown as Affine,
    };
    const found = resample(ones, grid, { interpolation: 'linear', outside: 5 });
    expect(found[0]).toBeCloseTo(0.75 + 0.25 * 5, 6);
    // One step along (C, S): more than a voxel out.
    expect(found[1]).toBeCloseTo(5, 6);
    // One step along (−S, C): x = 2.25 − S is inside, y = 1 + C is inside.
    expect(found[2]).toBeCloseTo(1, 6);
  });

  it('nearest ends half a voxel out', () => {
    const found = along([-0.6, -0.5, 2.4, 2.5]).map(
      (grid) => resample(ones, grid, { interpolation: 'nearest', outside: 7 })[0],
    );
    expect(found).toEqual([7, 1, 1, 7]);
  });

  it('fills a grid that lies elsewhere', () => {
    for (const affine of [
      scaled([1, 1, 1], [50, 0, 0]),
      [C, S, 0, 0, -S, C, 0, 0, 0, 0, 1, 0, 50, 50, 50, 1] as Affine,
    ]) {
      for (const interpolation of ['linear', 'nearest'] as const) {
        const found = resample(ones, { size: [2, 2, 2], affine }, { interpolation, outside: -3 });
        expect([...found]).toEqual(new Array(8).fill(-3));
      }
    }
  });
});

it('gives the same numbers for another field of view of the same head', () => {
  const affine = scaled([-1, -1, 1], [119.3, 121.7, -70.1]);
  const head = volumeOf([24, 22, 20], affine, (x, y, z) => Math.sin(x * 0.7 + y) * Math.cos(z * 0.9 - x));
  const pad = [5, 3, 7];
  const size = [34, 28, 34] as const;
  const padded: Volume = {
    size,
    affine: scaled([-1, -1, 1], [119.3 + 5, 121.7 + 3, -70.1 - 7]),
    data: new Float32Array(size[0] * size[1] * size[2]),
  };
  head.data.forEach((v, n) => {
    const [i, j, k] = [n % 24, Math.floor(n / 24) % 22, Math.floor(n / (24 * 22))];
    padded.data[i + pad[0] + size[0] * (j + pad[1] + size[1] * (k + pad[2]))] = v;
  });
  const step = 1.881889763779528;
  const aligned = scaled([-step, -step, 1.2125984251968505], [119.3, 121.7, -70.1]);
  const oblique: Affine = [-C, S, 0, 0, S, C, 0, 0, 0, 0, 1, 0, 110, 105, -65, 1];
  for (const target of [aligned, oblique]) {
    const grid: Grid = { size: [13, 12, 17], affine: target };
    const fromHead = resample(head, grid, { interpolation: 'linear' });
    expect(fromHead.some((v) => v !== 0)).toBe(true);
    expect(resample(padded, grid, { interpolation: 'linear' })).toEqual(fromHead);
  }
});

it('writes into a given array and keeps labels', async () => {
  const labels: Volume<Uint8Array> = { size: [2, 1, 1], affine: IDENTITY, data: Uint8Array.from([4, 2]) };
  const into = new Uint8Array(4);
  const grid: Grid = { size: [4, 1, 1], affine: scaled([0.5, 1, 1], [-0.25, 0, 0]) };
  expect(resample(labels, grid, { interpolation: 'nearest', into })).toBe(into);
  expect([...into]).toEqual([4, 4, 2, 2]);
  const tooSmall = Promise.resolve().then(() =>
    resample(labels, grid, { interpolation: 'nearest', into: new Uint8Array(3) }),
  );
  expect(await problemOfRefusal(tooSmall)).toMatchObject({ code: 'INTERNAL', field: 'into' });
});

it('gives values and the share that is no air at once, as it gives them one by one', () => {
  const image = volumeOf([24, 22, 20], scaled([1, -1.1, 1.3], [-10, 12, -9]), (x, y, z) =>
    Math.hypot(x, y, z) > 9 || Math.hypot(x - 2, y, z) < 3 ? 0 : 5 + Math.sin(x) + y / 7,
  );
  const shown = { ...image, data: image.data.map((value) => (value === 0 ? 0 : 1)) };
  const oblique: Affine = [-C, S, 0, 0, S, C, 0, 0, 0, 0, 1, 0, 11, 4, -9, 1];
  for (const affine of [scaled([-1.88, 1.7, 2], [13, -12, -11]), oblique]) {
    const grid: Grid = { size: [15, 14, 12], affine };
    const { values, shares } = resampleShown(image, grid);
    expect(values).toEqual(resample(image, grid, { interpolation: 'linear' }));
    expect(shares).toEqual(resample(shown, grid, { interpolation: 'linear' }));
    expect(shares.some((share) => share > 0.1 && share < 0.9)).toBe(true);
  }
});
