import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readHeader, readLabelMap, readVolume } from '../../src/volume/read.js';
import { problemOfRefusal, temporaryFolder } from './folder.js';
import { niftiBytes } from './niftiBytes.js';

const folder = temporaryFolder();

type Setter = (view: DataView, offset: number, value: number, le: boolean) => void;
const TYPES: [name: string, code: number, bytes: number, values: number[], set: Setter][] = [
  ['uint8', 2, 1, [0, 1, 127, 128, 254, 255, 7, 9], (v, o, x) => v.setUint8(o, x)],
  ['int8', 256, 1, [0, 1, 127, -128, -1, 5, 7, 9], (v, o, x) => v.setInt8(o, x)],
  ['int16', 4, 2, [0, -1, 32767, -32768, 258, 5, 7, 9], (v, o, x, le) => v.setInt16(o, x, le)],
  ['uint16', 512, 2, [0, 1, 65535, 32768, 258, 5, 7, 9], (v, o, x, le) => v.setUint16(o, x, le)],
  ['int32', 8, 4, [0, -1, 8388607, -8388608, 66051, 5, 7, 9], (v, o, x, le) => v.setInt32(o, x, le)],
  ['uint32', 768, 4, [0, 1, 2147483648, 16777216, 66051, 5, 7, 9], (v, o, x, le) => v.setUint32(o, x, le)],
  [
    'int64',
    1024,
    8,
    [0, -1, -4294967296, 4294967296, 66051, 5, 7, 9],
    (v, o, x, le) => v.setBigInt64(o, BigInt(x), le),
  ],
  [
    'uint64',
    1280,
    8,
    [0, 1, 2 ** 63, 4294967296, 66051, 5, 7, 9],
    (v, o, x, le) => v.setBigUint64(o, BigInt(x), le),
  ],
  ['float32', 16, 4, [0, -0.5, 1.5, 3.25e10, -(2 ** -20), 5, 7, 9], (v, o, x, le) => v.setFloat32(o, x, le)],
  ['float64', 64, 8, [0, -0.5, 1.5, 3.25e10, -(2 ** -20), 5, 7, 9], (v, o, x, le) => v.setFloat64(o, x, le)],
];

function voxels(bytes: number, values: number[], set: Setter, littleEndian: boolean): Buffer {
  const buffer = Buffer.alloc(bytes * values.length);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  values.forEach((value, i) => {
    set(view, i * bytes, value, littleEndian);
  });
  return buffer;
}

