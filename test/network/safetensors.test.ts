import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QuorumError } from '../../src/errors.js';
import { parseSafetensors, readSafetensors } from '../../src/network/safetensors.js';
import { serialiseSafetensors, writeSafetensors } from '../../src/network/safetensorsWriter.js';

const REFERENCE = new URL('../reference/', import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file made by hand, byte for byte, from any header. */
function file(header: unknown, data = new Uint8Array(0), declaredLength?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, declaredLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function problemOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof QuorumError) return error.problem;
    throw error;
  }
  throw new Error('nothing was thrown');
}

async function problemOfAsync(promise: Promise<unknown>) {
  const error = await promise.then(
    () => new Error('nothing was thrown'),
    (e: unknown) => e,
  );
  if (error instanceof QuorumError) return error.problem;
  throw error;
}

describe('reading the reference files', () => {
  it.each([
    ['ds-gmd-a', 571],
    ['ds-gmd-conflict', 567],
    ['projection', 8],
  ])('%s has all its tensors, finite and of their declared size', async (name, count) => {
    const { tensors } = await readSafetensors(`${REFERENCE}${name}.safetensors`);
    expect(tensors.size).toBe(count);
    for (const { shape, data } of tensors.values()) {
      expect(data.length).toBe(shape.reduce((product, side) => product * side, 1));
    }
  });

  it('gives metadata, dtypes and values (the Gram matrix is symmetric, its diagonal positive)', async () => {
    const { tensors, metadata } = await readSafetensors(`${REFERENCE}ds-gmd-a.safetensors`);
    expect(metadata).toMatchObject({ modalities: 't1,t1ce,t2,flair', width_ratio: '0.25' });
    const gram = tensors.get('subsets15/gram')!;
    expect([gram.dtype, gram.shape]).toEqual(['F64', [15, 15]]);
    expect(gram.data).toBeInstanceOf(Float64Array);
    for (let i = 0; i < 15; i++) {
      expect(gram.data[16 * i]).toBeGreaterThan(0);
      for (let j = 0; j < i; j++) expect(gram.data[15 * i + j]).toBe(gram.data[15 * j + i]);
    }
    const projection = await readSafetensors(`${REFERENCE}projection.safetensors`);
    const mask = projection.tensors.get('small/has_gradient')!;
    expect(mask.data).toBeInstanceOf(Uint8Array);
    expect(new Set(mask.data as Uint8Array)).toEqual(new Set([0, 1]));
  });
});

describe('every dtype', () => {
  it('is decoded from bytes written by hand', () => {
    const bytes = new Uint8Array([
      ...[0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00], // F16: 1, -2, 2^-24
      ...[0x80, 0x3f, 0x49, 0x40], // BF16: 1, 3.140625
      ...[0, 0, 0x80, 0x3f], // F32: 1
      ...[0, 0, 0, 0, 0, 0, 0x08, 0x40], // F64: 3
      ...[0xff, 0xff, 0xff, 0xff], // I32: -1
      ...[0, 0, 0, 0, 1, 0, 0, 0], // I64: 2^32
      7, // U8
    ]);
    const { tensors } = parseSafetensors(
      file(
        {
          half: { dtype: 'F16', shape: [3], data_offsets: [0, 6] },
          brain: { dtype: 'BF16', shape: [2], data_offsets: [6, 10] },
          single: { dtype: 'F32', shape: [], data_offsets: [10, 14] },
          double: { dtype: 'F64', shape: [1], data_offsets: [14, 22] },
          int: { dtype: 'I32', shape: [1], data_offsets: [22, 26] },
          long: { dtype: 'I64', shape: [1], data_offsets: [26, 34] },
          byte: { dtype: 'U8', shape: [1, 1], data_offsets: [34, 35] },
        },
        bytes,
      ),
    );
    expect(tensors.get('half')!.data).toEqual(new Float32Array([1, -2, 2 ** -24]));
    expect(tensors.get('brain')!.data).toEqual(new Float32Array([1, 3.140625]));
    expect(tensors.get('single')).toEqual({ dtype: 'F32', shape: [], data: new Float32Array([1]) });
    expect(tensors.get('double')!.data).toEqual(new Float64Array([3]));
    expect(tensors.get('int')!.data).toEqual(new Int32Array([-1]));
    expect(tensors.get('long')!.data).toEqual(new BigInt64Array([2n ** 32n]));
    expect(tensors.get('byte')!.data).toEqual(new Uint8Array([7]));
  });
});

