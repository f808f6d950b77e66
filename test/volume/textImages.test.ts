import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { metaReadImageNode, nrrdReadImageNode } from '@itk-wasm/image-io';
import type { Image } from 'itk-wasm';
import { describe, expect, it } from 'vitest';
import { readHeader, readVolume } from '../../src/volume/read.js';
import { problemOfRefusal, temporaryFolder } from './folder.js';

const folder = temporaryFolder();
const COUNT = 3 * 4 * 5;
const VALUES = Array.from({ length: COUNT }, (_, i) => i * 2 - 7);

function int16(littleEndian = true): Buffer {
  const bytes = Buffer.alloc(COUNT * 2);
  VALUES.forEach((value, i) => {
    if (littleEndian) bytes.writeInt16LE(value, i * 2);
    else bytes.writeInt16BE(value, i * 2);
  });
  return bytes;
}

/** A turn about z by 30°, then about x by 20°: what a tilted head coil gives. Rows are axis directions. */
const [C3, S3, C2, S2] = [Math.cos(0.5236), Math.sin(0.5236), Math.cos(0.349), Math.sin(0.349)];
const DIRECTIONS = [
  [C3, S3 * C2, S3 * S2],
  [-S3, C3 * C2, C3 * S2],
  [0, -S2, C2],
];
const SPACING = [0.5, 1.25, 5.5];

function metaImage({
  ElementDataFile = 'LOCAL',
  ...changes
}: Record<string, string | undefined> = {}): string {
  const fields: Record<string, string | undefined> = {
    ObjectType: 'Image',
    NDims: '3',
    BinaryData: 'True',
    BinaryDataByteOrderMSB: 'False',
    CompressedData: 'False',
    TransformMatrix: DIRECTIONS.flat().join(' '),
    Offset: '11 -12 13',
    CenterOfRotation: '0 0 0',
    ElementSpacing: SPACING.join(' '),
    DimSize: '3 4 5',
    AnatomicalOrientation: 'RAI',
    ElementType: 'MET_SHORT',
    ...changes,
    ElementDataFile,
  };
  return lines(fields, ' = ');
}

function nrrd(changes: Record<string, string | undefined> = {}): string {
  const vectors = DIRECTIONS.map((d, axis) => `(${d.map((v) => v * SPACING[axis]).join(',')})`).join(' ');
  return `NRRD0005\n# made by hand\n${lines(
    {
      type: 'short',
      dimension: '3',
      space: 'left-posterior-superior',
      sizes: '3 4 5',
      'space directions': vectors,
      kinds: 'domain domain domain',
      endian: 'little',
      encoding: 'raw',
      'space origin': '(11,-12,13)',
      ...changes,
    },
    ': ',
  )}`;
}