describe.each([1, 2] as const)('NIfTI-%i', (version) => {
  describe.each([true, false])('little-endian: %s', (littleEndian) => {
    it.each(TYPES)('reads %s', async (name, datatype, bytes, values, set) => {
      const data = voxels(bytes, values, set, littleEndian);
      const file = niftiBytes({ version, littleEndian, datatype, bitpix: bytes * 8, voxels: data });
      for (const [suffix, content] of [
        ['.nii', file],
        ['.nii.gz', gzipSync(file)],
      ] as const) {
        const image = await readVolume(folder.write(suffix, content));
        expect(image.datatype).toBe(name);
        expect(image.format).toBe(`nifti${version}`);
        expect(image.size).toEqual([2, 2, 2]);
        expect([...image.data]).toEqual(values.map(Math.fround));
      }
    });

    it('applies scl_slope and scl_inter', async () => {
      const data = voxels(2, [0, 1, 2, 3, -4, 5, 6, 7], TYPES[2][4], littleEndian);
      const file = niftiBytes({
        version,
        littleEndian,
        datatype: 4,
        bitpix: 16,
        slope: 0.5,
        inter: -1,
        voxels: data,
      });
      const image = await readVolume(folder.write('.nii', file));
      expect([...image.data]).toEqual([-1, -0.5, 0, 0.5, -3, 1.5, 2, 2.5]);
    });
  });

  it.each([
    [0, 5],
    [Number.NaN, Number.NaN],
  ])('takes slope %d as no scaling', async (slope, inter) => {
    const file = niftiBytes({ version, slope, inter, voxels: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]) });
    expect([...(await readVolume(folder.write('.nii', file))).data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('skips extensions and gaps before vox_offset', async () => {
    const extension = Buffer.alloc(32, 0x55);
    extension.writeInt32LE(32, 0);
    const file = niftiBytes({
      version,
      extension,
      voxOffset: 1000,
      voxels: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]),
    });
    for (const path of [folder.write('.nii', file), folder.write('.nii.gz', gzipSync(file))]) {
      expect([...(await readVolume(path)).data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });

  it('takes a fourth axis of 1, refuses one of 2', async () => {
    const one = folder.write('.nii', niftiBytes({ version, dim: [4, 2, 2, 2, 1, 1, 1, 1] }));
    expect((await readVolume(one)).size).toEqual([2, 2, 2]);
    const two = folder.write(
      '.nii',
      niftiBytes({ version, dim: [4, 2, 2, 2, 2, 1, 1, 1], voxels: Buffer.alloc(16) }),
    );
    for (const read of [readVolume, readHeader]) {
      expect(await problemOfRefusal(read(two))).toMatchObject({
        code: 'NOT_3D',
        field: 'dim',
        found: '2 × 2 × 2 × 2',
        file: two,
      });
    }
  });
});

describe('what follows the data', () => {
  const file = niftiBytes({ voxels: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]) });

  it.each([
    ['zero padding', Buffer.alloc(512)],
    ['garbage', Buffer.from('garbage after the member')],
    ['an empty member', gzipSync(Buffer.alloc(0))],
  ])('ignores %s behind the gzip member', async (_, tail) => {
    const image = await readVolume(folder.write('.nii.gz', Buffer.concat([gzipSync(file), tail])));
    expect([...image.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('joins gzip members', async () => {
    const members = [file.subarray(0, 100), file.subarray(100, 355), file.subarray(355)].map((part) =>
      gzipSync(part),
    );
    expect([...(await readVolume(folder.write('.nii.gz', Buffer.concat(members)))).data]).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });

  it('ignores bytes behind the voxels of an uncompressed file', async () => {
    const image = await readVolume(folder.write('.nii', Buffer.concat([file, Buffer.alloc(5000, 7)])));
    expect([...image.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

it('decodes voxels that are cut by the pieces in which they arrive', async () => {
  const size = [101, 103, 67];
  const count = size[0] * size[1] * size[2];
  const stored = Float64Array.from({ length: count }, (_, i) => i / 8);
  const bytes = Buffer.from(stored.buffer);
  const file = niftiBytes({
    dim: [3, ...size, 1, 1, 1, 1],
    datatype: 64,
    bitpix: 64,
    voxOffset: 355,
    voxels: bytes,
  });
  for (const path of [folder.write('.nii', file), folder.write('.nii.gz', gzipSync(file, { level: 1 }))]) {
    const { data } = await readVolume(path);
    expect(data.length).toBe(count);
    expect(data.findIndex((v, i) => v !== Math.fround(i / 8))).toBe(-1);
  }
});

it('reads the header alone of a file without voxels', async () => {
  const file = niftiBytes({
    dim: [3, 4, 5, 6, 1, 1, 1, 1],
    pixdim: [1, 1, 2, 3, 0, 0, 0, 0],
    voxels: Buffer.alloc(0),
  });
  for (const path of [folder.write('.nii', file), folder.write('.nii.gz', gzipSync(file))]) {
    expect(await readHeader(path)).toMatchObject({ size: [4, 5, 6], datatype: 'uint8', file: path });
  }
});

describe('label maps', () => {
  const floats = (values: number[]) => Buffer.from(Float32Array.from(values).buffer);

  it('takes whole numbers of any datatype', async () => {
    const file = niftiBytes({ datatype: 16, bitpix: 32, voxels: floats([0, 1, 2, 4, 0, 0, 255, 0]) });
    const labels = await readLabelMap(folder.write('.nii', file));
    expect(labels.data).toEqual(Uint8Array.from([0, 1, 2, 4, 0, 0, 255, 0]));
  });

  it.each([0.5, -1, 256])('refuses %d', async (value) => {
    const file = niftiBytes({ datatype: 16, bitpix: 32, voxels: floats([0, 1, 2, value, 0, 0, 0, 0]) });
    const path = folder.write('.nii', file);
    expect(await problemOfRefusal(readLabelMap(path))).toMatchObject({
      code: 'LABELS_INVALID',
      found: String(value),
      file: path,
    });
  });
});
