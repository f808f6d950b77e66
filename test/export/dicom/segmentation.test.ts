import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { QuorumError } from '../../../src/errors.js';
import type { Provenance } from '../../../src/export/dicom/dataset.js';
import { dicomSegmentation } from '../../../src/export/dicom/segmentation.js';
import type { DicomSeries } from '../../../src/export/dicom/series.js';
import { readSourceHeader } from '../../../src/export/dicom/sourceHeader.js';
import { voxelToWorld } from '../../../src/volume/affine.js';
import type { Grid, Volume } from '../../../src/volume/volume.js';
import { temporaryFolder } from '../../volume/folder.js';
import {
  gridOfSeries,
  haveDicomTools,
  makeSeries,
  python,
  type SeriesSpec,
  validatorErrors,
} from './tools.js';

const folder = temporaryFolder();
const have = haveDicomTools('DICOM-SEG');

export const PROVENANCE: Provenance = {
  quorumVersion: '0.1.0',
  modelName: 'test model',
  modelVersion: '1',
  modelHash: 'ab'.repeat(32),
  editedByHand: false,
  createdAt: new Date(2026, 0, 2, 3, 4, 5),
};

/** The label at a point of the world (LPS mm): three bodies without any symmetry, and a gap of slices between the two last. */
function labelAt(x: number, y: number, z: number): number {
  const inside = (cx: number, cy: number, cz: number, rx: number, ry: number, rz: number) =>
    ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 <= 1;
  if (inside(12, -9, 4, 6, 5, 4)) return 4;
  if (inside(9, -6, 3, 11, 8, 7)) return 1;
  if (inside(-12, 13, -14, 7, 5, 3)) return 2;
  return 0;
}

function paint(grid: Grid): Volume<Uint8Array> {
  const [nx, ny, nz] = grid.size;
  const data = new Uint8Array(nx * ny * nz);
  for (let at = 0; at < data.length; at++) {
    const [x, y, z] = voxelToWorld(
      grid.affine,
      at % nx,
      Math.floor(at / nx) % ny,
      Math.floor(at / (nx * ny)),
    );
    data[at] = labelAt(-x, -y, z);
  }
  return { ...grid, data };
}

const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
/** Names, what is special about them, and how the converter turned them. 43 columns: frames do not end at whole bytes. */
const CASES: {
  name: string;
  spec: Omit<SeriesSpec, 'folder'>;
  rowsReversed: boolean;
  slicesReversed: boolean;
}[] = [
  {
    name: 'axial, as dcm2niix turns it',
    spec: {
      orientation: [1, 0, 0, 0, 1, 0],
      origin: [-30, -31, -25],
      step: [0, 0, 2.5],
      pixelSpacing: [1.5, 1.25],
      rows: 42,
      columns: 43,
      slices: 20,
    },
    rowsReversed: true,
    slicesReversed: false,
  },
  {
    name: 'axial, files from the head down',
    spec: {
      orientation: [1, 0, 0, 0, 1, 0],
      origin: [-30, -31, 24],
      step: [0, 0, -2.5],
      pixelSpacing: [1.5, 1.25],
      rows: 42,
      columns: 43,
      slices: 20,
    },
    rowsReversed: true,
    slicesReversed: true,
  },
  {
    name: 'sagittal',
    spec: {
      orientation: [0, 1, 0, 0, 0, -1],
      origin: [-28, -31, 26],
      step: [2.2, 0, 0],
      pixelSpacing: [1.5, 1.25],
      rows: 38,
      columns: 43,
      slices: 25,
    },
    rowsReversed: false,
    slicesReversed: true,
  },
  {
    name: 'oblique',
    spec: {
      orientation: [c, s, 0, -s * 0.8, c * 0.8, -0.6],
      origin: [-20, -35, 10],
      step: [-s * 0.6 * 1.9, c * 0.6 * 1.9, 0.8 * 1.9].map((v) => v),
      pixelSpacing: [1.1, 1.3],
      rows: 55,
      columns: 43,
      slices: 30,
    },
    rowsReversed: true,
    slicesReversed: false,
  },
];

