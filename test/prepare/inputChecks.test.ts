import { describe, expect, it } from 'vitest';
import { coarseCase } from '../../src/prepare/coarse.js';
import { inputQuality } from '../../src/prepare/inputChecks.js';
import type { Volume } from '../../src/volume/volume.js';
import { values } from '../kernels/volumes.js';
import { GRID, head, SIZE } from '../support/heads.js';

const own = head(1, (value) => value);
const [nx, ny, nz] = SIZE;
const placeOf = (v: number) => [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];

/** Every voxel of the brain changed. */
function changed(change: (value: number, at: number[], v: number) => number, image = own): Volume {
  return { ...GRID, data: image.data.map((value, v) => (value === 0 ? 0 : change(value, placeOf(v), v))) };
}

const quality = (t1: Volume, others: Record<string, Volume> = {}) =>
  inputQuality(coarseCase({ t1, ...others }, GRID), null);

describe('what images say of their own quality', () => {
  const sound = quality(own);

  it('a sound head: its ml, even halves, tapering ends', () => {
    const voxels = own.data.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
    expect(sound.brain.ml).toBeCloseTo((voxels * 8) / 1000, 9);
    expect(sound.brain.asymmetry).toBe(0);
    expect(sound.brain.top).toBeLessThan(0.25);
    expect(sound.brain.bottom).toBeLessThan(0.25);
    expect(sound.images.t1).toMatchObject({ coverage: 1 });
    expect(sound.images.t1!.sharpness).toBeGreaterThan(0.5);
  });

  it('does not see scale or shift', () => {
    const { bias, noise, sharpness, rim } = quality(changed((value) => 3 * value + 500)).images.t1!;
    const first = sound.images.t1!;
    expect(bias).toBeCloseTo(first.bias!, 3);
    expect(noise).toBeCloseTo(first.noise!, 3);
    expect(sharpness).toBeCloseTo(first.sharpness, 3);
    expect(rim).toBeCloseTo(first.rim, 3);
  });

  it('shading from front to back and left to right raises the bias', () => {
    const { bias } = quality(changed((value, [i, j]) => value * (1 - 0.3 * (i / nx + j / ny)))).images.t1!;
    expect(bias).toBeGreaterThan(2 * sound.images.t1!.bias!);
  });

  it('shading from left to right leans, shading from front to back does not', () => {
    const lean = (shade: (at: number[]) => number) =>
      quality(changed((value, at) => value * shade(at))).images.t1!.lean!;
    const own = sound.images.t1!.lean!;
    expect(lean(([i]) => 1 - (0.4 * i) / nx)).toBeGreaterThan(own + 0.3);
    expect(Math.abs(lean(([, j]) => 1 - (0.4 * j) / ny) - own)).toBeLessThan(0.15);
  });

  it('noise is measured within 30 %: of a flat head with white noise of a tenth of its deviation', () => {
    // Two levels give the brain its deviation; white noise of 0.2 on top.
    const random = values(nx * ny * nz, 7);
    const deviation = Math.sqrt(random.reduce((sum, value) => sum + value * value, 0) / random.length);
    const flat = changed((_, [, , k], v) => (k < nz / 2 ? 10 : 14) + (0.2 * random[v]) / deviation);
    const { noise } = quality(flat).images.t1!;
    // Levels of 10 and 14 smoothed: a deviation of 2.
    expect(noise! * 2).toBeGreaterThan(0.14);
    expect(noise! * 2).toBeLessThan(0.26);
  });

  it('thick slices blur one axis', () => {
    const thick = own.data.slice();
    const area = nx * ny;
    for (let v = 0; v < thick.length; v++) {
      if (own.data[v] === 0) continue;
      const first = area * (4 * Math.floor(Math.floor(v / area) / 4)) + (v % area);
      const slab = [0, 1, 2, 3].map((n) => own.data[first + n * area] ?? 0).filter((value) => value !== 0);
      thick[v] = slab.reduce((sum, value) => sum + value, 0) / slab.length;
    }
    const { sharpness } = quality({ ...GRID, data: thick }).images.t1!;
    expect(sharpness).toBeLessThan(0.8 * sound.images.t1!.sharpness);
  });

  it('a part that is missing, in one image or in all', () => {
    const cut = changed((value, [, , k]) => (k > 28 ? 0 : value));
    const one = quality(own, { flair: cut });
    expect(one.images.flair!.coverage).toBeLessThan(0.85);
    expect(one.images.t1!.coverage).toBe(1);
    expect(one.brain.top).toBe(sound.brain.top);
    expect(quality(cut).brain.top).toBeGreaterThan(0.6);
    expect(quality(changed((value, [, , k]) => (k < 12 ? 0 : value))).brain.bottom).toBeGreaterThan(0.6);
    const half = quality(changed((value, [i, j]) => (i > 30 && j > 30 ? 0 : value)));
    expect(half.brain.asymmetry).toBeGreaterThan(0.1);
  });

  it('a bright rim', () => {
    const inside = (at: number[], by: number) =>
      ((at[0] - 23.5) / (22 - by)) ** 2 +
        ((at[1] - 26.5) / (25 - by)) ** 2 +
        ((at[2] - 20.5) / (19 - by)) ** 2 <
      1;
    const scalp = changed((value, at) => (inside(at, 2) ? value : 40));
    expect(quality(scalp).images.t1!.rim).toBeGreaterThan(sound.images.t1!.rim + 2);
  });

  it('a copy of the head, shifted along left-right or front-back, and nothing else', () => {
    // Fine structure as tissue has it, the same in every run.
    const grain = values(nx * ny * nz, 3);
    const fine = changed((value, _, v) => value + 3 * grain[v]);
    const without = quality(fine).images.t1!.ghosts!;
    expect(without).toBeLessThan(0.06);
    for (const stride of [8, 10 * nx]) {
      const copied = {
        ...GRID,
        data: fine.data.map((value, v) => (value === 0 ? 0 : value + 0.25 * (fine.data[v - stride] ?? 0))),
      };
      // Of value + a · its copy: a / (1 + a²).
      expect(quality(copied).images.t1!.ghosts!).toBeGreaterThan(0.15);
      expect(quality(copied).images.t1!.ghosts!).toBeLessThan(0.3);
    }
  });

  it('what hangs apart from the brain, a thin bridge or none', () => {
    expect(sound.brain.apart).toBe(0);
    const data = own.data.slice();
    // A cube of 7 voxels beside the brain and a line of voxels between.
    for (let k = 2; k < 9; k++)
      for (let j = 2; j < 9; j++) for (let i = 2; i < 9; i++) data[i + nx * (j + ny * k)] = 30;
    for (let n = 9; n < 20; n++) data[n + nx * (n + ny * n)] = 30;
    // 2 voxels go all around: 3 × 3 × 3 of 8 µl are left.
    expect(quality({ ...GRID, data }).brain.apart).toBeCloseTo((27 * 8) / 1000, 9);
  });
});
