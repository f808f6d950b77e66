import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CaseReport } from '../../src/contract/index.js';
import { readHeader, readLabelMap, readVolume } from '../../src/volume/read.js';
import { bratsGrid, ellipsoid, writeImage } from '../support/images.js';
import { centredGrid, rawSeries, rigid } from '../support/rawHead.js';
import { temporaryFolder } from '../volume/folder.js';
import { problemIn, quorum } from './run.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);

beforeAll(async () => {
  const grid = centredGrid([220, 240, 46], [0.95, 0.95, 4], rigid(7, [1, 0, 0], [0, 0, 0]));
  await writeImage(at('raw/patient_t1.nii.gz'), await rawSeries(grid, rigid(5, [0, 0, 1], [3, 8, -4]), 't1'));
});

describe('quorum prepare on a raw series', () => {
  it('writes a case in BraTS style, the mask, the transforms and a picture per step', async () => {
    const { code, stdout } = await quorum('prepare', at('raw'), '--out', at('case'));
    expect(code).toBe(0);
    expect(stdout).toContain('Look at the pictures');
    expect(readdirSync(at('case')).sort()).toEqual([
      'checks',
      'raw_brainmask.nii.gz',
      'raw_t1.nii.gz',
      'transforms.json',
    ]);
    expect(readdirSync(at('case/checks'))).toEqual(['2-atlas-t1.png', '3-skull-strip.png', '4-resample.png']);
    const image = await readVolume(at('case/raw_t1.nii.gz'));
    const mask = await readLabelMap(at('case/raw_brainmask.nii.gz'));
    expect(image.size).toEqual([240, 240, 155]);
    expect(image.data.some((value, voxel) => value !== 0 && mask.data[voxel] === 0)).toBe(false);
    const transforms = readFileSync(at('case/transforms.json'), 'utf8');
    expect(transforms).not.toContain(folder.path);
    expect(transforms).not.toContain('patient');
    expect(JSON.parse(transforms).series[0].toCase).toHaveLength(3);
  }, 300_000);

  it('refuses a folder that holds anything, and leaves it alone', async () => {
    const outcome = await quorum('prepare', at('raw'), '--out', at('case'), '--json');
    expect(problemIn(outcome).code).toBe('OUTPUT_EXISTS');
    expect((await quorum('prepare', at('raw'), '--out', at('raw/out'), '--json')).code).toBe(1);
    expect(existsSync(at('raw/out'))).toBe(false);
  });
});

describe('quorum prepare --overwrite', () => {
  // Prepared images are written as they are: no registration, the same way of writing.
  const image = () => ellipsoid(bratsGrid([150, 150, 150]), [60, 60, 60], 1);
  const prepare = (...more: string[]) =>
    quorum('prepare', at('plain'), '--out', at('out'), '--json', '--neutral-names', ...more);

  it('replaces an earlier case, and refuses one that was changed or holds another file', async () => {
    await writeImage(at('plain/patient_t1.nii.gz'), image());
    expect((await prepare()).code).toBe(0);
    expect(readdirSync(at('out')).sort()).toEqual(['case_t1.nii.gz', 'transforms.json']);
    const transforms = readFileSync(at('out/transforms.json'), 'utf8');
    for (const name of ['plain', 'patient']) expect(transforms).not.toContain(name);
    expect(problemIn(await prepare()).code).toBe('OUTPUT_EXISTS');
    expect((await prepare('--overwrite')).code).toBe(0);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.quorum'))).toEqual([]);
    writeFileSync(at('out/notes.txt'), 'mine');
    expect(problemIn(await prepare('--overwrite')).code).toBe('OUTPUT_EXISTS');
    rmSync(at('out/notes.txt'));
    appendFileSync(at('out/case_t1.nii.gz'), 'x');
    expect(problemIn(await prepare('--overwrite')).code).toBe('OUTPUT_EXISTS');
  });
});

describe('quorum segment on a raw folder', () => {
  it('writes the mask on the series’ own grid, with its volumes there, and on the BraTS grid', async () => {
    // T1 alone: what the shipped model makes of it is a guess, which is asked for here.
    expect((await quorum('segment', at('raw'), '--out', at('result'), '--unsupported')).code).toBe(0);
    const report: CaseReport = JSON.parse(readFileSync(at('result/report.json'), 'utf8'));
    expect((await readHeader(at('result/prepared/raw_seg.nii.gz'))).size).toEqual([240, 240, 155]);
    const native = await readLabelMap(at('result/native/t1_seg.nii.gz'));
    const source = await readHeader(at('raw/patient_t1.nii.gz'));
    expect(native.niftiHeader).toEqual(source.niftiHeader);
    // The result lies on the image that it was made of.
    const result = await readLabelMap(at('result/raw_seg.nii.gz'));
    expect([result.niftiHeader, result.size]).toEqual([source.niftiHeader, source.size]);
    expect(result.data).toEqual(native.data);
    const voxels = native.data.reduce((n, label) => n + (label > 0 ? 1 : 0), 0);
    expect(report.native?.t1).toMatchObject({ file: 'native/t1_seg.nii.gz' });
    expect(report.native?.t1?.ml.WT).toBeCloseTo((voxels * 0.95 * 0.95 * 4) / 1000, 3);
    expect(report.preparation).toMatchObject({ reference: 't1', brainMask: { source: 'atlas' } });
    expect(report.files.map(({ file }) => file).sort()).toEqual([
      'native/t1_seg.nii.gz',
      'prepared/raw_seg.nii.gz',
      'raw_seg.nii.gz',
    ]);
    expect(JSON.stringify(report)).not.toContain(folder.path);
  }, 300_000);
});
