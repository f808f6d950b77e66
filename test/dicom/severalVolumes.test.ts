import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCandidate } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { voxelToWorld } from '../../src/volume/affine.js';
import { readVolume } from '../../src/volume/read.js';
import { dicomBytes, element, UNDEFINED_LENGTH } from './dicomBytes.js';

const [COLUMNS, ROWS, SLICES] = [6, 8, 7];

const fd = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};
const item = (...elements: Buffer[]) => {
  const body = Buffer.concat(elements);
  const header = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
};
const sequence = (group: number, tag: number, ...items: Buffer[]) =>
  element(group, tag, 'SQ', Buffer.concat(items));

const FRAME_BYTES = 2 * ROWS * COLUMNS;
/** How pixels are stored. */
const CODINGS: Record<'plain' | 'deflated' | 'rle', { syntax?: string; code: (pixels: Buffer) => Buffer }> = {
  plain: { code: (pixels) => pixels },
  deflated: { syntax: '1.2.840.10008.1.2.1.99', code: (pixels) => pixels },
  rle: { syntax: '1.2.840.10008.1.2.5', code: encapsulatedRle },
};

function itemOf(tag: number, body: Buffer): Buffer {
  const header = Buffer.from([0xfe, 0xff, tag & 255, tag >> 8, 0, 0, 0, 0]);
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** One fragment a frame, without an offset table; every row a literal run of the upper, then of the lower bytes (PS3.5 annex G). */
function encapsulatedRle(pixels: Buffer): Buffer {
  const frames = Array.from({ length: pixels.length / FRAME_BYTES }, (_, f) => {
    const own = pixels.subarray(f * FRAME_BYTES, (f + 1) * FRAME_BYTES);
    const segments = [1, 0].map((at) =>
      Buffer.concat(
        Array.from({ length: ROWS }, (_, row) =>
          Buffer.from([
            COLUMNS - 1,
            ...Array.from({ length: COLUMNS }, (_, n) => own[2 * (row * COLUMNS + n) + at]),
          ]),
        ),
      ),
    );
    const header = Buffer.alloc(64);
    [2, 64, 64 + segments[0].length].forEach((value, n) => {
      header.writeUInt32LE(value, 4 * n);
    });
    return itemOf(0xe000, Buffer.concat([header, ...segments]));
  });
  return Buffer.concat([itemOf(0xe000, Buffer.alloc(0)), ...frames, itemOf(0xe0dd, Buffer.alloc(0))]);
}

interface Part {
  readonly echo?: number;
  readonly b?: number;
  readonly phase?: number;
  readonly time?: string;
}

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-parts-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** An enhanced file with a volume for each part; a pixel of part p in slice k at place n is 1000 p + 100 k + n. */
async function fileOf(description: string, parts: readonly Part[], coding: keyof typeof CODINGS = 'plain') {
  const folder = join(root, `${description.replace(/\W/g, '-')}-${coding}`);
  mkdirSync(folder);
  const frames = parts.flatMap((part) => Array.from({ length: SLICES }, (_, k) => ({ part, k })));
  const group = ({ part, k }: (typeof frames)[number]) =>
    item(
      sequence(0x18, 0x9114, item(element(0x18, 0x9082, 'FD', fd(part.echo ?? 100)))),
      ...(part.b === undefined
        ? []
        : [sequence(0x18, 0x9117, item(element(0x18, 0x9087, 'FD', fd(part.b))))]),
      sequence(
        0x20,
        0x9111,
        item(
          ...(part.time === undefined ? [] : [element(0x18, 0x9074, 'DT', part.time)]),
          ...(part.phase === undefined ? [] : [element(0x20, 0x9128, 'UL', ul(part.phase))]),
        ),
      ),
      sequence(0x20, 0x9113, item(element(0x20, 0x32, 'DS', `-3\\-4\\${5 * k}`))),
      // A slope of two: stored pixels are half.
      sequence(0x28, 0x9145, item(element(0x28, 0x1052, 'DS', '0'), element(0x28, 0x1053, 'DS', '2'))),
    );
  const shared = item(
    sequence(0x20, 0x9116, item(element(0x20, 0x37, 'DS', '1\\0\\0\\0\\1\\0'))),
    sequence(0x28, 0x9110, item(element(0x28, 0x30, 'DS', '1\\1'))),
  );
  const pixels = Buffer.alloc(2 * ROWS * COLUMNS * frames.length);
  frames.forEach(({ part, k }, f) => {
    for (let n = 0; n < ROWS * COLUMNS; n++)
      pixels.writeUInt16LE(500 * parts.indexOf(part) + 50 * k + n, 2 * (f * ROWS * COLUMNS + n));
  });
  const { syntax, code } = CODINGS[coding];
  const bytes = dicomBytes({
    description,
    ...(syntax ? { syntax } : {}),
    rows: ROWS,
    columns: COLUMNS,
    frames: frames.length,
    pixels: code(pixels),
    ...(coding === 'rle' ? { pixelLength: UNDEFINED_LENGTH } : {}),
    extra: [sequence(0x5200, 0x9229, shared), sequence(0x5200, 0x9230, ...frames.map(group))],
  });
  writeFileSync(join(folder, 'IM1'), bytes);
  const [candidate] = (await scan([folder], { workingFolder: root })).studies;
  return candidate;
}

function ul(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

describe('several volumes in one multi-frame file', () => {
  it.each(['plain', 'deflated', 'rle'] as const)(
    'the echo that is the sequence is taken alone, each voxel where its header says: %s',
    async (coding) => {
      const candidate = await fileOf('PD T2 TSE', [{ echo: 15 }, { echo: 95 }], coding);
      expect(candidate.series.map(({ setAside }) => setAside)).toEqual([
        expect.stringMatching(/proton density/),
        null,
      ]);
      const { study } = await openCandidate(candidate, { workingFolder: root });
      const { file, dicom } = study.images.t2!;
      const { size, affine, data } = await readVolume(file);
      expect(size).toEqual([COLUMNS, ROWS, SLICES]);
      expect(dicom!.frames.map(({ frame }) => frame)).toEqual([7, 8, 9, 10, 11, 12, 13]);
      for (let k = 0; k < SLICES; k++) {
        for (let n = 0; n < ROWS * COLUMNS; n++)
          expect(data[n + ROWS * COLUMNS * k]).toBe(1000 + 100 * k + 2 * n);
        expect(voxelToWorld(affine, 2, 3, k).map((mm) => Math.round(mm))).toEqual([1, 1, 5 * k]);
      }
    },
  );

  it('the volume without diffusion weighting of a diffusion series is no T2', async () => {
    const { choices, series } = await fileOf('T2 SSH', [{ b: 0 }, { b: 1000 }]);
    expect(choices).toEqual({});
    expect(series.map(({ setAside }) => setAside)).toEqual([
      expect.stringMatching(/^diffusion \(b 0/),
      expect.stringMatching(/^diffusion/),
    ]);
  });

  it('phases of a T1 before and after contrast agent are told by their times, or asked', async () => {
    const silent = await fileOf('T1 3D', [
      { echo: 4, phase: 1 },
      { echo: 4, phase: 2 },
    ]);
    expect(silent.choices).toEqual({});
    expect(silent.questions[0].sequences).toEqual(['t1', 't1ce']);
    const timed = await fileOf('T1 3D C', [
      { echo: 4, phase: 1, time: '20200131100000' },
      { echo: 4, phase: 2, time: '20200131101200' },
    ]);
    expect(timed.series.map(({ about }) => about.acquired)).toEqual([
      '2020-01-31T10:00:00',
      '2020-01-31T10:12:00',
    ]);
  });
});
