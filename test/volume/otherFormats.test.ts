import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sha256OfImage } from '../../src/volume/imageHash.js';
import { readHeader, readVolume } from '../../src/volume/read.js';
import { temporaryFolder } from './folder.js';
import { niftiBytes } from './niftiBytes.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const problemOf = (reading: Promise<unknown>) =>
  reading.then(
    () => 'read',
    (error) => error.problem,
  );

/** A .mgh by hand (offsets of the format's page): big-endian, 3 × 2 × 2 voxels. */
function mgh(
  more: {
    type?: number;
    frames?: number;
    good?: number;
    version?: number;
    spacing?: number[];
    directions?: number[];
    centre?: number[];
    voxels?: Buffer;
  } = {},
): Buffer {
  const bytes = Buffer.alloc(284);
  [more.version ?? 1, 3, 2, 2, more.frames ?? 1, more.type ?? 4, 0].forEach((value, n) =>
    bytes.writeInt32BE(value, 4 * n),
  );
  bytes.writeInt16BE(more.good ?? 1, 28);
  const floats = [
    ...(more.spacing ?? [0.5, 2, 3]),
    ...(more.directions ?? [-1, 0, 0, 0, 0, -1, 0, 1, 0]),
    ...(more.centre ?? [10, 20, 30]),
  ];
  floats.forEach((value, n) => bytes.writeFloatBE(value, 30 + 4 * n));
  const voxels = Buffer.alloc(24);
  for (let n = 0; n < 12; n++) voxels.writeInt16BE(100 * n - 300, 2 * n);
  return Buffer.concat([bytes, more.voxels ?? voxels]);
}
const VALUES = Array.from({ length: 12 }, (_, n) => 100 * n - 300);

describe('FreeSurfer’s .mgh and .mgz', () => {
  it.each([
    ['a.mgh', (bytes: Buffer) => bytes],
    ['a.mgz', (bytes: Buffer) => gzipSync(bytes)],
  ])('is read with its place: %s', async (name, pack) => {
    writeFileSync(at(name), pack(mgh()));
    const { size, affine, data, datatype, remarks } = await readVolume(at(name));
    expect([size, datatype, remarks]).toEqual([[3, 2, 2], 'int16', undefined]);
    expect([...data]).toEqual(VALUES);
    // i to the left by 0.5, j down by 2, k to the front by 3; the centre (10, 20, 30) is that of voxel (1.5, 1, 1).
    expect([...affine]).toEqual([-0.5, 0, 0, 0, 0, 0, -2, 0, 0, 3, 0, 0, 10.75, 17, 32, 1]);
  });

  it('is coronal where it says nothing, and that is remarked on', async () => {
    writeFileSync(at('b.mgh'), mgh({ good: 0, spacing: [9, 9, 9] }));
    const { affine, remarks } = await readHeader(at('b.mgh'));
    expect([...affine]).toEqual([-1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 1.5, -1, 1, 1]);
    expect(remarks).toEqual(['ORIENTATION_UNKNOWN']);
  });

  it.each([
    ['two frames', mgh({ frames: 2 }), 'NOT_3D'],
    ['another version', mgh({ version: 7 }), 'FORMAT_UNKNOWN'],
    ['a type that is none', mgh({ type: 9 }), 'DATATYPE_UNSUPPORTED'],
    ['no directions', mgh({ directions: new Array(9).fill(0) }), 'HEADER_INVALID'],
    ['sheared directions', mgh({ directions: [-1, 0, 0, 0.1, 0, -1, 0, 1, 0] }), 'HEADER_INVALID'],
    ['too few voxels', mgh({ voxels: Buffer.alloc(20) }), 'DATA_TRUNCATED'],
    ['half a header', mgh().subarray(0, 100), 'DATA_TRUNCATED'],
  ])('is refused with %s', async (_, bytes, code) => {
    writeFileSync(at('c.mgh'), bytes);
    expect(await problemOf(readVolume(at('c.mgh')))).toMatchObject({ code, file: at('c.mgh') });
  });
});

