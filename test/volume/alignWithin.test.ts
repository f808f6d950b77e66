import { describe, expect, it } from 'vitest';
import { multiplyAffines, voxelToWorld } from '../../src/volume/affine.js';
import { climb, refineWithinMask } from '../../src/volume/alignWithin.js';
import { IDENTITY, inverse, movedTo } from '../../src/volume/placement.js';
import { resample } from '../../src/volume/resample.js';
import type { Affine, Grid, Volume } from '../../src/volume/volume.js';
import { ellipsoid } from '../support/images.js';
import { centredGrid, rigid } from '../support/rawHead.js';

const fine = centredGrid([120, 120, 120], [1, 1, 1]);
const texture = ellipsoid(fine, [55, 55, 55], 2);
const mask = (grid: Grid): Volume<Uint8Array> => {
  const ball = ellipsoid(grid, [22, 22, 22], 1);
  return { ...ball, data: Uint8Array.from(ball.data, (value) => (value > 0 ? 1 : 0)) };
};

/** What another sequence shows: the same tissue in other, not ordered, intensities. */
const otherContrast = ({ data, ...grid }: Volume): Volume => ({
  ...grid,
  data: data.map((value) => (value === 0 ? 0 : 200 + 150 * Math.cos(value / 60))),
});

function apart(a: Affine, b: Affine): number {
  const corners = [-40, 40].flatMap((x) =>
    [-40, 40].flatMap((y) => [-40, 40].map((z) => [x, y, z] as const)),
  );
  return Math.max(
    ...corners.map((p) => {
      const q = voxelToWorld(b, ...p);
      return Math.hypot(...voxelToWorld(a, ...p).map((mm, axis) => mm - q[axis]));
    }),
  );
}

describe('an alignment refined inside a mask', () => {
  const moved = rigid(2, [0.3, 1, 0.2], [1.5, -1, 2]);
  const thick = centredGrid([110, 110, 40], [1, 1, 3], rigid(10, [1, 0, 0], [0, 0, 0]));
  const series = {
    ...thick,
    data: resample(movedTo(otherContrast(texture), moved), thick, { interpolation: 'linear' }),
  };
  const inside = mask(centredGrid([60, 60, 60], [2, 2, 2]));

  const here = refineWithinMask(texture, series, IDENTITY, inside);

  it('finds a known motion between two contrasts to 0.3 mm, thick oblique slices or not', () => {
    expect(apart(IDENTITY, moved)).toBeGreaterThan(2.5);
    expect(apart(here, moved)).toBeLessThan(0.3);
  });

  it('looks at nothing outside the mask: what moved otherwise there does not pull', () => {
    const skin = ellipsoid(fine, [55, 55, 55], 5).data;
    const away = (volume: Volume, other: Float32Array): Volume => {
      const data = volume.data.map((value, at) => {
        const [x, y, z] = voxelToWorld(
          volume.affine,
          at % 120,
          Math.floor(at / 120) % 120,
          Math.floor(at / 14400),
        );
        return Math.hypot(x, y, z) > 50 ? other[at] : value;
      });
      return { ...volume, data };
    };
    const found = refineWithinMask(away(texture, skin), series, IDENTITY, inside);
    expect(apart(found, moved)).toBeLessThan(0.3);
  });

  it('is the same whatever frame the scanner chose', () => {
    const frame = rigid(30, [0, 0, 1], [50, -20, 10]);
    const there = refineWithinMask(texture, movedTo(series, frame), frame, inside);
    expect(apart(multiplyAffines(inverse(frame), there), here)).toBeLessThan(0.05);
  });

  it('leaves the start for an empty mask', () => {
    const empty = { ...inside, data: new Uint8Array(inside.data.length) };
    expect(refineWithinMask(texture, series, moved, empty)).toBe(moved);
  });
});

describe('the search for the highest', () => {
  it('finds it to its smallest step, and asks for no motion twice', () => {
    const goal = [3.1, -1.6, 0.4, 0.02, -0.01, 0.03];
    const lever = (at: number) => (at < 3 ? 1 : 60);
    const asked: string[] = [];
    const found = climb((motion) => {
      asked.push(motion.join());
      return -motion.reduce((sum, v, at) => sum + ((v - goal[at]) * lever(at)) ** 2, 0);
    });
    found.forEach((v, at) => {
      expect(Math.abs(v - goal[at]) * lever(at)).toBeLessThan(0.12);
    });
    expect(new Set(asked).size).toBe(asked.length);
  });
});
