import { describe, expect, it } from 'vitest';
import { coarseCase, shareOn } from '../../src/prepare/coarse.js';
import { resultQuality } from '../../src/segment/resultChecks.js';
import { shownPart } from '../../src/volume/extent.js';
import type { Volume } from '../../src/volume/volume.js';
import { GRID, head, SIZE } from '../support/heads.js';

const own = head(1, (value) => value);
const [nx, ny] = SIZE;
const placeOf = (v: number) => [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];

/** Labels where `where` says so, inside the brain. */
const mask = (label: number, where: (at: number[]) => boolean) =>
  Uint8Array.from(own.data, (value, v) => (value !== 0 && where(placeOf(v)) ? label : 0));

function quality(labels: Uint8Array, images: Record<string, Volume> = { t1: own }) {
  const coarse = coarseCase(images, GRID);
  const marked = shownPart({ ...GRID, data: labels });
  return resultQuality(coarse, shareOn(coarse, marked), GRID, marked);
}

const cube = (at: number[], middle: number[], half: number) =>
  at.every((place, axis) => Math.abs(place - middle[axis]) <= half);

describe('what a mask looks like', () => {
  it('its share of the brain, and its parts of 0.1 ml and more', () => {
    const right = quality(mask(2, ([i]) => i < 24));
    expect(right.share).toBeCloseTo(0.5, 2);
    const places = [
      [12, 27, 20],
      [24, 27, 20],
      [36, 27, 20],
    ];
    // Two cubes of 27 voxels (0.216 ml), and one voxel (0.008 ml).
    const { parts } = quality(mask(2, (at) => places.some((p, n) => cube(at, p, n === 2 ? 0 : 1))));
    expect(parts).toBe(2);
    expect(quality(new Uint8Array(own.data.length))).toMatchObject({ share: 0, parts: 0, uptake: null });
  });

  it('what of it lies where the brain ends', () => {
    const cut = { ...GRID, data: own.data.map((value, v) => (placeOf(v)[2] > 28 ? 0 : value)) };
    const labels = mask(2, (at) => cube(at, [24, 27, 27], 1));
    const { atTop, atBottom } = quality(labels, { t1: cut });
    // Slices 27 and 28 of a cube of 3: 18 voxels of 8 mm³.
    expect([atTop, atBottom]).toEqual([expect.closeTo(0.144, 9), 0]);
    expect(quality(labels).atTop).toBe(0);
  });

  it('how bright enhancing tumour is in T1ce, over other tissue and over T1', () => {
    const where = (at: number[]) => cube(at, [24, 27, 20], 3);
    const labels = mask(4, where);
    const bright = { ...GRID, data: own.data.map((value, v) => (labels[v] === 4 ? 40 : value)) };
    const { uptake } = quality(labels, { t1: own, t1ce: bright });
    expect(uptake!.overTissue).toBeGreaterThan(4);
    expect(uptake!.overT1).toBeGreaterThan(4);
    const { uptake: none } = quality(labels, { t1: own, t1ce: own });
    expect(none!.overT1).toBeCloseTo(0, 6);
    expect(quality(labels, { t1ce: bright }).uptake!.overT1).toBeNull();
    expect(quality(labels, { t1: own }).uptake).toBeNull();
  });

  it('how much of it takes up contrast agent and is not marked as enhancing', () => {
    const bright = (at: number[]) => cube(at, [24, 27, 20], 3);
    const t1ce = { ...GRID, data: own.data.map((value, v) => (bright(placeOf(v)) ? 60 : value)) };
    const wide = (at: number[]) => cube(at, [24, 27, 20], 6);
    const oedema = mask(2, wide);
    const { uncovered } = quality(oedema, { t1: own, t1ce });
    // A cube of 7 voxels a side, 8 mm³ each; smoothing adds a voxel to every side at most.
    expect(uncovered).toBeGreaterThan((343 * 8) / 1000);
    expect(uncovered).toBeLessThanOrEqual((729 * 8) / 1000);
    const marked = oedema.map((label, v) => (bright(placeOf(v)) ? 4 : label));
    expect(quality(marked, { t1: own, t1ce }).uncovered).toBe(0);
    // Bright in T1 too: blood, not contrast agent.
    expect(quality(oedema, { t1: t1ce, t1ce }).uncovered).toBe(0);
    expect(quality(oedema, { t1ce }).uncovered).toBeNull();
  });

  it('compact parts that take up contrast agent, and how much of their surface is the brain’s', () => {
    const bright = (where: (at: number[]) => boolean) => ({
      ...GRID,
      data: own.data.map((value, v) => (value !== 0 && where(placeOf(v)) ? 60 : value)),
    });
    const masses = (where: (at: number[]) => boolean, labels = new Uint8Array(own.data.length)) =>
      quality(labels, { t1: own, t1ce: bright(where) }).masses!;
    const away = (at: number[], middle: number[]) =>
      Math.hypot(...at.map((place, axis) => place - middle[axis]));
    const deep = (at: number[]) => away(at, [24, 27, 20]) < 6;
    const ball = ((4 / 3) * Math.PI * 6 ** 3 * 8) / 1000;
    const [inside] = masses(deep);
    expect(inside).toMatchObject({ edge: 0, marked: 0 });
    expect(Math.abs(inside.ml / ball - 1)).toBeLessThan(0.35);
    expect(masses(deep, mask(4, deep))[0].marked).toBeGreaterThan(0.6);
    // About half of a ball, its middle on the brain's left surface.
    const [dural] = masses((at) => away(at, [45, 27, 20]) < 9);
    expect(dural.edge).toBeGreaterThan(0.2);
    // A shell is no mass, and what is bright in T1 as well took up nothing.
    expect(masses((at) => deep(at) && away(at, [24, 27, 20]) > 5)).toEqual([]);
    expect(quality(mask(2, deep), { t1: bright(deep), t1ce: bright(deep) }).masses).toEqual([]);
    expect(quality(mask(2, deep), { t1ce: bright(deep) }).masses).toBeNull();
  });

  it('how much fluid the tumour surrounds', () => {
    const middle = [24, 27, 20];
    const from = (at: number[]) => Math.hypot(...at.map((place, axis) => place - middle[axis]));
    const painted = (value: number) => ({
      ...GRID,
      data: own.data.map((old, v) => (old !== 0 && from(placeOf(v)) < 6 ? value : old)),
    });
    // Values about 20: far below and far above.
    const images = { t1: painted(4), t2: painted(60), flair: painted(4) };
    const ring = mask(2, (at) => from(at) < 11);
    // A ball of 6 voxels' radius of 8 mm³ each; smoothing takes and adds at its rim.
    const ball = ((4 / 3) * Math.PI * 6 ** 3 * 8) / 1000;
    const found = quality(ring, images).fluid!;
    expect(found).toBeGreaterThan(0.4 * ball);
    expect(found).toBeLessThan(1.3 * ball);
    // A network that leaves the fluid out of its mask is asked as well.
    expect(
      quality(
        mask(2, (at) => from(at) >= 6 && from(at) < 11),
        images,
      ).fluid,
    ).toBeGreaterThan(0.4 * ball);
    // A ventricle beside a tumour.
    expect(
      quality(
        mask(2, (at) => cube(at, [24, 15, 20], 5)),
        images,
      ).fluid,
    ).toBe(0);
    // Bright in FLAIR: necrosis.
    expect(quality(ring, { ...images, flair: painted(60) }).fluid).toBe(0);
    expect(quality(ring, { t1: images.t1, flair: images.flair }).fluid).toBeNull();
  });

  it('where it lies, by the box around the brain', () => {
    // LPS: voxel j grows to the back, k upwards.
    const share = (at: number[], half: number) => quality(mask(2, (one) => cube(one, at, half))).place!;
    expect(share([24, 36, 7], 2).posteriorFossa).toBe(1);
    expect(share([24, 27, 18], 2)).toEqual({ posteriorFossa: 0, deep: 1 });
    expect(share([36, 27, 28], 2)).toEqual({ posteriorFossa: 0, deep: 0 });
    expect(quality(new Uint8Array(own.data.length)).place).toBeNull();
  });
});
