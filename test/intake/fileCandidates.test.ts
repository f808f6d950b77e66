import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scan, StudyCandidate } from '../../src/intake/candidate.js';
import { openCandidate } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { bratsGrid, ellipsoid, writeImage } from '../support/images.js';
import { niftiBytes } from '../volume/niftiBytes.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-files-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Scans a folder of tiny images with these names, and texts beside them. */
async function scanOf(
  name: string,
  files: readonly string[],
  texts: Record<string, object> = {},
): Promise<Scan> {
  const folder = join(root, name);
  for (const [n, file] of files.entries()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    // Different voxels, so that no two have one content.
    writeFileSync(
      join(folder, file),
      niftiBytes({
        dim: [3, 2, 2, 2, 1, 1, 1, 1],
        datatype: 2,
        bitpix: 8,
        voxels: Buffer.from(`${n}${name}`.padEnd(8)).subarray(0, 8),
      }),
    );
  }
  for (const [file, content] of Object.entries(texts))
    writeFileSync(join(folder, file), JSON.stringify(content));
  return scan([folder], { workingFolder: join(root, 'working') });
}
/** Bright pillars, in an image of 96 × 96 × 96 voxels. */
const withVessels = (data: Float32Array) =>
  data.map((value, n) => {
    const [i, j, k] = [n % 96, Math.floor(n / 96) % 96, Math.floor(n / 9216)];
    return i % 12 < 3 && j % 12 < 3 && k % 12 < 9 ? value * 2 : value;
  });
const sequencesOf = ({ choices }: StudyCandidate) => Object.keys(choices).join(' ');

describe('examinations made of image files', () => {
  it('takes one folder for one examination', async () => {
    const { studies } = await scanOf('patient', ['T1_AX_SE_10.nii', 'T2_AX.nii', 'x_FLAIR.nii']);
    expect(studies.map((study) => [study.name, sequencesOf(study)])).toEqual([['patient', 't1 t2 flair']]);
  });

  it('splits a folder where names tell of several patients', async () => {
    const { studies } = await scanOf('two', ['a_t1.nii', 'a_t2.nii', 'b_t1.nii', 'b_t2.nii']);
    expect(studies.map((study) => [study.name, sequencesOf(study)])).toEqual([
      ['a', 't1 t2'],
      ['b', 't1 t2'],
    ]);
  });

  it('keeps BIDS subjects and sessions apart', async () => {
    const { studies } = await scanOf('bids', [
      'sub-1/ses-1/anat/sub-1_ses-1_T1w.nii',
      'sub-1/ses-1/anat/sub-1_ses-1_ce-gd_T1w.nii',
      'sub-1/ses-2/anat/sub-1_ses-2_T1w.nii',
      'sub-2/anat/sub-2_FLAIR.nii',
    ]);
    expect(studies.map(sequencesOf)).toEqual(['t1 t1ce', 't1', 'flair']);
  });

  it('takes folders that are named for their one sequence together', async () => {
    const { studies } = await scanOf('sorted', ['T1/T1.nii', 'FLAIR/FLAIR.nii', 'T2/T2.nii']);
    expect(studies.map(sequencesOf)).toEqual(['t1 t2 flair']);
  });

  it('asks the file beside an image where its name is silent', async () => {
    const { studies } = await scanOf('converted', ['3_image.nii', '4_image.nii', '5_image.nii'], {
      '3_image.json': {
        SeriesDescription: 'Axial',
        EchoTime: 0.12,
        RepetitionTime: 9,
        InversionTime: 2.5,
        AcquisitionDateTime: '2020-01-31T10:00:00',
      },
      '4_image.json': {
        SeriesDescription: 't1_mprage met contrast',
        EchoTime: 0.003,
        RepetitionTime: 1.9,
        InversionTime: 0.9,
      },
      '5_image.json': { SeriesDescription: 'DWI b1000' },
    });
    expect(sequencesOf(studies[0])).toBe('t1ce flair');
    expect(studies[0].date).toBe('2020-01-31');
    expect(studies[0].series.map(({ setAside }) => setAside)).toEqual([
      null,
      null,
      'diffusion: “dwi” in the description',
    ]);
  });

  it('judges skull-stripped images by their voxels where nothing else tells, and never takes that unasked', async () => {
    const folder = join(root, 'silent');
    await mkdir(folder, { recursive: true });
    await copyFile(join(SAMPLE_PATIENT, 'simulated-patient_flair.nii.gz'), join(folder, 'one.nii.gz'));
    const { studies } = await scan([folder], { workingFolder: root });
    const [{ sequence, guess, reason }] = studies[0].series;
    expect([sequence, guess]).toEqual(['other', 'flair']);
    expect(reason).toContain('to be chosen by the user');
  });

  it('guesses nothing of an image that is like no brain', async () => {
    const folder = join(root, 'ball');
    await writeImage(join(folder, 'one.nii.gz'), ellipsoid(bratsGrid([60, 60, 60]), [26, 26, 26], 1));
    const { studies } = await scan([folder], { workingFolder: root });
    const [{ sequence, guess }] = studies[0].series;
    expect([sequence, guess ?? null]).toEqual(['other', null]);
  });

  it('tells T1ce from T1 on one grid by its voxels', async () => {
    const folder = join(root, 'pair');
    const plain = ellipsoid(bratsGrid([96, 96, 96]), [44, 44, 44], 1);
    const bright = { ...plain, data: withVessels(plain.data) };
    await writeImage(join(folder, 'a_T1.nii.gz'), plain);
    await writeImage(join(folder, 'b_T1.nii.gz'), bright);
    const { studies } = await scan([folder], { workingFolder: root });
    expect(studies[0].series.map(({ sequence, confidence }) => [sequence, confidence])).toEqual([
      ['t1', 0.6],
      ['t1ce', 0.6],
    ]);
  });

  it('settles further T1 beside a known T1ce by their voxels, and takes no corrected copy', async () => {
    const folder = join(root, 'copies');
    const plain = ellipsoid(bratsGrid([96, 96, 96]), [44, 44, 44], 1);
    await writeImage(join(folder, 'p_T1.nii.gz'), plain);
    await writeImage(join(folder, 'p_T1_bias.nii.gz'), { ...plain, data: plain.data.map((v) => 3 * v) });
    await writeImage(join(folder, 'p_T1c.nii.gz'), { ...plain, data: withVessels(plain.data) });
    const { studies } = await scan([folder], { workingFolder: root });
    const [{ series, choices, questions }] = studies;
    expect(questions).toEqual([]);
    const named = (id: string) =>
      series
        .find((one) => one.id === id)!
        .shown.split('/')
        .at(-1);
    expect([choices.t1, choices.t1ce].map((choice) => named(choice!.winner))).toEqual([
      'p_T1.nii.gz',
      'p_T1c.nii.gz',
    ]);
    expect(choices.t1!.rejected[0].why).toContain('corrected copy');
  });

  it('looks above folders whose names say nothing for the one that is named for the image', async () => {
    const files = ['4-T1_MPRAGE', '9-T1_MPRAGE_GD'].map((scan) => `${scan}/resources/NIFTI/files/image.nii`);
    const { studies } = await scanOf('xnat', files);
    expect(studies.map(sequencesOf)).toEqual(['t1 t1ce']);
  });

  it('names a link to an image that was not fetched', async () => {
    const { problems } = await (async () => {
      await scanOf('annex', ['a_flair.nii']);
      symlinkSync('../.git/annex/objects/x.nii', join(root, 'annex', 'a_t1ce.nii'));
      return scan([join(root, 'annex')], { workingFolder: root });
    })();
    expect(problems.map(({ problem }) => [problem.code, problem.found])).toEqual([
      ['FORMAT_UNKNOWN', expect.stringContaining('git-annex')],
    ]);
  });
});

