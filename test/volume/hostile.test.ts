import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuorumError } from '../../src/errors.js';
import { readHeader, readLabelMap, readVolume } from '../../src/volume/read.js';
import { problemOfRefusal, temporaryFolder } from './folder.js';
import { type NiftiBytes, niftiBytes } from './niftiBytes.js';

const folder = temporaryFolder();

/** Bytes that do not compress. */
const noise = Buffer.concat(
  Array.from({ length: 128 }, (_, i) => createHash('sha256').update(String(i)).digest()),
);

describe('header fields that make no sense', () => {
  const cases: [string, NiftiBytes, object][] = [
    ['no axes', { dim: [0, 2, 2, 2] }, { code: 'HEADER_INVALID', field: 'dim[0]', found: '0' }],
    ['byte-swapped axes', { dim: [768, 2, 2, 2] }, { code: 'HEADER_INVALID', field: 'dim[0]', found: '768' }],
    ['two axes', { dim: [2, 2, 2] }, { code: 'NOT_3D', field: 'dim', found: '2 × 2' }],
    [
      'a negative axis',
      { dim: [3, 2, -2, 2] },
      { code: 'HEADER_INVALID', field: 'dim', found: '2 × -2 × 2' },
    ],
    ['an empty axis', { dim: [3, 2, 0, 2] }, { code: 'HEADER_INVALID', field: 'dim' }],
    ['a huge axis', { dim: [3, 5000, 1, 1] }, { code: 'DATA_TOO_LARGE', field: 'dim' }],
    ['too many voxels', { dim: [3, 4096, 4096, 4096] }, { code: 'DATA_TOO_LARGE', field: 'dim' }],
    [
      'colours',
      { datatype: 128, bitpix: 24 },
      { code: 'DATATYPE_UNSUPPORTED', field: 'datatype', found: '128' },
    ],
    ['complex numbers', { datatype: 32, bitpix: 64 }, { code: 'DATATYPE_UNSUPPORTED', field: 'datatype' }],
    ['a wrong bitpix', { datatype: 4, bitpix: 8 }, { code: 'HEADER_INVALID', field: 'bitpix', found: '8' }],
    [
      'data inside the header',
      { voxOffset: 100 },
      { code: 'HEADER_INVALID', field: 'vox_offset', found: '100' },
    ],
    ['a header-image pair', { magic: 'ni1\0' }, { code: 'HEADER_INVALID', field: 'magic' }],
    ['no magic', { magic: '\0\0\0\0' }, { code: 'HEADER_INVALID', field: 'magic' }],
    ['spacing 0', { pixdim: [1, 1, 0, 1] }, { code: 'HEADER_INVALID', field: 'pixdim' }],
    [
      'negative spacing',
      { qformCode: 1, pixdim: [1, 1, -1, 1] },
      { code: 'HEADER_INVALID', field: 'pixdim' },
    ],
    [
      'a flat sform',
      { sformCode: 1, srow: [1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0] },
      { code: 'HEADER_INVALID', field: 'sform' },
    ],
    [
      'NaN in the sform',
      { sformCode: 1, srow: [1, 0, 0, Number.NaN, 0, 1, 0, 0, 0, 0, 1, 0] },
      { code: 'HEADER_INVALID', field: 'sform' },
    ],
    [
      'NaN in the qform',
      { qformCode: 1, quatern: [Number.NaN, 0, 0] },
      { code: 'HEADER_INVALID', field: 'qform' },
    ],
    ['infinite slope', { slope: Number.POSITIVE_INFINITY }, { code: 'HEADER_INVALID', field: 'scl_slope' }],
    ['infinite intercept', { slope: 2, inter: Number.NaN }, { code: 'HEADER_INVALID', field: 'scl_inter' }],
  ];

  it.each(cases)('%s', async (_, options, problem) => {
    const bytes = niftiBytes({
      ...options,
      dim: [...(options.dim ?? [3, 2, 2, 2]), 1, 1, 1, 1, 1].slice(0, 8),
    });
    for (const file of [folder.write('.nii', bytes), folder.write('.nii.gz', gzipSync(bytes))]) {
      for (const read of [readHeader, readVolume]) {
        expect(await problemOfRefusal(read(file))).toMatchObject({ ...problem, file });
      }
    }
  });
});