interface ReadBack {
  texts: Record<string, string>;
  segments: {
    number: number;
    label: string;
    algorithm: string;
    type: string;
    category: string;
    anatomy: string;
    parameters: string;
  }[];
  frames: {
    segment: number;
    index: number[];
    position: number[];
    source: string;
    sourceFrame: number | null;
    lps: number[][];
  }[];
  series: string;
  instances: string[];
  between: number;
}

const LABEL_OF_TYPE: Record<string, number> = { C81175: 1, '79654002': 2, C113842: 4 };

describe.skipIf(!have)('DICOM-SEG', () => {
  let series: DicomSeries[];
  let read: ReadBack[];
  const files: string[] = [];

  beforeAll(async () => {
    const specs = CASES.map(({ spec }, n) => ({ ...spec, folder: join(folder.path, String(n)) }));
    series = makeSeries(specs);
    for (const [n, turned] of CASES.entries()) {
      const mask = paint(gridOfSeries(specs[n], turned));
      const header = await readSourceHeader(series[n].frames[0].file);
      files.push(join(folder.path, `${n}.dcm`));
      writeFileSync(files[n], dicomSegmentation(series[n], header, mask, PROVENANCE));
    }
    read = python('readSegmentations.py', files);
  });

  it.each(CASES.map(({ name }, n) => [name, n] as const))('%s: dciodvfy finds no error', (_, n) => {
    expect(validatorErrors(files[n])).toEqual([]);
  });

  it.each(CASES.map(({ name }, n) => [name, n] as const))(
    '%s: pydicom finds every labelled voxel at its place in the patient, and no other',
    (_, n) => {
      const { spec } = CASES[n];
      const found = new Map<string, number>();
      for (const frame of read[n].frames) {
        const { type } = read[n].segments[frame.segment - 1];
        for (const lps of frame.lps) found.set(lps.map((v) => v.toFixed(2)).join(), LABEL_OF_TYPE[type]);
      }
      let expected = 0;
      for (let k = 0; k < spec.slices; k++) {
        for (let row = 0; row < spec.rows; row++) {
          for (let column = 0; column < spec.columns; column++) {
            const point = [0, 1, 2].map(
              (axis) =>
                spec.origin[axis] +
                k * spec.step[axis] +
                column * spec.pixelSpacing[1] * spec.orientation[axis] +
                row * spec.pixelSpacing[0] * spec.orientation[3 + axis],
            );
            const label = labelAt(point[0], point[1], point[2]);
            if (label === 0) continue;
            expected++;
            const near = nearest(found, point);
            expect(near, `label at ${point}`).toBe(label);
          }
        }
      }
      expect(expected).toBeGreaterThan(300);
      expect(found.size).toBe(expected);
    },
  );

  it('each frame refers to the image at its own position; each segment has all slices from the first to the last', () => {
    for (const [n, object] of read.entries()) {
      const bySource = new Map(
        series[n].frames.map((frame) => [frame.sopInstanceUid, frame.imagePositionPatient]),
      );
      for (const { source, position, sourceFrame } of object.frames) {
        position.forEach((value, axis) => expect(value).toBeCloseTo(bySource.get(source)![axis], 6));
        expect(sourceFrame).toBeNull();
      }
      const perSegment = object.frames.length / 3;
      for (const number of [1, 2, 3]) {
        const indices = object.frames.filter(({ segment }) => segment === number).map(({ index }) => index);
        expect(indices).toEqual(Array.from({ length: perSegment }, (_, at) => [number, at + 1]));
      }
      expect(object.frames.some(({ lps }) => lps.length === 0)).toBe(true);
      expect(object.series).toBe(series[n].seriesInstanceUid);
      expect(new Set(object.instances).size).toBe(perSegment);
      expect(object.between).toBeCloseTo(Math.hypot(...CASES[n].spec.step), 5);
    }
  });

  it('copies patient and study, says what it is, and codes the labels', () => {
    const [{ texts, segments }] = read;
    expect(texts).toMatchObject({
      PatientName: 'Müller^Jörg',
      PatientID: '4711',
      PatientBirthDate: '19501231',
      PatientSex: 'M',
      PatientAge: '070Y',
      StudyDate: '20200102',
      StudyDescription: 'Schädel',
      StudyInstanceUID: series[0].studyInstanceUid,
      FrameOfReferenceUID: series[0].frameOfReferenceUid,
      ContentQualification: 'RESEARCH',
      SegmentationType: 'BINARY',
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.66.4',
    });
    expect(texts.SeriesDescription).toMatch(/^RESEARCH, NOT FOR DIAGNOSIS/);
    expect(texts.SeriesInstanceUID).not.toBe(series[0].seriesInstanceUid);
    expect(segments.map(({ label, type, algorithm }) => [label, type, algorithm])).toEqual([
      ['non-enhancing core (necrosis or non-enhancing tumour)', 'C81175', 'AUTOMATIC'],
      ['oedema or infiltration', '79654002', 'AUTOMATIC'],
      ['enhancing tumour', 'C113842', 'AUTOMATIC'],
    ]);
    for (const segment of segments) {
      expect(segment).toMatchObject({ category: '49755003', anatomy: '12738006' });
      expect(segment.parameters).toContain(PROVENANCE.modelHash);
    }
  });

  it('names frames of a multi-frame source, leaves out labels that do not occur, and says when a mask was edited', async () => {
    const spec = { ...CASES[0].spec, folder: '' };
    const header = await readSourceHeader(series[0].frames[0].file);
    const multiFrame = {
      ...series[0],
      frames: series[0].frames.map((frame, n) => ({
        ...frame,
        frame: n,
        sopClassUid: '1.2.840.10008.5.1.4.1.1.4.1',
        sopInstanceUid: series[0].frames[0].sopInstanceUid,
      })),
    };
    const mask = paint(gridOfSeries(spec, CASES[0]));
    mask.data.forEach((label, at) => {
      if (label === 1) mask.data[at] = 0;
    });
    const file = join(folder.path, 'multi.dcm');
    writeFileSync(file, dicomSegmentation(multiFrame, header, mask, { ...PROVENANCE, editedByHand: true }));
    expect(validatorErrors(file)).toEqual([]);
    const [object] = python<ReadBack[]>('readSegmentations.py', [file]);
    expect(object.segments.map(({ number, type, algorithm }) => [number, type, algorithm])).toEqual([
      [1, '79654002', 'SEMIAUTOMATIC'],
      [2, 'C113842', 'SEMIAUTOMATIC'],
    ]);
    for (const { sourceFrame, position } of object.frames)
      expect(position[2]).toBeCloseTo(series[0].frames[sourceFrame! - 1].imagePositionPatient[2], 6);
    expect(object.instances).toEqual([series[0].frames[0].sopInstanceUid]);
  });

  it('refuses an empty mask, another grid, and a series without frame of reference', async () => {
    const header = await readSourceHeader(series[0].frames[0].file);
    const grid = gridOfSeries({ ...CASES[0].spec, folder: '' }, CASES[0]);
    const mask = paint(grid);
    const codeOf = (given: DicomSeries, volume: Volume<Uint8Array>) => {
      try {
        dicomSegmentation(given, header, volume, PROVENANCE);
        return 'written';
      } catch (error) {
        return (error as QuorumError).code;
      }
    };
    expect(codeOf(series[0], mask)).toBe('written');
    expect(codeOf(series[0], { ...mask, data: new Uint8Array(mask.data.length) })).toBe('MASK_EMPTY');
    const affine = [...(grid.affine as unknown as number[])];
    affine[12] += 0.7;
    expect(codeOf(series[0], { ...mask, affine: affine as unknown as Grid['affine'] })).toBe('FRAMES_DIFFER');
    const missing = { ...series[0], frames: series[0].frames.slice(1) };
    expect(codeOf(missing, mask)).toBe('FRAMES_DIFFER');
    const doubled = { ...series[0], frames: [...missing.frames, missing.frames[3]] };
    expect(codeOf(doubled, mask)).toBe('FRAMES_DIFFER');
    expect(codeOf({ ...series[0], frameOfReferenceUid: null }, mask)).toBe('DICOM_INCOMPLETE');
  });
});

/** Rounding to two digits can go either way: the key or one of its neighbours. */
function nearest(found: ReadonlyMap<string, number>, point: readonly number[]): number | undefined {
  const around = [0, -0.01, 0.01];
  for (const dx of around)
    for (const dy of around)
      for (const dz of around) {
        const label = found.get(
          [point[0] + dx, point[1] + dy, point[2] + dz].map((v) => v.toFixed(2)).join(),
        );
        if (label !== undefined) return label;
      }
  return undefined;
}
