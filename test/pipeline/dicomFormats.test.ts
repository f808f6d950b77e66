import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mat4 } from 'gl-matrix';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DicomSeries } from '../../src/dicom/series.js';
import { QuorumError } from '../../src/errors.js';
import { newUid } from '../../src/export/dicom/dataset.js';
import type { Work } from '../../src/pipeline/format.js';
import { dicomSeg } from '../../src/pipeline/formats/dicomSeg.js';
import { rtstruct } from '../../src/pipeline/formats/rtstruct.js';
import { secondaryCapture } from '../../src/pipeline/formats/secondaryCapture.js';
import type { Plan } from '../../src/pipeline/plan.js';
import { invertAffine, voxelToWorld } from '../../src/volume/affine.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import type { Affine, Size } from '../../src/volume/volume.js';
import { labelAt, PROVENANCE, pixelPlaces, TURNED_SERIES } from '../export/dicom/bodies.js';
import { gridOfSeries, haveDicomTools, makeSeries, python, validatorErrors } from '../export/dicom/tools.js';
import { temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();
const have = haveDicomTools('DICOM files of a case that was moved');
const context = { signal: new AbortController().signal, report: () => undefined };
const stage = async (file: string) => {
  const path = join(folder.path, 'out', file);
  await mkdir(dirname(path), { recursive: true });
  return path;
};

/** RAS of the series → RAS of the case: turned and shifted, as registration does. */
const toCase = mat4.rotate(
  [] as unknown as mat4,
  mat4.fromTranslation([] as unknown as mat4, [7, -4, 11]),
  0.35,
  [0.3, -0.5, 0.8],
) as unknown as Affine;

/** The three bodies on an isotropic grid of the case's own. */
function caseMask() {
  const size: Size = [110, 110, 100];
  const affine = [-0.8, 0, 0, 0, 0, -0.8, 0, 0, 0, 0, 0.8, 0, 50, 40, -30, 1] as unknown as Affine;
  const back = invertAffine(toCase)!;
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let at = 0; at < data.length; at++) {
    const [i, j, k] = [at % 110, Math.floor(at / 110) % 110, Math.floor(at / 12100)];
    const [x, y, z] = voxelToWorld(back, ...voxelToWorld(affine, i, j, k));
    data[at] = labelAt(-x, -y, z);
  }
  return { size, affine, data };
}

