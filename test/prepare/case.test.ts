import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openStudy } from '../../src/intake/openStudy.js';
import { prepareCase } from '../../src/prepare/case.js';
import type { Volume } from '../../src/volume/volume.js';
import { bratsGrid, ellipsoid, writeImage } from '../support/images.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();
const grid = bratsGrid([150, 150, 150]);
/** 4/3·π·60³ mm³ = 905 ml. */
const brain = ellipsoid(grid, [60, 60, 60], 1);

async function study(name: string, images: Record<string, Volume>) {
  for (const [sequence, image] of Object.entries(images))
    await writeImage(join(folder.path, name, `x_${sequence}.nii.gz`), image);
  return openStudy([join(folder.path, name)]);
}

/** The same voxels further along −x, one slice fewer: no grid of the brain's. */
const elsewhere = { ...bratsGrid([150, 150, 149], [5, 0, 0]), data: brain.data.slice(0, 150 * 150 * 149) };

describe('a Study becomes a Case', () => {
  it('when it is a stripped brain at 1 mm on one grid', async () => {
    const prepared = await prepareCase(
      await study('good', { t1: brain, flair: ellipsoid(grid, [60, 60, 60], 2) }),
    );
    expect(Object.keys(prepared.images)).toEqual(['t1', 'flair']);
    expect(prepared.overridden).toEqual([]);
    expect(prepared.images.t1!.data.every((value, at) => value === brain.data[at])).toBe(true);
    expect(prepared.hashes.t1).toMatch(/^[0-9a-f]{64}$/);
  });

  it('reads only the sequences that are to be used', async () => {
    const prepared = await prepareCase(await study('good', {}), { use: ['flair'] });
    expect(Object.keys(prepared.images)).toEqual(['flair']);
  });

  it('stops when it is cancelled', async () => {
    const signal = AbortSignal.abort();
    expect((await problemOfRefusal(prepareCase(await study('good', {}), { signal }))).code).toBe('CANCELLED');
  });
});

describe('what is refused, naming what is missing', () => {
  const small = ellipsoid(grid, [45, 45, 45], 1);
  const full = { ...grid, data: brain.data.map((value, at) => (value === 0 ? 17 + (at % 50) : value)) };
  const head = ellipsoid(bratsGrid([180, 180, 180]), [80, 80, 80], 1);
  const thick = ellipsoid(
    { size: [150, 150, 40], affine: [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1] },
    [60, 60, 15],
    1,
  );
  const labels = { ...grid, data: brain.data.map((value) => (value === 0 ? 0 : value > 400 ? 4 : 1)) };

  it.each([
    ['382 ml of brain', small, 'NOT_SKULL_STRIPPED'],
    ['2145 ml: a head with its skull', head, 'NOT_SKULL_STRIPPED'],
    ['no air around it', full, 'NOT_SKULL_STRIPPED'],
    ['5 mm slices', thick, 'NOT_ISOTROPIC_1MM'],
    ['a segmentation given as an image', labels, 'MASK_AS_IMAGE'],
    ['nothing but air', { ...grid, data: new Float32Array(brain.data.length) }, 'EMPTY_IMAGE'],
  ])('%s', async (name, image, code) => {
    const problem = await problemOfRefusal(prepareCase(await study(name, { t1: image })));
    expect(problem).toMatchObject({ code, file: expect.stringContaining('x_t1.nii.gz') });
    expect(problem.found).toBeTruthy();
    expect(problem.expected).toBeTruthy();
  });

  it('two grids, both described', async () => {
    const problem = await problemOfRefusal(prepareCase(await study('grids', { t1: brain, t2: elsewhere })));
    expect(problem.code).toBe('GRIDS_DIFFER');
    expect(problem.found).toContain('-5.0');
    expect(problem.files).toHaveLength(2);
  });

  it('everything at once is told at once', async () => {
    const problem = await problemOfRefusal(prepareCase(await study('all', { t1: brain, t2: thick })));
    expect([problem.code, ...problem.also!.map(({ code }) => code)]).toEqual([
      'GRIDS_DIFFER',
      'NOT_ISOTROPIC_1MM',
    ]);
  });

  it('a sequence that is not there', async () => {
    const problem = await problemOfRefusal(prepareCase(await study('good', {}), { use: ['t2'] }));
    expect(problem.code).toBe('SEQUENCE_NOT_AVAILABLE');
  });
});

describe('force', () => {
  beforeAll(() => study('forced', { t1: brain, t2: elsewhere }));

  it('accepts it, lists what was overridden, and resamples by the headers', async () => {
    const prepared = await prepareCase(await study('forced', {}), { force: true });
    expect(prepared.overridden.map(({ code }) => code)).toEqual(['GRIDS_DIFFER']);
    // The second image lies 5 mm further along −x: its voxel i is the first's voxel i + 5.
    const row = 150 * (75 + 150 * 75);
    expect(prepared.images.t2!.data[row + 80]).toBeCloseTo(brain.data[row + 75], 3);
  });

  it('never accepts a mask or an empty image', async () => {
    const labels = { ...grid, data: brain.data.map((value) => (value === 0 ? 0 : 1)) };
    const problem = await problemOfRefusal(prepareCase(await study('mask', { t1: labels }), { force: true }));
    expect(problem.code).toBe('MASK_AS_IMAGE');
  });
});