function lines(fields: Record<string, string | undefined>, separator: string): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}${separator}${value}\n`)
    .join('');
}

const writeMeta = (changes: Record<string, string | undefined>, data: Buffer) =>
  folder.write('.mha', Buffer.concat([Buffer.from(metaImage(changes)), data]));
const writeNrrd = (changes: Record<string, string | undefined>, data: Buffer) =>
  folder.write('.nrrd', Buffer.concat([Buffer.from(`${nrrd(changes)}\n`), data]));

/** LPS → RAS: x and y change sign; each column is an axis direction times its spacing. */
const AFFINE = [
  ...DIRECTIONS.flatMap(([x, y, z], axis) => [-x * SPACING[axis], -y * SPACING[axis], z * SPACING[axis], 0]),
  ...[-11, 12, 13, 1],
];

async function expectImage(file: string, affine = AFFINE): Promise<void> {
  const image = await readVolume(file);
  expect(image.size).toEqual([3, 4, 5]);
  affine.forEach((value, i) => {
    expect(image.affine[i], `affine ${i}`).toBeCloseTo(value, 10);
  });
  expect([...image.data]).toEqual(VALUES);
  const { data: _, ...header } = image;
  expect(await readHeader(file)).toEqual(header);
}

describe('MetaImage', () => {
  it.each([
    ['raw, little-endian', {}, int16()],
    ['raw, big-endian', { BinaryDataByteOrderMSB: 'True' }, int16(false)],
    ['compressed', { CompressedData: 'True' }, deflateSync(int16())],
    ['compressed, size stated', { CompressedData: 'True', CompressedDataSize: '999' }, deflateSync(int16())],
  ])('%s', async (_, changes, data) => {
    await expectImage(writeMeta(changes, data));
  });

  it('a header with its data beside it, also behind a header of its own', async () => {
    for (const [skip, data] of [
      [undefined, int16()],
      ['7', Buffer.concat([Buffer.alloc(7), int16()])],
      ['-1', Buffer.concat([Buffer.alloc(33), int16()])],
    ] as const) {
      const raw = basename(folder.write('.raw', data));
      await expectImage(folder.write('.mhd', metaImage({ ElementDataFile: raw, HeaderSize: skip })));
    }
  });

  it('agrees with ITK about geometry and values', async () => {
    const file = writeMeta({}, int16());
    const { image } = await metaReadImageNode(file);
    await expectImage(file, rasFromItk(image));
    expect([...(image.data as Int16Array)]).toEqual(VALUES);
  });

  it.each([
    ['four axes', { NDims: '4', DimSize: '3 4 5 2' }, { code: 'NOT_3D', field: 'NDims' }],
    [
      'vectors',
      { ElementNumberOfChannels: '3' },
      { code: 'NOT_3D', field: 'ElementNumberOfChannels', found: '3' },
    ],
    ['an unknown type', { ElementType: 'MET_LONG' }, { code: 'DATATYPE_UNSUPPORTED', field: 'ElementType' }],
    ['a size that is no number', { DimSize: '3 x 5' }, { code: 'HEADER_INVALID', field: 'DimSize' }],
    ['a huge size', { DimSize: '3 4 999999' }, { code: 'DATA_TOO_LARGE', field: 'DimSize' }],
    ['text voxels', { BinaryData: 'False' }, { code: 'DATATYPE_UNSUPPORTED', field: 'BinaryData' }],
    ['spacing 0', { ElementSpacing: '1 0 1' }, { code: 'HEADER_INVALID', field: 'axes' }],
    ['two spacings', { ElementSpacing: '1 1' }, { code: 'HEADER_INVALID', field: 'ElementSpacing' }],
    [
      'more voxels than bytes',
      { DimSize: '3 4 6' },
      { code: 'DATA_TRUNCATED', field: 'voxels', found: '120 bytes' },
    ],
    ['a list of files', { ElementDataFile: 'LIST' }, { code: 'HEADER_INVALID', field: 'ElementDataFile' }],
    ['no size', { DimSize: undefined }, { code: 'HEADER_INVALID', field: 'DimSize', found: 'missing' }],
  ])('refuses %s', async (_, changes, problem) => {
    const file = writeMeta(changes, int16());
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({ ...problem, file });
  });

  it('refuses a field given twice', async () => {
    const file = folder.write('.mha', metaImage().replace('DimSize', 'DimSize = 2 2 2\nDimSize'));
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({
      code: 'HEADER_INVALID',
      field: 'DimSize',
    });
  });
});

describe('NRRD', () => {
  it.each([
    ['raw, little-endian', {}, int16()],
    ['raw, big-endian', { endian: 'big' }, int16(false)],
    ['gzip', { encoding: 'gzip' }, gzipSync(int16())],
    ['another name of the type', { type: 'signed short int' }, int16()],
    ['data at the end', { 'byte skip': '-1' }, Buffer.concat([Buffer.alloc(50), int16()])],
  ])('%s', async (_, changes, data) => {
    await expectImage(writeNrrd(changes, data));
  });

  it('a detached header', async () => {
    const raw = basename(folder.write('.raw', int16()));
    await expectImage(folder.write('.nhdr', nrrd({ 'data file': raw })));
  });

  it.each(['left-posterior-superior', 'right-anterior-superior', 'LPS', 'RAS'])(
    'agrees with ITK in the space %s',
    async (space) => {
      const file = writeNrrd({ space }, int16());
      const { image } = await nrrdReadImageNode(file);
      await expectImage(file, rasFromItk(image));
      expect([...(image.data as Int16Array)]).toEqual(VALUES);
    },
  );

  // By the format's definition; ITK 5 reverses x where it should reverse y.
  it('reads the space left-anterior-superior', async () => {
    const affine = AFFINE.map((value, i) => (i % 4 === 1 ? -value : value));
    await expectImage(writeNrrd({ space: 'left-anterior-superior' }, int16()), affine);
  });

  it('takes spacings where there are no directions', async () => {
    const file = writeNrrd(
      { space: undefined, 'space directions': undefined, 'space origin': undefined, spacings: '1 2 3' },
      int16(),
    );
    await expectImage(file, [-1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]);
  });

  it.each([
    ['four axes', { dimension: '4', sizes: '3 4 5 2' }, { code: 'NOT_3D', field: 'dimension' }],
    [
      'an axis without direction',
      { 'space directions': 'none (1,0,0) (0,1,0)' },
      { code: 'HEADER_INVALID', field: 'space directions' },
    ],
    ['blocks', { type: 'block' }, { code: 'DATATYPE_UNSUPPORTED', field: 'type' }],
    ['bzip2', { encoding: 'bzip2' }, { code: 'DATATYPE_UNSUPPORTED', field: 'encoding' }],
    ['no byte order', { endian: undefined }, { code: 'HEADER_INVALID', field: 'endian' }],
    ['a huge size', { sizes: '4096 4096 4096' }, { code: 'DATA_TOO_LARGE', field: 'sizes' }],
    ['too few voxels', { sizes: '3 4 6' }, { code: 'DATA_TRUNCATED', field: 'voxels' }],
    [
      'flat directions',
      { 'space directions': '(1,0,0) (0,1,0) (1,1,0)' },
      { code: 'HEADER_INVALID', field: 'axes' },
    ],
  ])('refuses %s', async (_, changes, problem) => {
    const file = writeNrrd(changes, int16());
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({ ...problem, file });
  });
});

describe('a detached data file', () => {
  it.each(['../secret.raw', '/etc/hostname', 'sub/data.raw', '..', 'data%03d.raw', 'LIST 2', 'a\\b.raw'])(
    'is refused outside the folder or as a pattern: %s',
    async (name) => {
      for (const file of [
        folder.write('.mhd', metaImage({ ElementDataFile: name })),
        folder.write('.nhdr', nrrd({ 'data file': name })),
      ]) {
        expect(await problemOfRefusal(readVolume(file))).toMatchObject({
          code: 'HEADER_INVALID',
          found: name,
          file,
        });
      }
    },
  );

  it('is refused behind a link that leads out of the folder', async () => {
    const other = join(folder.path, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'data.raw'), int16());
    symlinkSync(join(other, 'data.raw'), join(folder.path, 'link.raw'));
    const file = folder.write('.mhd', metaImage({ ElementDataFile: 'link.raw' }));
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({
      code: 'HEADER_INVALID',
      found: 'link.raw',
    });
  });

  it('is named when it is missing', async () => {
    const file = folder.write('.mhd', metaImage({ ElementDataFile: 'gone.raw' }));
    expect(await problemOfRefusal(readVolume(file))).toEqual({
      code: 'FILE_NOT_FOUND',
      file: join(folder.path, 'gone.raw'),
    });
  });
});

/** ITK's image (LPS; direction row by row, columns are axes) as a column-major RAS affine. */
function rasFromItk(image: Image): number[] {
  const sign = [-1, -1, 1];
  const column = (c: number) =>
    [0, 1, 2].map((r) => sign[r] * Number(image.direction[r * 3 + c]) * image.spacing[c]);
  return [...[0, 1, 2].flatMap((c) => [...column(c), 0]), ...image.origin.map((v, r) => sign[r] * v), 1];
}
