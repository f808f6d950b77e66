import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CaseReport } from '../../src/contract/index.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import type { Modality } from '../../src/terms.js';
import { invertAffine, voxelSpacing, voxelToWorld } from '../../src/volume/affine.js';
import { readLabelMap, readVolume } from '../../src/volume/read.js';
import type { Grid, Size, Volume } from '../../src/volume/volume.js';
import { haveDicomTools, writeSeries } from '../dicom/writeSeries.js';
import { haveDicomTools as haveValidator, python, validatorErrors } from '../export/dicom/tools.js';
import { crop, RAW_BOXES } from '../support/croppedSample.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { temporaryFolder } from '../volume/folder.js';
import { averaged, HEADERS, seriesSpec } from './dicomFolder.js';
import { quorum } from './run.js';

const SUITE = 'quorum segment on a DICOM folder';
const haveTools = haveDicomTools(SUITE) && haveValidator(SUITE);
const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
const reportOf = (out: string): CaseReport => JSON.parse(readFileSync(at(out, 'report.json'), 'utf8'));
const sampleVolume = (name: string) =>
  readVolume(join(SAMPLE_PATIENT, `simulated-patient_${name}.nii.gz`)) as Promise<Volume>;

interface ReadSegmentation {
  readonly texts: Readonly<Record<string, string>>;
  readonly segments: readonly { readonly number: number; readonly label: string }[];
  readonly frames: readonly { readonly segment: number; readonly lps: readonly number[][] }[];
  readonly series: string;
}

/** The value of the voxel in which a point lies, in a grid of LPS mm. */
function lookUp(grid: Grid & { readonly data: ArrayLike<number> }) {
  const inverse = invertAffine(grid.affine)!;
  const [nx, ny, nz] = grid.size;
  return ([x, y, z]: readonly number[]): number => {
    const [i, j, k] = voxelToWorld(inverse, -x, -y, z).map(Math.round);
    if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) return 0;
    return grid.data[i + nx * (j + ny * k)];
  };
}

/** The mask in a DICOM-SEG is that of `native/`, pixel by pixel, at places that are computed from each file alone. */
async function expectSameAsNative(segmentation: ReadSegmentation, native: string): Promise<void> {
  const mask = await readLabelMap(native);
  const valueAt = lookUp(mask);
  const label = (name: string) => (name.startsWith('oedema') ? 2 : name.startsWith('enhancing') ? 4 : 1);
  let pixels = 0;
  let wrong = 0;
  for (const { segment, lps } of segmentation.frames) {
    const expected = label(segmentation.segments.find(({ number }) => number === segment)!.label);
    for (const place of lps) {
      pixels++;
      if (valueAt(place) !== expected) wrong++;
    }
  }
  expect(wrong).toBe(0);
  expect(pixels).toBe(mask.data.reduce((sum, value) => sum + (value ? 1 : 0), 0));
}

