import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStudy } from '../../src/intake/openStudy.js';
import type { Study } from '../../src/intake/study.js';
import { prepareCase } from '../../src/prepare/case.js';
import { prepareStudy } from '../../src/prepare/prepareStudy.js';
import { listenToTrace } from '../../src/trace.js';
import { reorient } from '../../src/volume/orientation.js';
import type { Affine, Volume } from '../../src/volume/volume.js';
import { bratsGrid, ellipsoid, writeImage } from '../support/images.js';
import { centredGrid, rawSeries, rigid } from '../support/rawHead.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();

async function study(name: string, images: Record<string, Volume>): Promise<Study> {
  for (const [sequence, image] of Object.entries(images))
    await writeImage(join(folder.path, name, `x_${sequence}.nii.gz`), image);
  return openStudy([join(folder.path, name)]);
}

describe('what cannot be prepared is said', () => {
  it('half a brain', async () => {
    const t1 = await rawSeries(
      centredGrid([220, 240, 16], [0.95, 0.95, 5]),
      rigid(0, [0, 0, 1], [0, 0, -45]),
      't1',
    );
    const problem = await problemOfRefusal(prepareStudy(await study('half', { t1 })));
    expect(['BRAIN_INCOMPLETE', 'REGISTRATION_FAILED']).toContain(problem.code);
    expect(problem.found).toBeTruthy();
  }, 180_000);

  it('something round and textured that is no head', async () => {
    const ball = ellipsoid(bratsGrid([180, 180, 180]), [85, 85, 85], 3);
    const problem = await problemOfRefusal(prepareStudy(await study('ball', { t1: ball })));
    expect(problem.code).toBe('REGISTRATION_FAILED');
    expect(problem.found).toBeTruthy();
  }, 180_000);

  it('an empty image', async () => {
    const empty = { ...bratsGrid([20, 20, 20]), data: new Float32Array(8000) };
    expect((await problemOfRefusal(prepareStudy(await study('empty', { t1: empty })))).code).toBe(
      'EMPTY_IMAGE',
    );
  });
});

describe('what is looked at several times', () => {
  it('is made once: each image as registration sees it, and as it lies on the Case’s grid', async () => {
    const thick = (spacing: number) => ({ ...bratsGrid([80, 80, 80]), affine: scaled(spacing) });
    const scaled = (z: number) => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, z, 0, 0, 0, 0, 1] as unknown as Affine;
    const images = {
      t1: ellipsoid(thick(2), [35, 35, 35], 1),
      t2: ellipsoid(thick(2.5), [35, 35, 28], 2),
    };
    const opened = await study('thick', images);
    const trace = listenToTrace();
    await prepareStudy(opened, { skip: ['co-register', 'atlas', 'skull-strip'] });
    const made = trace.end().filter(({ stage }) => stage === 'resample');
    expect(made.map(({ about }) => about).sort()).toEqual(['t1', 't1', 't2', 't2']);
  });
});

describe('images that are prepared are left alone', () => {
  const grid = bratsGrid([150, 150, 150]);
  const brain = ellipsoid(grid, [60, 60, 60], 1);

  it.each(['LPS', 'RAS', 'PIR'])('bit for bit, with axes %s', async (codes) => {
    const t1 = reorient(brain, codes).volume;
    const opened = await study(`prepared-${codes}`, { t1 });
    const prepared = await prepareStudy(opened);
    const bytes = (data: Float32Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const checked = await prepareCase(opened);
    expect(prepared.preparation).toBeUndefined();
    expect(prepared.grid).toEqual(checked.grid);
    expect(bytes(prepared.images.t1!.data).equals(bytes(checked.images.t1!.data))).toBe(true);
    expect(bytes(prepared.images.t1!.data).equals(bytes(t1.data))).toBe(true);
  });
});
