import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostOf } from '../../src/commands/host.js';
import type { CaseReport } from '../../src/contract/index.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { affineFromRows, multiplyAffines, voxelSpacing } from '../../src/volume/affine.js';
import { inverse } from '../../src/volume/placement.js';
import { readHeader, readLabelMap, readVolume } from '../../src/volume/read.js';
import type { Volume } from '../../src/volume/volume.js';
import { prepareEnd } from '../commands/command.js';
import { bratsGrid, ellipsoid, writeImage } from '../support/images.js';
import { apart, brainThere, dice, movedHead, rigid, scannerToAtlas } from '../support/rawHead.js';
import { temporaryFolder } from '../volume/folder.js';
import { averaged } from './dicomFolder.js';
import { type Outcome, problemIn, quorum } from './run.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);

/** Three rows, as files have them. */
type Rows = readonly (readonly number[])[];
interface Transforms {
  readonly series: readonly { readonly sequence: string; readonly toCase: Rows }[];
  readonly caseToReference: Rows;
}

describe('quorum prepare on a raw study: two series of one head, thick slices, the head moved between them', () => {
  let head: Awaited<ReturnType<typeof movedHead>>;
  let outcome: Outcome;
  let text: string;
  let transforms: Transforms;
  let mask: Volume<Uint8Array>;
  beforeAll(async () => {
    head = await movedHead();
    for (const [sequence, image] of Object.entries(head.images))
      await writeImage(at('raw', `patient_${sequence}.nii.gz`), image);
    outcome = await quorum('prepare', at('raw'), '--out', at('case'));
    text = readFileSync(at('case/transforms.json'), 'utf8');
    transforms = JSON.parse(text);
    mask = await readLabelMap(at('case/raw_brainmask.nii.gz'));
  });
  const matrix = (rows: Rows) => affineFromRows(rows.slice(0, 3));
  const toCase = (sequence: string) =>
    matrix(transforms.series.find((series) => series.sequence === sequence)!.toCase);

  it('writes a case in BraTS style, the mask, the transforms and a picture per step', async () => {
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('Look at the pictures');
    expect(readdirSync(at('case')).sort()).toEqual([
      'checks',
      'raw_brainmask.nii.gz',
      'raw_t1.nii.gz',
      'raw_t2.nii.gz',
      'transforms.json',
    ]);
    expect(readdirSync(at('case/checks'))).toEqual([
      '2-co-register-t2.png',
      '3-atlas-t1.png',
      '4-skull-strip.png',
      '5-resample.png',
    ]);
    for (const sequence of ['t1', 't2']) {
      const image = await readVolume(at(`case/raw_${sequence}.nii.gz`));
      expect(image.size).toEqual([240, 240, 155]);
      expect(image.data.some((value, voxel) => value !== 0 && mask.data[voxel] === 0)).toBe(false);
    }
    expect(text).not.toContain(folder.path);
    expect(text).not.toContain('patient');
    expect(transforms.series.map(({ toCase: rows }) => rows.length)).toEqual([3, 3]);
  });

  it('undoes the patient’s movement to a millimetre', () => {
    const fromReference = multiplyAffines(inverse(toCase('t2')), toCase('t1'));
    expect(apart(fromReference, head.moved)).toBeLessThan(1);
  });

  it('puts the head where the atlas’s lies', () => {
    const there = multiplyAffines(matrix(transforms.caseToReference), scannerToAtlas(head.pose));
    expect(apart(there, rigid(0, [0, 0, 1], [0, 0, 0]))).toBeLessThan(3);
  });

  it('finds the brain', async () => {
    const toAtlas = multiplyAffines(scannerToAtlas(head.pose), matrix(transforms.caseToReference));
    expect(dice(mask.data, await brainThere(mask, toAtlas))).toBeGreaterThan(0.93);
  });

  it('refuses a folder that holds anything, and leaves it alone', async () => {
    const again = await quorum('prepare', at('raw'), '--out', at('case'), '--json');
    expect(problemIn(again).code).toBe('OUTPUT_EXISTS');
    expect((await quorum('prepare', at('raw'), '--out', at('raw/out'), '--json')).code).toBe(1);
    expect(existsSync(at('raw/out'))).toBe(false);
  });
});