describe('a hostile file is refused with what was expected and found', () => {
  const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });
  const cases: [string, Uint8Array, string][] = [
    ['an empty file', new Uint8Array(0), 'header length'],
    ['a header length beyond the file', file({}, new Uint8Array(4), 1000n), 'header length'],
    ['a header length of 2^64 - 1', file({}, new Uint8Array(4), 2n ** 64n - 1n), 'header length'],
    ['a header that is no JSON', file('{"a":'), 'header'],
    ['a header that is no UTF-8', file({}, new Uint8Array([0xff, 0xfe]), 4n), 'header'],
    ['a header that is no object', file('[1]'), 'header'],
    ['metadata that are no strings', file({ __metadata__: { a: 1 } }), '__metadata__'],
    ['a tensor that is no object', file({ a: 3 }), 'a.dtype'],
    ['an unknown dtype', file({ a: { dtype: 'Q4', shape: [1], data_offsets: [0, 1] } }), 'a.dtype'],
    ['an inherited dtype', file({ a: { dtype: 'toString', shape: [], data_offsets: [0, 1] } }), 'a.dtype'],
    ['a negative side', file({ a: f32([-1], [0, 4]) }, new Uint8Array(4)), 'a.shape'],
    ['a fractional side', file({ a: f32([0.5, 2], [0, 4]) }, new Uint8Array(4)), 'a.shape'],
    [
      'a shape larger than any memory',
      file({ a: f32([2 ** 40, 2 ** 40], [0, 4]) }, new Uint8Array(4)),
      'a.data_offsets',
    ],
    ['offsets that run backwards', file({ a: f32([1], [4, 0]) }, new Uint8Array(4)), 'a.data_offsets'],
    ['offsets that do not fit the shape', file({ a: f32([2], [0, 4]) }, new Uint8Array(4)), 'a.data_offsets'],
    ['offsets beyond the file', file({ a: f32([2], [0, 8]) }, new Uint8Array(4)), 'a.data_offsets'],
    [
      'overlapping tensors',
      file({ a: f32([2], [0, 8]), b: f32([2], [4, 12]) }, new Uint8Array(12)),
      'b.data_offsets',
    ],
    ['a gap before a tensor', file({ a: f32([1], [4, 8]) }, new Uint8Array(8)), 'a.data_offsets'],
    ['bytes after the last tensor', file({ a: f32([1], [0, 4]) }, new Uint8Array(8)), 'data'],
    ['a NaN', file({ a: f32([1], [0, 4]) }, new Uint8Array([0, 0, 0xc0, 0x7f])), 'a[0]'],
    ['an infinity', file({ a: f32([1], [0, 4]) }, new Uint8Array([0, 0, 0x80, 0x7f])), 'a[0]'],
    [
      'an infinity in half precision',
      file({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, new Uint8Array([0, 0x7c])),
      'a[0]',
    ],
  ];
  it.each(cases)('%s', (_, bytes, field) => {
    const problem = problemOf(() => parseSafetensors(bytes, { file: 'weights.safetensors' }));
    expect(problem).toMatchObject({ code: 'WEIGHTS_INVALID', field, file: 'weights.safetensors' });
    expect(problem.expected).toBeTruthy();
    expect(problem.found).toBeTruthy();
  });

  it('keeps a message short when a name is a megabyte long', () => {
    const problem = problemOf(() => parseSafetensors(file({ ['x'.repeat(1e6)]: 0 })));
    expect(JSON.stringify(problem).length).toBeLessThan(400);
  });

  it('accepts a value that is not finite where that is asked for', () => {
    const bytes = file({ a: f32([1], [0, 4]) }, new Uint8Array([0, 0, 0xc0, 0x7f]));
    expect(parseSafetensors(bytes, { requireFinite: false }).tensors.get('a')!.data).toEqual(
      new Float32Array([Number.NaN]),
    );
  });

  it('whatever single place of a true file is changed or cut: a coded error or tensors within the file', async () => {
    const good = new Uint8Array(
      serialiseSafetensors(
        new Map([
          ['a', { shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) }],
          ['b', { shape: [2], data: new Float64Array([7, 8]) }],
        ]),
        { what: 'a test' },
      ),
    );
    let refused = 0;
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(good.length),
        (at, flip, cut) => {
          const bytes = good.slice(0, cut > at ? cut : good.length);
          bytes[at] ^= flip;
          try {
            const { tensors } = parseSafetensors(bytes);
            for (const { data } of tensors.values())
              expect(data.byteLength).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            expect((error as QuorumError).code).toBe('WEIGHTS_INVALID');
            refused++;
          }
        },
      ),
      { numRuns: 2000, seed: 7 },
    );
    expect(refused).toBeGreaterThan(1000);
  });

  it('any JSON at all in the header: a coded error, or nothing but what fills the file', () => {
    fc.assert(
      fc.property(fc.json(), fc.uint8Array({ maxLength: 16 }), (header, data) => {
        try {
          const { tensors } = parseSafetensors(file(header, data));
          const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
          expect(total).toBe(data.length);
        } catch (error) {
          expect((error as QuorumError).code).toBe('WEIGHTS_INVALID');
        }
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  it('names a path that is not there, and one that is no file', async () => {
    const path = join(folder, 'absent.safetensors');
    expect(await problemOfAsync(readSafetensors(path))).toMatchObject({ code: 'FILE_NOT_FOUND', file: path });
    expect(await problemOfAsync(readSafetensors(folder))).toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});

describe('writing', () => {
  it('writes the bytes that the specification says', () => {
    const bytes = serialiseSafetensors(new Map([['a', { shape: [1], data: new Float32Array([1]) }]]), {
      k: 'v',
    });
    const json = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = Math.ceil(json.length / 8) * 8;
    expect(Buffer.from(bytes.subarray(0, 8))).toEqual(Buffer.from([padded, 0, 0, 0, 0, 0, 0, 0]));
    expect(Buffer.from(bytes.subarray(8, 8 + padded)).toString()).toBe(json.padEnd(padded));
    expect(Buffer.from(bytes.subarray(8 + padded))).toEqual(Buffer.from([0, 0, 0x80, 0x3f]));
  });

  it('gives back what was written, of every type, from disk', async () => {
    const path = join(folder, 'all.safetensors');
    const tensors = new Map([
      ['odd', { shape: [3], data: new Uint8Array([1, 2, 3]) }],
      ['single', { shape: [2, 1], data: new Float32Array([0.1, -3e38]) }],
      ['double', { shape: [], data: new Float64Array([Math.PI]) }],
      ['int', { shape: [2], data: new Int32Array([-5, 2 ** 31 - 1]) }],
      ['long', { shape: [1], data: new BigInt64Array([-(2n ** 62n)]) }],
      ['empty', { shape: [0, 4], data: new Float32Array(0) }],
    ]);
    await writeSafetensors(path, tensors, { what: 'test' });
    const read = await readSafetensors(path);
    expect(read.metadata).toEqual({ what: 'test' });
    expect([...read.tensors.keys()]).toEqual([...tensors.keys()]);
    for (const [name, { shape, data }] of tensors) {
      expect(read.tensors.get(name)).toMatchObject({ shape, data });
    }
  });

  it('rounds to half precision where asked, to nearest even', async () => {
    const data = new Float32Array([1 / 3, 2049, 2051, -65504, 6e-8]);
    const bytes = serialiseSafetensors(new Map([['a', { shape: [5], data }]]), {}, { dtype: 'F16' });
    const { dtype, data: rounded } = parseSafetensors(bytes).tensors.get('a')!;
    expect(dtype).toBe('F16');
    expect(rounded).toEqual(new Float32Array([1365 / 4096, 2048, 2052, -65504, 2 ** -24]));
  });

  it('refuses values beyond half precision, NaN and a shape that does not fit', () => {
    const write = (data: Float32Array, shape: number[], dtype: 'F32' | 'F16') => () =>
      serialiseSafetensors(new Map([['a', { shape, data }]]), {}, { dtype });
    const expected = { code: 'WEIGHTS_INVALID', field: 'a[0]' };
    expect(problemOf(write(new Float32Array([65520]), [1], 'F16'))).toMatchObject(expected);
    expect(problemOf(write(new Float32Array([Number.NaN]), [1], 'F32'))).toMatchObject(expected);
    expect(problemOf(write(new Float32Array([1]), [2], 'F32'))).toMatchObject({ field: 'a' });
  });

  it('replaces whole files and leaves nothing beside them, also when it fails', async () => {
    const target = join(folder, 'keep');
    const path = join(target, 'weights.safetensors');
    const one = new Map([['a', { shape: [1], data: new Float32Array([1]) }]]);
    expect(await problemOfAsync(writeSafetensors(path, one))).toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
      file: path,
    });
    await writeFile(target, 'a file where a folder is wanted');
    expect(await problemOfAsync(writeSafetensors(path, one))).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
    await rm(target);
    await writeSafetensors(target, one);
    await writeSafetensors(target, one, { second: 'time' });
    expect((await readSafetensors(target)).metadata).toEqual({ second: 'time' });
    const bad = new Map([['a', { shape: [1], data: new Float32Array([Number.NaN]) }]]);
    const before = await readFile(target);
    expect((await problemOfAsync(writeSafetensors(target, bad))).code).toBe('WEIGHTS_INVALID');
    expect(await readFile(target)).toEqual(before);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
