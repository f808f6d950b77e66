import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openStudy } from '../../src/intake/openStudy.js';
import { alignBrains, alignHeads } from '../../src/prepare/align.js';
import type { Case } from '../../src/prepare/case.js';
import { mutualInformation } from '../../src/prepare/mutualInformation.js';
import { prepareStudy } from '../../src/prepare/prepareStudy.js';
import { seenOnce } from '../../src/prepare/registrationChecks.js';
import { MODALITIES, type Modality } from '../../src/terms.js';
import { multiplyAffines } from '../../src/volume/affine.js';
import { inverse, movedTo } from '../../src/volume/placement.js';
import { type ImageFile, readVolume } from '../../src/volume/read.js';
import { resample } from '../../src/volume/resample.js';
import type { Affine, Grid } from '../../src/volume/volume.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { centredGrid, rawSeries, rigid } from '../support/rawHead.js';
import { temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();
const RAW = join(REAL_DATA, 'raw/TCGA-FG-6692');

/**
 * RAS mm of the published result → RAS mm of the raw T1ce series, found by registering the published T1ce to the raw one
 * (the same series, so the match can be checked below): the published set lies some degrees otherwise on the BraTS grid.
 */
const PUBLISHED_TO_T1CE: Affine = [
  0.997333, -0.058535, 0.043603, 0, 0.045339, 0.964976, 0.25839, 0, -0.0572, -0.255724, 0.965056, 0,
  114.877309, -86.131509, -69.726527, 1,
];

describe.skipIf(!haveRealData('preparation of TCGA-FG-6692'))('the raw series of TCGA-FG-6692', () => {
  let prepared: Case;
  let published: Record<Modality, ImageFile>;
  let grid: Grid;
  let peakMb: number;
  beforeAll(async () => {
    mkdirSync(join(folder.path, 'raw'));
    for (const name of readdirSync(RAW).filter((file) => file.endsWith('.nii.gz')))
      symlinkSync(join(RAW, name), join(folder.path, 'raw', name));
    prepared = await prepareStudy(await openStudy([join(folder.path, 'raw')]));
    peakMb = process.resourceUsage().maxRSS / 1024;
    const files = MODALITIES.map(async (m) => [
      m,
      await readVolume(join(RAW, `stripped/TCGA-FG-6692_${m}.nii.gz`)),
    ]);
    published = Object.fromEntries(await Promise.all(files));
    grid = published.t1ce;
  }, 300_000);

  /** Our mask on the published grid, once the published set lies where ours does. */
  let ours: Uint8Array | null = null;
  const maskThere = () => {
    ours ??= resampledMask();
    return ours;
  };
  const resampledMask = () => {
    const toPublished = inverse(multiplyAffines(prepared.placements!.t1ce!.toCase, PUBLISHED_TO_T1CE));
    const into = new Uint8Array(240 * 240 * 155);
    return resample(movedTo(prepared.preparation!.brainMask, toPublished), grid, {
      interpolation: 'nearest',
      into,
    });
  };

  it('is compared where it should be: raw and published T1ce correlate inside the brain', async () => {
    const raw = await readVolume(prepared.images.t1ce!.file);
    const there = resample(movedTo(raw, inverse(PUBLISHED_TO_T1CE)), grid, { interpolation: 'linear' });
    expect(correlation(there, published.t1ce.data)).toBeGreaterThan(0.97);
  });

  it('keeps below 1.5 GB', () => {
    expect(peakMb).toBeLessThan(1500);
  });

  it('passes every check', () => {
    expect(prepared.preparation!.steps.map(({ verdict }) => verdict)).toEqual(Array(7).fill('good'));
    expect(prepared.preparation!.reference).toBe('t1ce');
  });

  it('accepts neither another person’s head nor a stripped image among raw ones without a word', async () => {
    const grid = centredGrid([220, 240, 46], [0.95, 0.95, 4]);
    const stranger = await rawSeries(grid, rigid(5, [0, 0, 1], [3, 8, -4]), 't1');
    const images = {
      t1: { ...published.t1, ...stranger, file: 'stranger.nii.gz' },
      t1ce: await readVolume(prepared.images.t1ce!.file),
      t2: published.t2,
    };
    const use = ['t1', 't1ce', 't2'] as const;
    const bench = {
      images,
      seen: seenOnce(images),
      use,
      reference: 't1ce',
      stripped: new Set(['t2'] as const),
      options: {},
    } as const;
    const heads = await alignHeads(bench, new AbortController().signal);
    const { atlasToReference } = prepared.preparation!.transforms;
    const { steps } = await alignBrains(bench, heads, atlasToReference, (step) => step);
    expect(steps.map(({ sequence }) => sequence)).toEqual(['t1', 't2']);
    for (const { verdict, problem } of steps) {
      expect(['doubtful', 'failed']).toContain(verdict);
      expect(['REGISTRATION_FAILED', 'IMAGES_APART']).toContain(problem?.code);
      expect(problem!.found).toBeTruthy();
    }
  }, 300_000);

  it('gets a brain mask that agrees with the published one, Dice at least 0.93', () => {
    const ours = maskThere();
    let both = 0;
    let sum = 0;
    ours.forEach((value, at) => {
      const theirs = published.t1ce.data[at] !== 0 ? 1 : 0;
      both += value & theirs;
      sum += value + theirs;
    });
    expect((2 * both) / sum).toBeGreaterThan(0.93);
  });

  it('aligns the sequences at least as well as the published set: mutual information over the brain common to both', () => {
    const mask = maskThere();
    const inBoth: number[] = [];
    for (let voxel = 0; voxel < mask.length; voxel += 3)
      if (mask[voxel] === 1 && published.t1ce.data[voxel] !== 0) inBoth.push(voxel);
    const there = (data: Float32Array) => Float32Array.from(inBoth, (voxel) => data[voxel]);
    const toCase = multiplyAffines(prepared.placements!.t1ce!.toCase, PUBLISHED_TO_T1CE);
    const intoPublished = inverse(toCase);
    const pairs = MODALITIES.map((m) => [there(onPublishedGrid(m, intoPublished)), there(published[m].data)]);
    const shared = (a: number, b: number, which: number) =>
      mutualInformation(pairs[a][which], pairs[b][which], () => true).bits;
    for (const [a, b] of PAIRS)
      expect(shared(a, b, 0) / shared(a, b, 1), `${MODALITIES[a]} and ${MODALITIES[b]}`).toBeGreaterThan(
        0.93,
      );
  });

  /** A raw series resampled once, straight to the published grid. */
  const raws = new Map<Modality, ImageFile>();
  beforeAll(async () => {
    for (const m of MODALITIES) raws.set(m, await readVolume(prepared.images[m]!.file));
  });
  function onPublishedGrid(m: Modality, intoPublished: Affine): Float32Array {
    const toPublished = multiplyAffines(intoPublished, prepared.placements![m]!.toCase);
    return resample(movedTo(raws.get(m)!, toPublished), grid, { interpolation: 'linear' });
  }
});

const PAIRS = MODALITIES.flatMap((_, a) => MODALITIES.slice(a + 1).map((_, n) => [a, a + 1 + n] as const));

function correlation(a: Float32Array, b: Float32Array): number {
  let [n, sumA, sumB, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  b.forEach((value, at) => {
    if (value === 0) return;
    n++;
    sumA += a[at];
    sumB += value;
    aa += a[at] * a[at];
    bb += value * value;
    ab += a[at] * value;
  });
  return (ab - (sumA * sumB) / n) / Math.sqrt((aa - (sumA * sumA) / n) * (bb - (sumB * sumB) / n));
}