describe.skipIf(!have)('DICOM files of a case that was moved', () => {
  const turned = TURNED_SERIES[3];
  let series: DicomSeries;
  let work: Work;
  let plan: Plan;

  beforeAll(async () => {
    const spec = { ...turned.spec, folder: join(folder.path, 'series') };
    [series] = makeSeries([spec]);
    const grid = gridOfSeries(spec, turned);
    const file = join(folder.path, 'converted.nii.gz');
    const image = {
      ...grid,
      data: Float32Array.from({ length: grid.size[0] * grid.size[1] * grid.size[2] }, (_, at) => at % 500),
    };
    await writeNifti(file, image);
    const given = { WT: true, TC: true, ET: true };
    plan = {
      name: 'case',
      reference: 'flair',
      placed: [],
      sources: [
        { modality: 'flair', file, dicom: series, toCase },
        { modality: 't1', file: 'from somewhere else.nii.gz' },
      ],
      options: { combination: 't1+flair', threshold: null } as Plan['options'],
      further: [],
      supported: given,
      given,
    };
    const mask = caseMask();
    const model = { hash: PROVENANCE.modelHash, description: { name: 'm', version: '1', threshold: 0.5 } };
    work = {
      subject: { result: { grid: mask, form: undefined, model } },
      plan,
      around: { quorumVersion: '1', now: () => PROVENANCE.createdAt, newUid, peakMemoryMb: () => 0 },
      context,
      main: { combination: 't1+flair', labels: mask.data, isEdited: false },
      ratings: () => Promise.resolve({ WT: { rating: 'look', text: 'look closely' }, TC: null, ET: null }),
      stage,
      leaveOut: (name: string, reason: string) => Promise.reject(new Error(`${name}: ${reason}`)),
    } as unknown as Work;
    await dicomSeg.write(work);
    await rtstruct.write(work);
    await secondaryCapture.write(work);
  });

  it('are those that were planned', async () => {
    const planned = [...dicomSeg.planned(plan), ...rtstruct.planned(plan), ...secondaryCapture.planned(plan)];
    const written = await readdir(join(folder.path, 'out'), { recursive: true, withFileTypes: true });
    const names = written.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    expect(names.sort()).toEqual(planned.map((file) => join(folder.path, 'out', file)).sort());
    expect(planned).toHaveLength(2 + turned.spec.slices);
    for (const file of ['flair_seg.dcm', 'flair_rtstruct.dcm'])
      expect(validatorErrors(join(folder.path, 'out/dicom', file))).toEqual([]);
  });

  it('hold the labels where they are in the patient, whatever the case was moved by', () => {
    const [read] = python<{ segments: { type: string }[]; frames: { segment: number; lps: number[][] }[] }[]>(
      'readSegmentations.py',
      [join(folder.path, 'out/dicom/flair_seg.dcm')],
    );
    for (const [n, label] of [1, 2, 4].entries()) {
      const found = read.frames.filter(({ segment }) => segment === n + 1).flatMap(({ lps }) => lps);
      const truth = [...pixelPlaces(turned)].filter((place) => labelAt(...place) === label);
      const right = found.filter(([x, y, z]) => labelAt(x, y, z) === label).length;
      expect((2 * right) / (found.length + truth.length)).toBeGreaterThan(0.88);
      for (const axis of [0, 1, 2]) {
        const mean = (points: readonly number[][]) =>
          points.reduce((sum, p) => sum + p[axis], 0) / points.length;
        expect(Math.abs(mean(found) - mean(truth))).toBeLessThan(0.3);
      }
    }
  });

  it('say how far a region is to be trusted', () => {
    const [read] = python<{ segments: { description: string }[] }[]>('readSegmentations.py', [
      join(folder.path, 'out/dicom/flair_seg.dcm'),
    ]);
    expect(read.segments[1].description).toBe('oedema or infiltration; whole tumour look closely');
    expect(read.segments[2].description).toBe('enhancing tumour');
  });

  it('outline in the RT Structure Set the same pixels as in DICOM-SEG', () => {
    const out = join(folder.path, 'out/dicom');
    const images = series.frames.map((frame) => frame.file);
    const [{ rois }] = python<{ rois: { lps: number[][] }[] }[]>('readStructureSets.py', [
      { file: join(out, 'flair_rtstruct.dcm'), images },
    ]);
    const [{ frames }] = python<{ frames: { lps: number[][] }[] }[]>('readSegmentations.py', [
      join(out, 'flair_seg.dcm'),
    ]);
    const sorted = (places: readonly number[][]) =>
      places.map((p) => p.map((v) => v.toFixed(1)).join()).sort();
    expect(rois).toHaveLength(3);
    expect(sorted(rois[0].lps)).toEqual(sorted(frames.flatMap(({ lps }) => lps)));
  });

  it('leave out what an empty mask has no content for, and tell', async () => {
    const labels = new Uint8Array(work.main.labels.length);
    const leftOut: string[] = [];
    const staged: string[] = [];
    const empty: Work = {
      ...work,
      main: { ...work.main, labels },
      stage: (name) => {
        staged.push(name);
        return stage(name);
      },
      leaveOut: (name, reason) => leftOut.push(`${name}: ${reason}`),
    };
    await dicomSeg.write(empty);
    await rtstruct.write(empty);
    expect(leftOut).toEqual([
      'dicom/flair_seg.dcm: the mask is empty on this series',
      'dicom/flair_rtstruct.dcm: no region that is given has a voxel on this series',
    ]);
    expect(staged).toEqual([]);
  });

  it('are refused without DICOM', async () => {
    const nifti = { ...plan, sources: [plan.sources[1]] };
    expect(() => secondaryCapture.planned(nifti)).toThrow(QuorumError);
    for (const format of [dicomSeg, rtstruct])
      await expect(format.write({ ...work, plan: nifti })).rejects.toMatchObject({
        problem: { code: 'NOT_DICOM' },
      });
  });
});
