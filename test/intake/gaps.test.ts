import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptGaps, mendOf } from '../../src/intake/gaps.js';
import { assignSeries, openCandidate } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { readStudyImages } from '../../src/prepare/case.js';
import { voxelToWorld } from '../../src/volume/affine.js';
import { readVolume } from '../../src/volume/read.js';
import { dicomBytes } from '../dicom/dicomBytes.js';

const [COLUMNS, ROWS] = [8, 6];
/** A pixel tells its place and, times 20, its height. */
const pixelsAt = (height: number) => {
  const bytes = Buffer.alloc(2 * COLUMNS * ROWS);
  for (let at = 0; at < COLUMNS * ROWS; at++) bytes.writeUInt16LE(100 + at + Math.round(20 * height), 2 * at);
  return bytes;
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-gaps-'));
  const write = (folder: string, heights: readonly number[], of: object) => {
    mkdirSync(join(root, folder), { recursive: true });
    heights.forEach((height, slice) => {
      const bytes = dicomBytes({
        ...{ slice, rows: ROWS, columns: COLUMNS, position: [-10, -12, height], pixels: pixelsAt(height) },
        ...of,
      });
      writeFileSync(join(root, folder, `${slice}`), bytes);
    });
  };
  const even = Array.from({ length: 12 }, (_, k) => 5 * k);
  const holed = even.filter((_, k) => k !== 4);
  write('one/t1ce', holed, { series: '9', description: 'T1 POST' });
  write('one/flair', even, { series: '4', description: 'FLAIR' });
  write('both/holed', holed, { series: '9', description: 'FLAIR thin' });
  write('both/whole', even.slice(0, 11), { series: '4', description: 'FLAIR' });
  write(
    'two',
    even.filter((_, k) => k !== 4 && k !== 7),
    { series: '9', description: 'FLAIR' },
  );
  write(
    'uneven',
    even.map((height, k) => height + (k % 2 ? 0.5 : 0)),
    { series: '9', description: 'FLAIR' },
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const candidateIn = async (folder: string) =>
  (await scan([join(root, folder)], { workingFolder: root })).studies[0];

describe('a series with one missing slice', () => {
  it('serves as nothing until the user accepts gaps', async () => {
    const candidate = await candidateIn('one');
    expect(candidate.choices.t1ce).toBeUndefined();
    const accepted = acceptGaps(candidate);
    const [winner] = accepted.series.filter(({ id }) => id === accepted.choices.t1ce?.winner);
    expect(winner.mended).toMatch(/^one missing slice \(between \d+ and \d+\) is interpolated$/);
  });

  it('is interpolated there and nowhere else, and says so', async () => {
    const { study } = await openCandidate(acceptGaps(await candidateIn('one')), { workingFolder: root });
    const { file, dicom, mended } = study.images.t1ce!;
    expect(dicom).toBeUndefined();
    expect(study.images.flair!.dicom).toBeDefined();
    const { size, affine, data } = await readVolume(file);
    expect(size).toEqual([COLUMNS, ROWS, 12]);
    for (let k = 0; k < 12; k++)
      for (let j = 0; j < ROWS; j++) {
        const height = voxelToWorld(affine, 0, j, k)[2];
        expect(height).toBeCloseTo(5 * k, 3);
        const row = ROWS - 1 - j;
        expect(data[COLUMNS * (j + ROWS * k)]).toBe(100 + COLUMNS * row + Math.round(20 * height));
      }
    const { notes } = await readStudyImages(study);
    expect(notes).toContainEqual({ code: 'SLICES_INTERPOLATED', sequence: 't1ce', what: mended });
  });

  it('is taken by the user’s choice, too', async () => {
    const candidate = await candidateIn('one');
    const holed = candidate.series.find((one) => mendOf(one) !== null)!;
    const chosen = assignSeries(candidate, holed.id, 't1ce');
    expect((await openCandidate(chosen, { workingFolder: root })).study.images.t1ce!.mended).toBeDefined();
  });

  it('gives way to a whole one', async () => {
    const accepted = acceptGaps(await candidateIn('both'));
    const winner = accepted.series.find(({ id }) => id === accepted.choices.flair!.winner)!;
    expect(winner.about.description).toBe('FLAIR');
    expect(accepted.choices.flair!.rejected[0].why).toMatch(/interpolated; the chosen one is whole/);
  });
});

it('two missing slices are not interpolated', async () => {
  const candidate = await candidateIn('two');
  expect(candidate.series.map(mendOf)).toEqual([null]);
  expect(acceptGaps(candidate).choices).toEqual({});
});

it('uneven slices are brought to an even distance between the first and the last', async () => {
  const accepted = acceptGaps(await candidateIn('uneven'));
  const { study } = await openCandidate(accepted, { workingFolder: root });
  const { size, affine, data } = await readVolume(study.images.flair!.file);
  expect(size[2]).toBe(12);
  for (let k = 0; k < 12; k++) {
    const height = voxelToWorld(affine, 0, 0, k)[2];
    expect(height).toBeCloseTo((k * 55.5) / 11, 3);
    expect(Math.abs(data[COLUMNS * ROWS * k] - (100 + COLUMNS * (ROWS - 1) + 20 * height))).toBeLessThan(11);
  }
});
