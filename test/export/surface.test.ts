import { describe, expect, it, vi } from 'vitest';
import { regionStl } from '../../src/export/surface.js';
import { voxelToWorld, voxelVolume } from '../../src/volume/affine.js';
import type { Affine, Size, Volume } from '../../src/volume/volume.js';

const all = (label: number) => label !== 0;

function maskOf(
  size: Size,
  affine: readonly number[],
  inside: (ras: [number, number, number], voxel: [number, number, number]) => boolean,
): Volume<Uint8Array> {
  const grid = { size, affine: affine as unknown as Affine };
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++)
        data[at] = inside(voxelToWorld(grid.affine, i, j, k), [i, j, k]) ? 4 : 0;
  return { ...grid, data };
}

interface Mesh {
  readonly header: string;
  readonly volume: number;
  readonly centre: number[];
  readonly lowest: number[];
  readonly highest: number[];
  /** Directed edges without their opposite, or that occur more often than it. */
  readonly open: number;
  readonly triangles: number;
}

/** Reads binary STL by its definition: volume by the divergence theorem, and whether every edge is met by its opposite. */
function readStl(bytes: Uint8Array): Mesh {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const triangles = view.getUint32(80, true);
  expect(bytes.length).toBe(84 + 50 * triangles);
  const edges = new Map<string, number>();
  let volume = 0;
  const moment = [0, 0, 0];
  const lowest = [Infinity, Infinity, Infinity];
  const highest = [-Infinity, -Infinity, -Infinity];
  for (let n = 0; n < triangles; n++) {
    const corner = (c: number) =>
      [0, 1, 2].map((axis) => view.getFloat32(84 + 50 * n + 12 + 12 * c + 4 * axis, true));
    const [a, b, c] = [corner(0), corner(1), corner(2)];
    const six =
      a[0] * (b[1] * c[2] - b[2] * c[1]) +
      a[1] * (b[2] * c[0] - b[0] * c[2]) +
      a[2] * (b[0] * c[1] - b[1] * c[0]);
    volume += six / 6;
    for (const axis of [0, 1, 2]) {
      moment[axis] += (six / 24) * (a[axis] + b[axis] + c[axis]);
      lowest[axis] = Math.min(lowest[axis], a[axis], b[axis], c[axis]);
      highest[axis] = Math.max(highest[axis], a[axis], b[axis], c[axis]);
    }
    for (const [from, to] of [
      [a, b],
      [b, c],
      [c, a],
    ].map((pair) => pair.map(String))) {
      edges.set(`${from}>${to}`, (edges.get(`${from}>${to}`) ?? 0) + 1);
      edges.set(`${to}>${from}`, (edges.get(`${to}>${from}`) ?? 0) - 1);
    }
  }
  return {
    header: new TextDecoder().decode(bytes.subarray(0, 80)).trim(),
    volume,
    centre: moment.map((value) => value / volume),
    lowest,
    highest,
    open: [...edges.values()].filter((count) => count !== 0).length,
    triangles,
  };
}

const BRATS = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 30, 40, -20, 1];

describe('STL of a region', () => {
  it('has the volume and the place of a ball within 2 %, in LPS mm, and says so in its header', () => {
    const ball = maskOf([60, 60, 60], BRATS, ([x, y, z]) => Math.hypot(x - 2, y - 9, z - 12) <= 17);
    const mesh = readStl(regionStl(ball, all)!);
    expect(mesh.header).toContain('SPACE=LPS');
    expect(mesh.header).toContain('millimetres');
    expect(mesh.open).toBe(0);
    expect(mesh.volume / ((4 / 3) * Math.PI * 17 ** 3)).toBeCloseTo(1, 1.7);
    expect(Math.abs(mesh.volume / ((4 / 3) * Math.PI * 17 ** 3) - 1)).toBeLessThan(0.02);
    [-2, -9, 12].forEach((value, axis) => expect(Math.abs(mesh.centre[axis] - value)).toBeLessThan(0.1));
  });

  it('respects oblique axes and anisotropic voxels, mirrored or not', () => {
    const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
    for (const mirror of [1, -1]) {
      const affine = [
        mirror * 0.9,
        0,
        0,
        0,
        0,
        1.2 * c,
        1.2 * s,
        0,
        0,
        -2 * s,
        2 * c,
        0,
        mirror * -36,
        -20,
        -55,
        1,
      ];
      const ellipsoid = maskOf(
        [80, 70, 40],
        affine,
        ([x, y, z]) => ((x - 1) / 22) ** 2 + ((y - 3) / 15) ** 2 + ((z + 1) / 18) ** 2 <= 1,
      );
      const mesh = readStl(regionStl(ellipsoid, all)!);
      expect(mesh.open).toBe(0);
      expect(Math.abs(mesh.volume / ((4 / 3) * Math.PI * 22 * 15 * 18) - 1)).toBeLessThan(0.02);
      [-1, -3, -1].forEach((value, axis) => expect(Math.abs(mesh.centre[axis] - value)).toBeLessThan(0.2));
      expect(mesh.highest[0]).toBeCloseTo(21, 0);
      expect(mesh.lowest[1]).toBeCloseTo(-18, 0);
    }
  });

  it('is closed where the region touches the border of the volume', () => {
    const full = maskOf([12, 10, 9], BRATS, () => true);
    const mesh = readStl(regionStl(full, all)!);
    expect(mesh.open).toBe(0);
    // Smoothing rounds the corners of a block.
    expect(mesh.volume / full.data.length).toBeGreaterThan(0.9);
    expect(mesh.volume / full.data.length).toBeLessThan(1);
  });

  it('is closed for any pattern of voxels', () => {
    let state = 11;
    for (let round = 0; round < 6; round++) {
      const noise = maskOf([14, 13, 12], BRATS, () => {
        state = (state * 48271) % 2147483647;
        return state % 100 < 20 + 10 * round;
      });
      const mesh = readStl(regionStl(noise, all)!);
      expect(mesh.open).toBe(0);
      expect(mesh.volume).toBeGreaterThan(0);
    }
  });

  it('holds the labels of the region alone, nothing for an empty one, and prints nothing', () => {
    const log = vi.spyOn(process.stdout, 'write');
    const two = maskOf([40, 40, 40], BRATS, (_, [i, j, k]) => Math.hypot(i - 20, j - 20, k - 20) < 12);
    two.data.forEach((label, at) => {
      if (label && at % 40 < 20) two.data[at] = 2;
    });
    const part = readStl(regionStl(two, (label) => label === 4)!);
    const voxels = two.data.filter((label) => label === 4).length * voxelVolume(two.affine);
    expect(Math.abs(part.volume / voxels - 1)).toBeLessThan(0.05);
    expect(regionStl(two, (label) => label === 1)).toBeNull();
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });
});