describe.skipIf(!haveTools)(SUITE, () => {
  const exam = { folder: at('in'), study: '1.2.826.0.1.8.1', date: '20200131' };
  const profile = at('state');
  // The simulated head is stripped, and lies where it lies: the atlas has no part in what is looked at here.
  const ASKED = [...['--use', 't1ce,flair', '--dicom-seg', '--out', at('out')], ...['--skip', 'atlas']];

  beforeAll(async () => {
    process.env.XDG_STATE_HOME = profile;
    // From chin to crown; from side to side and front to back the tumour and what is around it.
    const [from, to]: Size[] = [
      [52, 80, 1],
      [132, 184, 148],
    ];
    const series = async (number: number, modality: Modality, factor: Size, box = [from, to]) =>
      seriesSpec(
        exam,
        number,
        averaged(await sampleVolume(modality), box[0], box[1], factor),
        HEADERS[modality],
      );
    writeSeries([
      await series(1, 't1', [1, 1, 2]),
      await series(2, 't1ce', [1, 1, 2]),
      await series(3, 't2', [1, 1, 5]),
      await series(4, 'flair', [1, 1, 5]),
      // The same sequence of a part of the head alone.
      await series(
        5,
        'flair',
        [1, 1, 5],
        [
          [52, 80, 61],
          [132, 184, 111],
        ],
      ),
    ]);
    writeFileSync(at('in', 'notes.txt'), 'x');
    writeFileSync(at('in', 'zzz'), Buffer.alloc(3000, 7));
    const first = await quorum('segment', at('in'), ...ASKED);
    expect(first).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes the examination by its headers, and says what served as what and what did not', () => {
    const report = reportOf('out');
    expect(report.case).toBe('P-1_2020-01-31');
    expect(report.combination).toBe('t1ce+flair');
    expect(report.images.map(({ sequence, file, used }) => [sequence, file, used])).toEqual([
      ['t1', 'DICOM series 1', false],
      ['t1ce', 'DICOM series 2', true],
      ['t2', 'DICOM series 3', false],
      ['flair', 'DICOM series 4', true],
    ]);
    expect(report.setAside).toEqual([
      {
        file: 'DICOM series 5',
        reason: expect.stringMatching(/^FLAIR: covers 50 mm, the chosen one 145 mm$/),
      },
    ]);
    const text = readFileSync(at('out/report.json'), 'utf8');
    for (const identifying of ['Doe', exam.study, folder.path]) expect(text).not.toContain(identifying);
  });

  it('writes masks on each series’ grid that find the tumour where the simulation put it', async () => {
    const truth = lookUp(await readLabelMap(join(SAMPLE_PATIENT, 'simulated-patient_seg.nii.gz')));
    const { native } = reportOf('out');
    for (const sequence of ['t1ce', 'flair'] as const) {
      const mask = await readLabelMap(at('out', native![sequence]!.file));
      const [nx, ny] = mask.size;
      const voxelMl = sequence === 't1ce' ? 0.002 : 0.005;
      let [both, found, there] = [0, 0, 0];
      for (let n = 0; n < mask.data.length; n++) {
        const place = voxelToWorld(mask.affine, n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny)));
        const isTrue = truth([-place[0], -place[1], place[2]]) > 0;
        const isFound = mask.data[n] > 0;
        if (isTrue) there++;
        if (isFound) found++;
        if (isTrue && isFound) both++;
      }
      expect((2 * both) / (found + there)).toBeGreaterThan(0.8);
      expect(native![sequence]!.ml.WT).toBeCloseTo(found * voxelMl, 6);
    }
  });

  it('writes a DICOM-SEG for each series that pydicom reads back with every pixel at its place', async () => {
    expect(readdirSync(at('out/dicom')).sort()).toEqual(['flair_seg.dcm', 't1ce_seg.dcm']);
    const files = ['t1ce', 'flair'].map((sequence) => at('out/dicom', `${sequence}_seg.dcm`));
    for (const file of files) expect(validatorErrors(file)).toEqual([]);
    const [t1ce, flair] = python<ReadSegmentation[]>('readSegmentations.py', files);
    expect([t1ce.series, flair.series]).toEqual([`${exam.study}.2`, `${exam.study}.4`]);
    expect(t1ce.texts.PatientID).toBe('P-1');
    await expectSameAsNative(t1ce, at('out/native/t1ce_seg.nii.gz'));
    await expectSameAsNative(flair, at('out/native/flair_seg.nii.gz'));
  });

  it('has nothing to do when the same comes as a zip, and leaves nothing in the working folder', async () => {
    const entries = Object.fromEntries(
      readdirSync(at('in'))
        .reverse()
        .map((name) => [`CD/${name}x`, readFileSync(at('in', name))]),
    );
    writeFileSync(at('cd.zip'), zipSync(entries, { level: 0 }));
    const again = await quorum('segment', at('cd.zip'), ...ASKED, '--json');
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(again.stdout.trim().split('\n').at(-1)!)).toMatchObject({ result: { skipped: true } });
    expect(readdirSync(join(profile, 'quorum/working'))).toEqual([]);
  });
});

const REAL = 'quorum segment on a part of a real series, made into DICOM';
const RAW = join(REAL_DATA, 'raw/TCGA-FG-6692');
const haveReal = haveTools && haveRealData(REAL);

/** Whole, with the atlas and without the skull, a real examination goes from DICOM to DICOM-SEG in the window (`e2e/rawStudy`), by the same pipeline. */
describe.skipIf(!haveReal)(REAL, () => {
  it('gives a mask on 1 mm and one on the series, and DICOM-SEG of it', async () => {
    process.env.XDG_STATE_HOME = at('state');
    const file = readdirSync(RAW).find((name) => name.includes('FLAIR_AX'))!;
    const volume = crop(await readVolume(join(RAW, file)), RAW_BOXES.flair);
    const exam = { folder: at('real'), study: '1.2.826.0.1.8.2', date: '20200201' };
    writeSeries([seriesSpec(exam, 3, volume, HEADERS.flair)]);
    const { code, stderr } = await quorum(
      ...['segment', at('real'), '--dicom-seg', '--secondary-capture', '--out', at('realout')],
      ...['--skip', 'atlas', 'skull-strip'],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = reportOf('realout');
    const mask = await readLabelMap(at('realout/prepared', `${report.case}_seg.nii.gz`));
    for (const mm of voxelSpacing(mask.affine)) expect(mm).toBeCloseTo(1, 6);
    const native = await readLabelMap(at('realout/native/flair_seg.nii.gz'));
    expect([...native.size].sort()).toEqual([...volume.size].sort());
    expect(native.data.some((label) => label > 0)).toBe(true);
    expect((await readLabelMap(at('realout', `${report.case}_seg.nii.gz`))).data).toEqual(native.data);
    // Nothing was cut out, which is said.
    expect(report.preparation!.steps).toContainEqual(
      expect.objectContaining({
        step: 'skull-strip',
        verdict: 'doubtful',
        problem: expect.objectContaining({ code: 'NOT_SKULL_STRIPPED' }),
      }),
    );
    const [segmentation] = python<ReadSegmentation[]>('readSegmentations.py', [
      at('realout/dicom/flair_seg.dcm'),
    ]);
    await expectSameAsNative(segmentation, at('realout/native/flair_seg.nii.gz'));
    expect(readdirSync(at('realout/dicom/flair_outlines'))).toHaveLength(native.size[2]);
  });
});