describe.skipIf(!haveRealData('a real examination with its stripped copy'))(
  'a real examination with its stripped copy',
  () => {
    it('shows the stripped set as a second candidate and never mixes the two', async () => {
      const folder = join(REAL_DATA, 'raw/TCGA-FG-6692');
      const { studies, problems } = await scan([folder], { workingFolder: root });
      expect(problems).toEqual([]);
      expect(studies.map((study) => [study.name, sequencesOf(study)])).toEqual([
        ['TCGA-FG-6692', 't1 t1ce t2 flair'],
        ['stripped', 't1 t1ce t2 flair'],
      ]);
      const [raw, stripped] = await Promise.all(
        studies.map(async (study) => (await openCandidate(study, { workingFolder: root })).study),
      );
      expect(raw.series.map(({ file }) => dirname(file))).toEqual(Array(4).fill(folder));
      expect(stripped.series.map(({ file }) => dirname(file))).toEqual(
        Array(5).fill(join(folder, 'stripped')),
      );
      expect(stripped.masks).toHaveLength(1);
    });
  },
);

it('counts no voxels of a detached header as another file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorum-detached-'));
  const header =
    'ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 2 2 2\nElementType = MET_UCHAR\n';
  writeFileSync(join(folder, 't1.mhd'), `${header}ElementDataFile = ./t1.raw\n`);
  writeFileSync(join(folder, 't1.raw'), Buffer.alloc(8, 1));
  writeFileSync(join(folder, 'notes'), 'x');
  const found = await scan([folder], { workingFolder: folder });
  expect(found.ignored).toEqual([{ what: 'other files', count: 1 }]);
  rmSync(folder, { recursive: true });
});
