import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DicomSeries } from '../../../src/dicom/series.js';
import type { QuorumError } from '../../../src/errors.js';
import { readSourceHeader } from '../../../src/export/dicom/sourceHeader.js';
import { structureSet } from '../../../src/export/dicom/structureSet.js';
import { isInRegion } from '../../../src/masks/labels.js';
import { REGIONS, type Region } from '../../../src/terms.js';
import { voxelToWorld } from '../../../src/volume/affine.js';
import { temporaryFolder } from '../../volume/folder.js';
import { labelAt, PROVENANCE, paint, pixelPlaces, TURNED_SERIES } from './bodies.js';
import { gridOfSeries, haveDicomTools, makeSeries, python, validatorErrors } from './tools.js';

const folder = temporaryFolder();
const have = haveDicomTools('RT Structure Set');

interface ReadBack {
  texts: Record<string, string>;
  frameOfReference: string;
  series: string;
  images: number;
  interpreted: string[];
  rois: {
    name: string;
    algorithm: string;
    types: string[];
    colour: number[];
    slices: number;
    contours: number;
    offPlane: number;
    offPixel: number;
    lps: [number, number, number][];
  }[];
}

const key = (place: readonly number[]) => place.map((v) => v.toFixed(2)).join();
/** The bodies with a hollow in one of them, so that slices have holes. */
const hollow = (x: number, y: number, z: number) =>
  ((x - 5) / 3) ** 2 + ((y + 6) / 3) ** 2 + ((z - 2) / 3) ** 2 <= 1 ? 0 : labelAt(x, y, z);

