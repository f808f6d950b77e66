import { describe, expect, it } from 'vitest';
import { axialDiameters } from '../../src/export/diameters.js';
import { reorient } from '../../src/volume/orientation.js';
import type { Affine, Size, Volume } from '../../src/volume/volume.js';
import { BRATS_AFFINE } from '../support/images.js';

const isTumour = (label: number) => label !== 0;

function maskOf(size: Size, affine: readonly number[], inside: (i: number, j: number, k: number) => boolean) {
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) data[at] = inside(i, j, k) ? 4 : 0;
  return { size, affine: affine as unknown as Affine, data } as Volume<Uint8Array>;
}

const diagonal = (x: number, y: number, z: number) => [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];

describe('longest and perpendicular diameter in the axial plane', () => {
  it('of a box are its diagonal and the chord across it, with half a voxel at each end', () => {
    const box = maskOf([20, 20, 5], diagonal(1, 1, 1), (i, j, k) => k === 2 && i >= 3 && i < 15 && j === 7);
    expect(axialDiameters(box, isTumour)).toMatchObject({
      longestMm: 12,
      perpendicularMm: 1,
      slice: 2,
      sliceZMm: 2,
    });
    const one = maskOf([5, 5, 5], diagonal(0.8, 0.8, 3), (i, j, k) => i === 2 && j === 1 && k === 4);
    expect(axialDiameters(one, isTumour)).toMatchObject({ slice: 4, sliceZMm: 12 });
    expect(axialDiameters(one, isTumour)!.longestMm).toBeCloseTo(0.8, 9);
    expect(axialDiameters(one, isTumour)!.perpendicularMm).toBeCloseTo(0.8, 9);
  });

  it('of an ellipsoid are its axes, on anisotropic voxels, whatever the axis order and direction of the grid', () => {
    const affine = [-0.9, 0, 0, 0, 0, -1.1, 0, 0, 0, 0, 2.5, 0, 50, 60, -40, 1];
    const ellipsoid = maskOf([90, 80, 30], affine, (i, j, k) => {
      const [x, y, z] = [(i - 44) * 0.9, (j - 40) * 1.1, (k - 14) * 2.5];
      const [u, v] = [x * 0.8 + y * 0.6, y * 0.8 - x * 0.6];
      return (u / 30) ** 2 + (v / 18) ** 2 + (z / 20) ** 2 <= 1;
    });
    for (const codes of ['LPS', 'RAS', 'SRA', 'AIR', 'PSL']) {
      const { volume } = reorient(ellipsoid, codes);
      const { longestMm, perpendicularMm, sliceZMm } = axialDiameters(volume, isTumour)!;
      expect(Math.abs(longestMm - 60)).toBeLessThan(1.2);
      expect(Math.abs(perpendicularMm - 36)).toBeLessThan(1.2);
      expect(sliceZMm).toBeCloseTo(-40 + 14 * 2.5, 6);
    }
  });

  it('on an oblique grid lie in its plane nearest to axial, in mm', () => {
    const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
    const affine = [2, 0, 0, 0, 0, 1.5 * c, 1.5 * s, 0, 0, -3 * s, 3 * c, 0, 0, 0, 0, 1];
    const bar = maskOf([20, 20, 6], affine, (i, j, k) => k === 3 && i === 9 && j >= 4 && j < 14);
    const { longestMm, perpendicularMm, slice } = axialDiameters(bar, isTumour)!;
    expect([longestMm, perpendicularMm, slice]).toEqual([expect.closeTo(15, 9), expect.closeTo(2, 9), 3]);
  });

  it('never bridges two parts, and takes the one with the longest', () => {
    const two = maskOf([40, 10, 3], diagonal(1, 1, 1), (i, j, k) => k === 1 && j === 5 && (i < 6 || i > 30));
    expect(axialDiameters(two, isTumour)!.longestMm).toBe(9);
    expect(
      axialDiameters(
        maskOf([4, 4, 4], diagonal(1, 1, 1), () => false),
        isTumour,
      ),
    ).toBeNull();
  });

  it('equal a search through all pairs of points, on random shapes', () => {
    let state = 7;
    const random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    let compared = 0;
    for (let round = 0; round < 8; round++) {
      const [dx, dy] = [0.5 + random(), 0.5 + random()];
      const discs = Array.from({ length: 3 }, () => [12 + 8 * random(), 12 + 8 * random(), 2 + 5 * random()]);
      const shape = maskOf([32, 32, 1], diagonal(dx, dy, 4), (i, j) =>
        discs.some(([x, y, r]) => Math.hypot(i - x, j - y) <= r) ? true : i === 15 && j > 10 && j < 22,
      );
      const found = axialDiameters(shape, isTumour)!;
      const expected = bruteForce(shape, dx, dy);
      if (!expected) continue;
      compared++;
      expect(found.longestMm).toBeCloseTo(expected.longest, 9);
      expect(Math.abs(found.perpendicularMm - expected.perpendicular)).toBeLessThan(0.03);
    }
    expect(compared).toBeGreaterThan(4);
  });

  it('of a ball in a BraTS-sized mask are its diameter', () => {
    const head = maskOf(
      [240, 240, 155],
      BRATS_AFFINE,
      (i, j, k) => Math.hypot(i - 120, j - 120, k - 80) < 40,
    );
    const { longestMm, perpendicularMm, slice } = axialDiameters(head, isTumour)!;
    for (const mm of [longestMm, perpendicularMm]) expect(Math.abs(mm - 80)).toBeLessThan(1.5);
    expect(Math.abs(slice - 80)).toBeLessThan(4);
  });
});