describe('files that end too early', () => {
  const whole = niftiBytes({ dim: [3, 16, 16, 16, 1, 1, 1, 1], voxels: noise });

  it.each([0, 3, 100, 347, 351, 352, 1000, 4447])('.nii cut to %i bytes', async (length) => {
    const file = folder.write('.nii', whole.subarray(0, length));
    const code = length > 0 && length < 4 ? 'FORMAT_UNKNOWN' : 'DATA_TRUNCATED';
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({ code, file });
  });

  const zipped = gzipSync(whole);
  it.each([11, 40, 200, 1000, zipped.length - 9, zipped.length - 4, zipped.length - 1])(
    '.nii.gz cut to %i bytes',
    async (length) => {
      const file = folder.write('.nii.gz', zipped.subarray(0, length));
      expect(await problemOfRefusal(readVolume(file))).toMatchObject({ code: 'DATA_TRUNCATED', file });
    },
  );

  it('a complete gzip stream with too few voxels', async () => {
    const file = folder.write('.nii.gz', gzipSync(whole.subarray(0, 4000)));
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({
      code: 'DATA_TRUNCATED',
      field: 'voxels',
      expected: '4096 bytes',
      found: '3648 bytes',
    });
  });

  it('a tiny file that announces gigabytes is refused before they are allocated', async () => {
    const bytes = niftiBytes({ dim: [3, 1024, 1024, 512, 1, 1, 1, 1], datatype: 64, bitpix: 64 });
    const before = process.memoryUsage().arrayBuffers;
    for (const file of [folder.write('.nii', bytes), folder.write('.nii.gz', gzipSync(bytes))]) {
      expect(await problemOfRefusal(readVolume(file))).toMatchObject({ code: 'DATA_TRUNCATED', file });
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  });
});

describe('damaged gzip', () => {
  const zipped = gzipSync(niftiBytes({ dim: [3, 16, 16, 16, 1, 1, 1, 1], voxels: noise }));

  it.each([
    ['a flipped bit in the data', 1500],
    ['a wrong checksum', zipped.length - 7],
    ['a wrong length', zipped.length - 2],
  ])('%s', async (_, at) => {
    const broken = Buffer.from(zipped);
    broken[at] ^= 0x10;
    const file = folder.write('.nii.gz', broken);
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({ code: 'DATA_CORRUPT', file });
  });
});

describe('bombs', () => {
  const bomb = Buffer.alloc(400 * 2 ** 20);

  it('a small header before 400 MB of zeros is refused without inflating them', async () => {
    const file = folder.write('.nii.gz', gzipSync(Buffer.concat([niftiBytes(), bomb]), { level: 9 }));
    const before = process.memoryUsage().rss;
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({
      code: 'DATA_TOO_LARGE',
      field: 'compressed data',
      file,
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    expect((await readHeader(file)).size).toEqual([2, 2, 2]);
  });

  it('the same behind a MetaImage header', async () => {
    const header =
      'ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = True\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n';
    const file = folder.write('.mha', Buffer.concat([Buffer.from(header), deflateSync(bomb)]));
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({ code: 'DATA_TOO_LARGE', file });
  });
});

describe('values that are not numbers', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300])('%d', async (value) => {
    const voxels = Buffer.from(Float64Array.from([1, 2, 3, 4, 5, value, 7, 8]).buffer);
    const file = folder.write('.nii', niftiBytes({ datatype: 64, bitpix: 64, voxels }));
    expect(await problemOfRefusal(readVolume(file))).toMatchObject({
      code: 'VALUES_NOT_FINITE',
      field: 'voxel (1, 0, 1)',
      found: String(Math.fround(value)),
      file,
    });
  });
});