describe('pairs of .hdr and .img', () => {
  const header = (options: Parameters<typeof niftiBytes>[0]) =>
    niftiBytes({
      dim: [4, 3, 2, 2, 1, 1, 1, 1],
      datatype: 4,
      bitpix: 16,
      pixdim: [0, 0.5, 2, 3, 0, 0, 0, 0],
      voxOffset: 0,
      ...options,
      voxels: Buffer.alloc(0),
    }).subarray(0, 348);
  const voxels = (littleEndian = true) => {
    const bytes = Buffer.alloc(24);
    VALUES.forEach((value, n) =>
      littleEndian ? bytes.writeInt16LE(value, 2 * n) : bytes.writeInt16BE(value, 2 * n),
    );
    return bytes;
  };
  const write = (name: string, hdr: Buffer, img: Buffer) => {
    writeFileSync(at(`${name}.hdr`), hdr);
    writeFileSync(at(`${name}.img`), img);
    return at(`${name}.hdr`);
  };
  /** What Analyze has where NIfTI has codes and quaternion. */
  const analyze = (options: { littleEndian?: boolean; orient?: number; origin?: number[] } = {}) => {
    const bytes = header({ magic: '\0\0\0\0', littleEndian: options.littleEndian ?? true });
    bytes.fill(0, 252, 348);
    bytes[252] = options.orient ?? 0;
    (options.origin ?? []).forEach((value, n) =>
      options.littleEndian === false
        ? bytes.writeInt16BE(value, 253 + 2 * n)
        : bytes.writeInt16LE(value, 253 + 2 * n),
    );
    return bytes;
  };

  it.each([true, false])(
    'of Analyze: left and right by convention, which is remarked on (little-endian: %s)',
    async (littleEndian) => {
      const file = write('p', analyze({ littleEndian }), voxels(littleEndian));
      const { size, affine, data, format, remarks, niftiHeader, dataFile } = await readVolume(file);
      expect([size, format, remarks, niftiHeader, dataFile]).toEqual([
        [3, 2, 2],
        'analyze',
        ['ORIENTATION_UNKNOWN'],
        undefined,
        at('p.img'),
      ]);
      expect([...data]).toEqual(VALUES);
      // nibabel's AnalyzeImage: x reversed, the middle in the origin.
      expect([...affine]).toEqual([-0.5, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0.5, -1, -1.5, 1]);
    },
  );

  it('of SPM: the origin where it is set, counted from 1', async () => {
    const { affine } = await readHeader(write('spm', analyze({ origin: [2, 1, 2] }), voxels()));
    expect([...affine].slice(12)).toEqual([0.5, 0, -3, 1]);
  });

  it('of Analyze with another orient', async () => {
    const { affine } = await readHeader(write('sag', analyze({ orient: 2 }), voxels()));
    expect([...affine].slice(0, 11)).toEqual([0, 0.5, 0, 0, 0, 0, 2, 0, -3, 0, 0]);
  });

  it('of NIfTI, by its matrix', async () => {
    const srow = [-0.5, 0, 0, 1, 0, -2, 0, 2, 0, 0, 3, 3];
    const file = write('n', header({ magic: 'ni1\0', srow, sformCode: 1 }), voxels());
    const { affine, format, remarks, data } = await readVolume(file);
    expect([format, remarks, [...data]]).toEqual(['nifti1', undefined, VALUES]);
    expect([...affine]).toEqual([-0.5, 0, 0, 0, 0, -2, 0, 0, 0, 0, 3, 0, 1, 2, 3, 1]);
  });

  it('are refused without their voxels, or with too few', async () => {
    writeFileSync(at('alone.hdr'), analyze());
    expect(await problemOf(readVolume(at('alone.hdr')))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    const file = write('short', analyze(), voxels().subarray(0, 20));
    expect(await problemOf(readVolume(file))).toMatchObject({
      code: 'DATA_TRUNCATED',
      file: at('short.img'),
    });
  });

  it('are told apart by their voxels, not by their headers alone', async () => {
    const one = write('one', analyze(), voxels());
    const two = write('two', analyze(), voxels().reverse());
    expect(await sha256OfImage(one)).not.toBe(await sha256OfImage(two));
    expect(await sha256OfImage(one)).toBe(await sha256OfImage(write('again', analyze(), voxels())));
  });
});
