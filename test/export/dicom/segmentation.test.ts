import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DicomSeries } from '../../../src/dicom/series.js';
import type { QuorumError } from '../../../src/errors.js';
import { dicomSegmentation } from '../../../src/export/dicom/segmentation.js';
import { readSourceHeader } from '../../../src/export/dicom/sourceHeader.js';
import type { Grid, Volume } from '../../../src/volume/volume.js';
import { temporaryFolder } from '../../volume/folder.js';
import { labelAt, PROVENANCE, paint, pixelPlaces, TURNED_SERIES } from './bodies.js';
import { gridOfSeries, haveDicomTools, makeSeries, python, validatorErrors } from './tools.js';

const folder = temporaryFolder();
const have = haveDicomTools('DICOM-SEG');

interface ReadBack {
  texts: Record<string, string>;
  segments: {
    number: number;
    label: string;
    description: string;
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
    const specs = TURNED_SERIES.map(({ spec }, n) => ({ ...spec, folder: join(folder.path, String(n)) }));
    series = makeSeries(specs);
    for (const [n, turned] of TURNED_SERIES.entries()) {
      const mask = paint(gridOfSeries(specs[n], turned));
      const header = await readSourceHeader(series[n].frames[0].file);
      files.push(join(folder.path, `${n}.dcm`));
      writeFileSync(files[n], dicomSegmentation(series[n], header, mask, PROVENANCE));
    }
    read = python('readSegmentations.py', files);
  });

  it.each(TURNED_SERIES.map(({ name }, n) => [name, n] as const))('%s: dciodvfy finds no error', (_, n) => {
    expect(validatorErrors(files[n])).toEqual([]);
  });

  it.each(TURNED_SERIES.map(({ name }, n) => [name, n] as const))(
    '%s: pydicom finds every labelled voxel at its place in the patient, and no other',
    (_, n) => {
      const found = new Map<string, number>();
      for (const frame of read[n].frames) {
        const { type } = read[n].segments[frame.segment - 1];
        for (const lps of frame.lps) found.set(lps.map((v) => v.toFixed(2)).join(), LABEL_OF_TYPE[type]);
      }
      let expected = 0;
      for (const point of pixelPlaces(TURNED_SERIES[n])) {
        const label = labelAt(...point);
        if (label === 0) continue;
        expected++;
        if (nearest(found, point) !== label) throw new Error(`no label ${label} at ${point}`);
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
      expect(object.between).toBeCloseTo(Math.hypot(...TURNED_SERIES[n].spec.step), 5);
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
      ['enhancing tumour (guess)', 'C113842', 'AUTOMATIC'],
    ]);
    for (const segment of segments) {
      expect(segment).toMatchObject({ category: '49755003', anatomy: '12738006' });
      expect(segment.parameters).toContain(PROVENANCE.modelHash);
      expect(segment.parameters).toContain('T1 + FLAIR');
    }
    // What is said of a region stands with its label, but not of a guess.
    expect(segments.map(({ description }) => description)).toEqual([
      'non-enhancing core (necrosis or non-enhancing tumour)',
      'oedema or infiltration; whole tumour likely good',
      'enhancing tumour; a guess: not reliable from these sequences',
    ]);
  });

  it('names frames of a multi-frame source, leaves out labels that do not occur, and says when a mask was edited', async () => {
    const spec = { ...TURNED_SERIES[0].spec, folder: '' };
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
    const mask = paint(gridOfSeries(spec, TURNED_SERIES[0]));
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

  it.each([
    ['ISO_IR 192', 'Łukasz^Żółć'],
    ['ISO 2022 IR 149', 'Hong^Gildong=洪^吉洞=홍^길동'],
    ['ISO 2022 IR 87', 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
    ['ISO_IR 144', 'Люкceмбypг'],
  ])('keeps a name in %s', async (characterSet, patientName) => {
    const spec = {
      ...TURNED_SERIES[0].spec,
      slices: 1,
      folder: join(folder.path, characterSet),
      characterSet,
      patientName,
    };
    const [{ frames }] = makeSeries([spec]);
    expect((await readSourceHeader(frames[0].file)).attributes.PatientName).toBe(patientName);
  });

  it('refuses an empty mask, another grid, and a series without frame of reference', async () => {
    const header = await readSourceHeader(series[0].frames[0].file);
    const grid = gridOfSeries({ ...TURNED_SERIES[0].spec, folder: '' }, TURNED_SERIES[0]);
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