describe('things that are no image files', () => {
  it('a missing file, a folder, an unknown extension', async () => {
    const missing = join(folder.path, 'missing.nii.gz');
    expect(await problemOfRefusal(readVolume(missing))).toMatchObject({
      code: 'FILE_NOT_FOUND',
      file: missing,
    });
    const directory = join(folder.path, 'folder.nii');
    mkdirSync(directory);
    expect(await problemOfRefusal(readVolume(directory))).toMatchObject({
      code: 'FILE_UNREADABLE',
      found: 'a folder',
    });
    const text = folder.write('.txt', 'hello');
    expect(await problemOfRefusal(readVolume(text))).toMatchObject({ code: 'FORMAT_UNKNOWN', found: '.txt' });
  });

  it.skipIf(process.platform === 'win32')('a named pipe, without waiting for its other end', async () => {
    const pipe = join(folder.path, 'pipe.nii');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    expect(await problemOfRefusal(readVolume(pipe))).toMatchObject({
      code: 'FILE_UNREADABLE',
      found: 'not a regular file',
      file: pipe,
    });
  });

  it('text under the name of an image', async () => {
    for (const suffix of ['.nii', '.nii.gz', '.mha', '.nrrd']) {
      const file = folder.write(suffix, 'This is a text, and a text it remains.\n'.repeat(30));
      expect(['FORMAT_UNKNOWN', 'HEADER_INVALID']).toContain((await problemOfRefusal(readVolume(file))).code);
    }
  });
});

/** Whatever the bytes: a volume or a QuorumError, soon. */
async function readsOrRefuses(file: string): Promise<void> {
  const before = process.cpuUsage();
  for (const read of [readHeader, readVolume, readLabelMap]) {
    await read(file).catch((error: unknown) => {
      if (!(error instanceof QuorumError)) throw error;
    });
  }
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(5);
}

const TEXT_HEADERS = {
  '.mha':
    'ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 1 1 1\nDimSize = 2 2 2\nElementType = MET_SHORT\nElementDataFile = LOCAL\n',
  '.nrrd':
    'NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 2 2\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nendian: little\nencoding: raw\nspace origin: (1,2,3)\n\n',
};
const mutations = (length: number) =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: length - 1 }), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });

function mutated(bytes: Buffer, changes: [number, number][]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, value] of changes) copy[at] = value;
  return copy;
}

describe('any bytes are read or refused with a code', () => {
  it.each([1, 2] as const)('changed NIfTI-%i headers', async (version) => {
    const bytes = niftiBytes({ version, sformCode: 1, srow: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] });
    await fc.assert(
      fc.asyncProperty(mutations(bytes.length), fc.boolean(), async (changes, gzip) => {
        const changed = mutated(bytes, changes);
        await readsOrRefuses(folder.write(gzip ? '.nii.gz' : '.nii', gzip ? gzipSync(changed) : changed));
      }),
      { numRuns: 300 },
    );
  });

  it('changed gzip streams', async () => {
    const bytes = gzipSync(
      niftiBytes({ dim: [3, 8, 8, 8, 1, 1, 1, 1], voxels: Buffer.alloc(512, 'quorum') }),
    );
    await fc.assert(
      fc.asyncProperty(mutations(bytes.length), async (changes) => {
        await readsOrRefuses(folder.write('.nii.gz', mutated(bytes, changes)));
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.entries(TEXT_HEADERS))('changed %s headers', async (suffix, text) => {
    const bytes = Buffer.concat([Buffer.from(text), Buffer.alloc(16, 3)]);
    await fc.assert(
      fc.asyncProperty(mutations(bytes.length), async (changes) => {
        await readsOrRefuses(folder.write(suffix, mutated(bytes, changes)));
      }),
      { numRuns: 300 },
    );
  });
});
