import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DicomImage, Triple } from '../../src/dicom/image.js';
import { isValidUid, readDicomHeader } from '../../src/dicom/readHeader.js';
import { assembleVolumes } from '../../src/dicom/volumes.js';
import { checkReferable } from '../../src/export/dicom/references.js';
import { openCandidate } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { dicomBytes, element } from './dicomBytes.js';

let root: string;
let number = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-identity-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder of slices; `series` and `more` by slice. */
function folderOf(slices: number, of: (slice: number) => Parameters<typeof dicomBytes>[0]): string {
  const folder = join(root, `folder-${++number}`);
  mkdirSync(folder);
  for (let slice = 0; slice < slices; slice++)
    writeFileSync(join(folder, `IM${slice}`), dicomBytes({ slice, ...of(slice) }));
  return folder;
}
const look = (folder: string) => scan([folder], { workingFolder: root });

describe('a Series Instance UID of its own for every slice', () => {
  it('makes one series, which is converted', async () => {
    const { studies } = await look(folderOf(8, (slice) => ({ series: `${900 + slice}` })));
    expect(studies[0].series.map(({ files, setAside }) => [files, setAside])).toEqual([[8, null]]);
    const { study } = await openCandidate(studies[0], { workingFolder: root });
    expect(study.images.t1!.header.size).toEqual([6, 8, 8]);
  });

  it('does not mix series that say that they are two', async () => {
    const folder = folderOf(16, (n) => ({
      slice: n % 8,
      series: `${900 + n}`,
      description: n < 8 ? 'T1 AX' : 'T1 AX POST',
    }));
    const { studies } = await look(folder);
    expect(studies[0].series.map(({ files, about }) => [files, about.description])).toEqual([
      [8, 'T1 AX'],
      [8, 'T1 AX POST'],
    ]);
  });
});

describe('UIDs that are not valid', () => {
  it.each([
    ['1.2.840.10008.1.2', true],
    ['0.0.1', true],
    ['1.2.840.00017.4', false],
    ['1.2.anon-17', false],
    ['1.2..3', false],
    ['1.2.', false],
    [`1.${'2'.repeat(63)}`, false],
  ])('%s: %s', (uid, valid) => expect(isValidUid(uid)).toBe(valid));

  it('still tell what belongs together, and are named', async () => {
    const { studies } = await look(folderOf(6, () => ({ study: '1.2.00017.anon-1', series: '04' })));
    expect(studies).toHaveLength(1);
    expect(studies[0].doubts).toEqual([]);
    expect(studies[0].series[0]).toMatchObject({ files: 6, setAside: null, sequence: 't1' });
    expect(studies[0].remarks).toEqual([
      expect.stringMatching(
        /^invalid UIDs \(Study Instance UID, Series Instance UID, SOP Instance UID, Frame/,
      ),
    ]);
  });

  it('are found before a DICOM result is computed', async () => {
    const opened = async (options: Parameters<typeof dicomBytes>[0]) => {
      const { studies } = await look(folderOf(6, () => options));
      const { study } = await openCandidate(studies[0], { workingFolder: root });
      return study.images.t1!.dicom!;
    };
    const whole = await opened({});
    expect(() => checkReferable(whole)).not.toThrow();
    const problem = (series: typeof whole) => {
      try {
        checkReferable(series);
      } catch (error) {
        return (error as { problem: object }).problem;
      }
      return null;
    };
    expect(problem({ ...whole, frameOfReferenceUid: null })).toMatchObject({
      code: 'DICOM_INCOMPLETE',
      field: 'Frame of Reference UID',
      found: 'none',
    });
    expect(problem(await opened({ study: '1.2.00017.anon-1' }))).toMatchObject({
      code: 'DICOM_INCOMPLETE',
      found: 'one that is not valid',
    });
  });
});

describe('positions with few decimals', () => {
  let template: DicomImage;
  beforeAll(async () => {
    const file = join(root, 'template');
    writeFileSync(file, dicomBytes({ extra: [element(0x28, 0x1050, 'DS', '1')] }));
    template = await readDicomHeader(file);
  });
  const stack = (count: number, place: (k: number) => Triple): DicomImage[] =>
    Array.from({ length: count }, (_, k) => ({
      ...template,
      sopInstanceUid: `1.2.3.${k + 1}`,
      instanceNumber: k + 1,
      frames: [{ ...template.frames[0], position: place(k) }],
    }));
  const defectOf = (images: DicomImage[]) => assembleVolumes(images).map(({ defect }) => defect);
  const round = (value: number, decimals: number) => Math.round(value * 10 ** decimals) / 10 ** decimals;

  it.each([
    [0.95, 1],
    [0.9, 1],
    [1.25, 1],
    [5.5, 0],
    [3.3, 0],
    [0.488, 2],
  ])('slices %d mm apart, rounded to %i decimals, are an even stack', (mm, decimals) => {
    const images = stack(40, (k) => [
      round(-12.34, decimals),
      round(7.77, decimals),
      round(k * mm, decimals),
    ]);
    expect(defectOf(images)).toEqual([null]);
    const [{ spacing }] = assembleVolumes(images);
    expect(Math.abs(spacing! - mm)).toBeLessThan(10 ** -decimals / 39 + 1e-9);
  });

  it('do not hide a missing slice, nor slices that are not even', () => {
    const missing = stack(40, (k) => [0, 0, round((k < 20 ? k : k + 1) * 0.95, 1)]);
    expect(defectOf(missing)).toEqual([expect.stringMatching(/^(1|one) of its slices is missing/i)]);
    const uneven = stack(40, (k) => [0, 0, round(k * 5 + (k % 2) * 1.2, 1)]);
    expect(defectOf(uneven)).toEqual(['its slices are not evenly spaced']);
  });
});