describe.skipIf(!have)('RT Structure Set', () => {
  let series: DicomSeries[];
  let read: ReadBack[];
  const files: string[] = [];

  function masked(n: number) {
    const grid = gridOfSeries({ ...TURNED_SERIES[n].spec, folder: '' }, TURNED_SERIES[n]);
    const mask = paint(grid);
    const [nx, ny] = mask.size;
    mask.data.forEach((_, at) => {
      const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
      const [x, y, z] = voxelToWorld(mask.affine, i, j, k);
      mask.data[at] = hollow(-x, -y, z);
    });
    return mask;
  }

  beforeAll(async () => {
    series = makeSeries(
      TURNED_SERIES.map(({ spec }, n) => ({ ...spec, folder: join(folder.path, String(n)) })),
    );
    for (const [n, one] of series.entries()) {
      const header = await readSourceHeader(one.frames[0].file);
      files.push(join(folder.path, `${n}.dcm`));
      writeFileSync(files[n], structureSet(one, header, masked(n), REGIONS, PROVENANCE)!);
    }
    const asked = files.map((file, n) => ({ file, images: series[n].frames.map((frame) => frame.file) }));
    read = python('readStructureSets.py', asked);
  });

  it.each(TURNED_SERIES.map(({ name }, n) => [name, n] as const))('%s: dciodvfy finds no error', (_, n) => {
    expect(validatorErrors(files[n])).toEqual([]);
  });

  it.each(TURNED_SERIES.map(({ name }, n) => [name, n] as const))(
    '%s: the pixels in the contours are those of the mask, each at its place in the patient',
    (_, n) => {
      for (const [at, region] of REGIONS.entries()) {
        const found = new Set(read[n].rois[at].lps.map(key));
        let expected = 0;
        for (const place of pixelPlaces(TURNED_SERIES[n]))
          if (isInRegion(hollow(...place), region)) {
            expected++;
            if (!near(found, place)) throw new Error(`${region}: nothing at ${place}`);
          }
        expect(expected).toBeGreaterThan(region === 'ET' ? 50 : 300);
        expect(found.size).toBe(expected);
      }
    },
  );

  it('draws closed contours in the plane of their slice, half a voxel from the centres at most', () => {
    for (const { rois } of read)
      for (const { types, offPlane, offPixel, contours, slices } of rois) {
        expect(types).toEqual(['CLOSED_PLANAR']);
        expect(offPlane).toBeLessThan(0.002);
        expect(offPixel).toBeLessThan(0.502);
        expect(contours).toBeGreaterThanOrEqual(slices);
      }
  });

  it('copies the patient, refers to every image, and says that it is automatic, a guess, and approved by nobody', () => {
    const [{ texts, rois, interpreted, images, ...referred }] = read;
    expect(texts).toMatchObject({
      PatientName: 'Müller^Jörg',
      PatientID: '4711',
      StudyInstanceUID: series[0].studyInstanceUid,
      Modality: 'RTSTRUCT',
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.3',
      ApprovalStatus: 'UNAPPROVED',
    });
    expect(texts.SeriesDescription).toMatch(/^RESEARCH, NOT FOR DIAGNOSIS/);
    expect(referred).toEqual({
      frameOfReference: series[0].frameOfReferenceUid,
      series: series[0].seriesInstanceUid,
    });
    expect(images).toBe(TURNED_SERIES[0].spec.slices);
    expect(rois.map(({ name, algorithm }) => [name, algorithm])).toEqual([
      ['WT whole tumour', 'AUTOMATIC'],
      ['TC tumour core', 'AUTOMATIC'],
      ['ET enhancing tumour (guess)', 'AUTOMATIC'],
    ]);
    expect(interpreted).toEqual(['', '', '']);
  });

  it('writes contours longer than a value of explicit VR may be', async () => {
    const spec = {
      ...TURNED_SERIES[0].spec,
      rows: 96,
      columns: 96,
      slices: 1,
      folder: join(folder.path, 'comb'),
    };
    const [comb] = makeSeries([spec]);
    const header = await readSourceHeader(comb.frames[0].file);
    const mask = paint(gridOfSeries(spec, TURNED_SERIES[0]));
    // Teeth on teeth on a comb: four corners every other row.
    mask.data.forEach((_, at) => {
      const [i, j] = [at % 96, Math.floor(at / 96)];
      mask.data[at] = j === 0 || i % 4 === 0 || (i % 4 === 1 && j % 2 === 0) ? 2 : 0;
    });
    const file = join(folder.path, 'comb.dcm');
    const bytes = structureSet(comb, header, mask, ['WT'], { ...PROVENANCE, editedByHand: true })!;
    expect(bytes.length).toBeGreaterThan(65_534 + 10_000);
    writeFileSync(file, bytes);
    expect(validatorErrors(file)).toEqual([]);
    const [{ rois }] = python<ReadBack[]>('readStructureSets.py', [{ file, images: [comb.frames[0].file] }]);
    expect(rois[0]).toMatchObject({ algorithm: 'SEMIAUTOMATIC', contours: 1 });
    expect(rois[0].lps).toHaveLength(mask.data.filter((label) => label !== 0).length);
  });

  it('leaves out regions that are not asked for or empty; refuses another grid and a series without frame of reference', async () => {
    const header = await readSourceHeader(series[0].frames[0].file);
    const mask = masked(0);
    const codeOf = (given: DicomSeries, volume: typeof mask, regions: readonly Region[] = REGIONS) => {
      try {
        return structureSet(given, header, volume, regions, PROVENANCE) === null ? 'nothing' : 'written';
      } catch (error) {
        return (error as QuorumError).code;
      }
    };
    expect(codeOf(series[0], mask)).toBe('written');
    expect(codeOf(series[0], mask, [])).toBe('nothing');
    expect(codeOf(series[0], { ...mask, data: new Uint8Array(mask.data.length) })).toBe('nothing');
    expect(codeOf({ ...series[0], frames: series[0].frames.slice(1) }, mask)).toBe('FRAMES_DIFFER');
    expect(codeOf({ ...series[0], frameOfReferenceUid: null }, mask)).toBe('DICOM_INCOMPLETE');
  });
});

/** Rounding to two digits can go either way. */
function near(found: ReadonlySet<string>, place: readonly number[]): boolean {
  const around = [0, -0.01, 0.01];
  return around.some((dx) =>
    around.some((dy) => around.some((dz) => found.has(key([place[0] + dx, place[1] + dy, place[2] + dz])))),
  );
}