describe('quorum prepare --overwrite', () => {
  // Prepared images are written as they are: no registration, the same way of writing.
  const image = () => ellipsoid(bratsGrid([150, 150, 150]), [60, 60, 60], 1);
  /** In this process, where its own is not needed. */
  const prepare = (more: { overwrite?: true } = {}) =>
    prepareEnd(hostOf(at('profile')), {
      ...{ inputs: [at('plain')], output: at('out'), neutralNames: true },
      ...more,
    });

  it('replaces an earlier case, and refuses one that was changed or holds another file', async () => {
    await writeImage(at('plain/patient_t1.nii.gz'), image());
    expect((await prepare()).problem).toBeUndefined();
    expect((await prepare()).problem?.code).toBe('OUTPUT_EXISTS');
    const asked = ['--out', at('out'), '--json', '--neutral-names', '--overwrite'];
    expect((await quorum('prepare', at('plain'), ...asked)).code).toBe(0);
    expect(readdirSync(at('out')).sort()).toEqual(['case_t1.nii.gz', 'transforms.json']);
    const transforms = readFileSync(at('out/transforms.json'), 'utf8');
    for (const name of ['plain', 'patient']) expect(transforms).not.toContain(name);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.quorum'))).toEqual([]);
    writeFileSync(at('out/notes.txt'), 'mine');
    expect((await prepare({ overwrite: true })).problem?.code).toBe('OUTPUT_EXISTS');
    rmSync(at('out/notes.txt'));
    appendFileSync(at('out/case_t1.nii.gz'), 'x');
    expect(problemIn(await quorum('prepare', at('plain'), ...asked)).code).toBe('OUTPUT_EXISTS');
  });
});

describe('quorum segment on a raw folder', () => {
  it('writes the mask on the series’ own grid, with its volumes there, and on 1 mm', async () => {
    // The tumour and what is around it, on thick slices; the whole head is prepared above.
    const flair = (await readVolume(join(SAMPLE_PATIENT, 'simulated-patient_flair.nii.gz'))) as Volume;
    await writeImage(
      at('thick/patient_flair.nii.gz'),
      averaged(flair, [60, 88, 60], [124, 176, 124], [1, 1, 4]),
    );
    const skip = ['--skip', 'atlas', 'skull-strip'];
    expect((await quorum('segment', at('thick'), '--out', at('result'), ...skip)).code).toBe(0);
    const report: CaseReport = JSON.parse(readFileSync(at('result/report.json'), 'utf8'));
    const prepared = await readHeader(at('result/prepared/thick_seg.nii.gz'));
    for (const mm of voxelSpacing(prepared.affine)) expect(mm).toBeCloseTo(1, 6);
    const native = await readLabelMap(at('result/native/flair_seg.nii.gz'));
    const source = await readHeader(at('thick/patient_flair.nii.gz'));
    expect(native.niftiHeader).toEqual(source.niftiHeader);
    // The result lies on the image that it was made of.
    const result = await readLabelMap(at('result/thick_seg.nii.gz'));
    expect([result.niftiHeader, result.size]).toEqual([source.niftiHeader, source.size]);
    expect(result.data).toEqual(native.data);
    const voxels = native.data.reduce((n, label) => n + (label > 0 ? 1 : 0), 0);
    expect(voxels).toBeGreaterThan(1000);
    expect(report.native?.flair).toMatchObject({ file: 'native/flair_seg.nii.gz' });
    expect(report.native?.flair?.ml.WT).toBeCloseTo((voxels * 4) / 1000, 3);
    expect(report.preparation).toMatchObject({ reference: 'flair', brainMask: { source: 'as given' } });
    expect(report.files.map(({ file }) => file).sort()).toEqual([
      'native/flair_seg.nii.gz',
      'prepared/thick_seg.nii.gz',
      'thick_seg.nii.gz',
    ]);
    expect(JSON.stringify(report)).not.toContain(folder.path);
  });
});