/** All pairs of the middles of voxel edges; the perpendicular by cutting the hull of all points at many places. Null when in parts. */
function bruteForce({ size, data }: Volume<Uint8Array>, dx: number, dy: number) {
  const points: [number, number][] = [];
  const cells = [...data.keys()].filter((at) => data[at] !== 0);
  for (const at of cells) {
    const [i, j] = [at % size[0], Math.floor(at / size[0])];
    points.push(
      [(i - 0.5) * dx, j * dy],
      [(i + 0.5) * dx, j * dy],
      [i * dx, (j - 0.5) * dy],
      [i * dx, (j + 0.5) * dy],
    );
  }
  const reached = new Set([cells[0]]);
  for (const at of reached)
    for (const step of [-1, 1, -32, 32, -33, -31, 31, 33]) if (data[at + step]) reached.add(at + step);
  if (reached.size !== cells.length) return null;
  let longest = 0;
  for (const p of points)
    for (const q of points) longest = Math.max(longest, Math.hypot(p[0] - q[0], p[1] - q[1]));
  const ends = points.flatMap((p) =>
    points.filter((q) => Math.hypot(p[0] - q[0], p[1] - q[1]) > longest - 1e-9).map((q) => [p, q]),
  );
  return { longest, perpendicular: Math.max(...ends.map(([a, b]) => widestCut(points, a, b))) };
}

/** The longest stretch inside the hull on 600 lines at right angles to a–b; corners of the hull are what is farthest in 3000 directions. */
function widestCut(points: readonly number[][], a: readonly number[], b: readonly number[]): number {
  const longest = Math.hypot(a[0] - b[0], a[1] - b[1]);
  const [ux, uy] = [(b[0] - a[0]) / longest, (b[1] - a[1]) / longest];
  const turned = points.map(([x, y]) => [
    (x - a[0]) * ux + (y - a[1]) * uy,
    (y - a[1]) * ux - (x - a[0]) * uy,
  ]);
  const corners = new Set<number[]>();
  for (let n = 0; n < 3000; n++) {
    const [x, y] = [Math.cos((n * Math.PI) / 1500), Math.sin((n * Math.PI) / 1500)];
    corners.add(turned.reduce((far, p) => (p[0] * x + p[1] * y > far[0] * x + far[1] * y ? p : far)));
  }
  let widest = 0;
  for (let cut = 0; cut <= 600; cut++) {
    const at = (cut / 600) * longest;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const p of corners)
      for (const q of corners) {
        if (p[0] > at || q[0] < at) continue;
        const y = p[0] === q[0] ? p[1] : p[1] + ((at - p[0]) / (q[0] - p[0])) * (q[1] - p[1]);
        low = Math.min(low, y);
        high = Math.max(high, y);
      }
    widest = Math.max(widest, high - low);
  }
  return widest;
}
