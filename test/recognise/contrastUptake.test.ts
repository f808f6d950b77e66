import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contrastUptake, UPTAKE_MARGIN } from '../../src/recognise/contrastUptake.js';
import { readVolume } from '../../src/volume/read.js';
import type { Volume } from '../../src/volume/volume.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { centredGrid, rawSeries, rigid } from '../support/rawHead.js';

const GRID = centredGrid([128, 144, 40], [1.6, 1.6, 4]);
const STILL = rigid(0, [0, 0, 1], [0, 0, 0]);
const MOVED = rigid(4, [1, 2, 1], [2, -1, 3]);
/** So far apart nothing but noise, shading and interpolation moves two images of one phase. */
const QUIET = UPTAKE_MARGIN / 2;

/** Thin sheets within the head become bright, as vessels and dura do. */
function enhanced(head: Volume, by: number): Volume {
  const [nx, ny] = head.size;
  const data = head.data.map((value, v) => {
    const [i, j] = [v % nx, Math.floor(v / nx) % ny];
    return value > 0 && i % 23 < 2 && j % 5 > 0 ? value + by : value;
  });
  return { ...head, data };
}

describe('contrast agent told by the voxels of two T1 of one head', () => {
  it('is found with the skull on, whichever comes first, and not where there is none', async () => {
    const before = await rawSeries(GRID, STILL, 't1', 1);
    const again = await rawSeries(GRID, MOVED, 't1', 2);
    const sorted = before.data.slice().sort();
    const after = enhanced(again, sorted[Math.floor(0.9 * sorted.length)]);
    expect(contrastUptake(before, after)).toBeGreaterThan(UPTAKE_MARGIN);
    expect(contrastUptake(after, before)).toBeLessThan(-UPTAKE_MARGIN);
    expect(Math.abs(contrastUptake(before, again)!)).toBeLessThan(QUIET);
  }, 60_000);

  it('is not told of too little brain, and not of two that do not lie on each other', async () => {
    const head = await rawSeries(GRID, STILL, 't1', 1);
    const slab = { ...head, size: [128, 144, 3] as const, data: head.data.slice(0, 128 * 144 * 3) };
    expect(contrastUptake(slab, slab)).toBeNull();
    const other = await rawSeries(GRID, STILL, 't2', 1);
    expect(contrastUptake(head, other)).toBeNull();
  }, 60_000);
});

describe.skipIf(!haveRealData('contrast by voxels'))('contrast by the voxels of real T1 and T1ce', () => {
  it('is right for a raw pair with its skull, both ways round', async () => {
    const folder = join(REAL_DATA, 'raw/TCGA-FG-6692');
    const raw = (part: string) =>
      readVolume(join(folder, readdirSync(folder).find((name) => name.startsWith(part))!));
    const [t1, t1ce] = [await raw('T1_AX_Other'), await raw('MRHR_T1_AX_POST')];
    expect(contrastUptake(t1, t1ce)).toBeGreaterThan(UPTAKE_MARGIN);
    expect(contrastUptake(t1ce, t1)).toBeLessThan(-UPTAKE_MARGIN);
  }, 60_000);

  it('is right for stripped pairs', async () => {
    const names = readdirSync(join(REAL_DATA, 'brains'))
      .filter((name) => name.startsWith('BraTS2021'))
      .slice(0, 2);
    expect(names).toHaveLength(2);
    for (const name of names) {
      const image = (sequence: string) =>
        readVolume(join(REAL_DATA, 'brains', name, `${name}_${sequence}.nii.gz`));
      expect(contrastUptake(await image('t1'), await image('t1ce')), name).toBeGreaterThan(UPTAKE_MARGIN);
    }
  }, 60_000);
});
