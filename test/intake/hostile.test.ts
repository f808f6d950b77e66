import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inThread } from '../../src/dicom/convert.js';
import { readDicomHeader } from '../../src/dicom/readHeader.js';
import { ERROR_CODES, QuorumError } from '../../src/errors.js';
import { openSeries } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { ArchiveBudget, unzip } from '../../src/intake/unzip.js';
import { walk } from '../../src/intake/walk.js';
import { dicomBytes, element, nestedSequences, UNDEFINED_LENGTH } from '../dicom/dicomBytes.js';
import { niftiBytes } from '../volume/niftiBytes.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-hostile-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let number = 0;
function fileOf(bytes: Uint8Array): string {
  const file = join(root, `file-${++number}`);
  writeFileSync(file, bytes);
  return file;
}
const folderOf = (files: Record<string, Uint8Array>): string => {
  const folder = join(root, `folder-${++number}`);
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
};
const look = (path: string) => scan([path], { workingFolder: mkdtempSync(join(root, 'working-')) });
/** The code of a refusal; anything but a coded error fails the test. */
async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'none';
  } catch (error) {
    if (!(error instanceof QuorumError)) throw error;
    return error.code;
  }
}
/** Seconds of the processor, which work of others on the machine does not lengthen. */
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

describe('damaged and hostile DICOM', () => {
  it('reads the hand-made file that the damaged ones are made of', async () => {
    const image = await readDicomHeader(fileOf(dicomBytes({ slice: 3 })));
    expect(image).toMatchObject({ rows: 8, columns: 6, description: 'T1 AX', repetitionTime: 500 });
    expect(image.frames[0].position).toEqual([-3, -4, 15]);
  });

  it('meets 2,000 truncated and mutated files with an image or a coded error, each at once', async () => {
    const plain = dicomBytes({ extra: [nestedSequences(3)] });
    const deflated = dicomBytes({ syntax: '1.2.840.10008.1.2.1.99', extra: [nestedSequences(2)] });
    const file = join(root, 'fuzzed');
    const seen = new Set<string>();
    let slowest = 0;
    const mutation = fc.record({
      base: fc.constantFrom(plain, deflated),
      cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3 }),
      bytes: fc.array(
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })),
        { maxLength: 12 },
      ),
      words: fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.constantFrom(0xffffffff, 0xfffffffe, 0x7fffffff, 0),
        ),
        { maxLength: 2 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(mutation, async ({ base, cut, bytes, words }) => {
        const made = Buffer.from(base);
        // Most of the file is the preamble, which nothing reads: all that is changed lies behind it.
        const at = (part: number, size: number) => 128 + Math.floor(part * (made.length - 128 - size));
        for (const [part, value] of bytes) made[at(part, 1)] = value;
        for (const [part, value] of words) made.writeUInt32LE(value, at(part, 4));
        writeFileSync(file, cut === null ? made : made.subarray(0, Math.floor(cut * made.length)));
        let code = '';
        const taken = await seconds(async () => {
          code = await codeOf(readDicomHeader(file));
        });
        slowest = Math.max(slowest, taken);
        seen.add(code);
        return code === 'none' || (ERROR_CODES as readonly string[]).includes(code);
      }),
      { numRuns: 2000, seed: 20260131 },
    );
    expect(slowest).toBeLessThan(2);
    // The mutations reach different parts of the reader.
    expect([...seen]).toEqual(expect.arrayContaining(['none', 'DICOM_INVALID', 'DATA_TRUNCATED']));
    expect(seen).not.toContain('INTERNAL');
  });

  it('converts 80 mutated series or says why not, and goes on', async () => {
    const seen = new Set<string>();
    const parameters = { numRuns: 80, seed: 9 };
    const damage = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (bytes) => {
        const files = Object.fromEntries(
          [0, 1, 2, 3, 4, 5].map((slice) => {
            const made = dicomBytes({ slice });
            if (slice === 3)
              for (const [part, value] of bytes) made[140 + Math.floor(part * (made.length - 141))] = value;
            return [`${slice}`, made];
          }),
        );
        const found = await look(folderOf(files));
        for (const one of found.studies.flatMap(({ series }) => series)) {
          const code = await codeOf(openSeries(one, { workingFolder: root, limitMs: 20_000 }));
          seen.add(code);
          if (code === 'INTERNAL') return false;
        }
        return true;
      }),
      parameters,
    );
    // Some are still whole, others are refused by the converter or by the check of what it made.
    expect([...seen]).toEqual(expect.arrayContaining(['none', 'CONVERSION_FAILED']));
  });

  it.each([
    ['hangs', 'for (;;);', { limitMs: 1500 }, 'CONVERSION_TOO_LONG'],
    [
      'eats memory',
      'const all = []; for (;;) all.push(new Array(100_000).fill(0.5));',
      {},
      'CONVERSION_FAILED',
    ],
  ])('ends a conversion that %s', async (_, work, limits, expected) => {
    const glue = join(root, `glue-${++number}.mjs`);
    writeFileSync(glue, `export default () => { ${work} };`);
    const data = { glue: pathToFileURL(glue).href, wasm: new Uint8Array(), files: [], options: [] };
    const before = process.memoryUsage.rss();
    // The code says what ended it: its own limit of time, or that of memory.
    expect(await codeOf(inThread(data, 'a series', limits))).toBe(expected);
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(1500);
  });

  it('refuses sequences nested 10,000 deep, at once', async () => {
    for (const depth of [10_000, 100_000]) {
      const file = fileOf(dicomBytes({ extra: [nestedSequences(depth)] }));
      expect(
        await seconds(async () => expect(await codeOf(readDicomHeader(file))).toBe('DICOM_INVALID')),
      ).toBeLessThan(5);
    }
  });

  it.each([
    ['an element', element(9, 0x10, 'OB', 'x', 0x7ffffff0)],
    ['a sequence', element(8, 0x1140, 'SQ', Buffer.alloc(0), 0x7ffffff0)],
    ['a sequence without an end', element(8, 0x1140, 'SQ', Buffer.alloc(0), UNDEFINED_LENGTH)],
    ['an unknown value without an end', element(9, 0x10, 'UN', Buffer.alloc(0), UNDEFINED_LENGTH)],
  ])('meets %s that is longer than the file', async (_, extra) => {
    const file = fileOf(dicomBytes({ extra: [extra] }));
    expect(
      await seconds(async () => expect(await codeOf(readDicomHeader(file))).not.toBe('INTERNAL')),
    ).toBeLessThan(2);
  });

  it('refuses pixels that are not all there, and sizes that no head has', async () => {
    expect(await codeOf(readDicomHeader(fileOf(dicomBytes({ rows: 500, pixels: Buffer.alloc(80) }))))).toBe(
      'DATA_TRUNCATED',
    );
    expect(await codeOf(readDicomHeader(fileOf(dicomBytes({ rows: 65535, pixels: Buffer.alloc(80) }))))).toBe(
      'DATA_TOO_LARGE',
    );
    expect(await codeOf(readDicomHeader(fileOf(dicomBytes({ frames: 2 ** 31 - 1 }))))).toBe('DATA_TOO_LARGE');
  });

  it('reads no further than the header of a deflate bomb, and refuses to convert it', async () => {
    const pixels = Buffer.alloc(2 ** 28 + 2 ** 20);
    const bomb = dicomBytes({ syntax: '1.2.840.10008.1.2.1.99', pixels });
    const before = process.memoryUsage.rss();
    const found = await look(folderOf({ bomb }));
    const [series] = found.studies[0].series;
    expect(await codeOf(openSeries(series, { workingFolder: root }))).toBe('DATA_TOO_LARGE');
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(600);
  });

  it('reads 20,000 files in one folder within seconds, and refuses more files than the limit', async () => {
    const folder = join(root, 'many');
    mkdirSync(folder);
    for (let n = 0; n < 20_000; n++)
      writeFileSync(
        join(folder, `${n}`),
        dicomBytes({ slice: n % 20, study: `1.2.${Math.floor(n / 20) + 1}` }),
      );
    const before = process.memoryUsage.rss();
    const taken = await seconds(async () => expect((await look(folder)).studies).toHaveLength(1000));
    expect(taken).toBeLessThan(60);
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(700);
    expect(await codeOf(walk([folder], { files: 10_000, depth: 4 }))).toBe('FOLDER_TOO_LARGE');
  });
});

describe('hostile archives and folders', () => {
  const image = () => dicomBytes();
  const unpack = (bytes: Uint8Array, limits?: { files: number; bytes: number; depth: number }) => {
    const folder = mkdtempSync(join(root, 'unpacked-'));
    return { folder, done: unzip(fileOf(bytes), folder, 'x.zip', new ArchiveBudget(limits)) };
  };

  it('looks into a zip, and shows where its files lay', async () => {
    const slices = Object.fromEntries(
      [0, 1, 2, 3, 4].map((slice) => [`a/b/IM${slice}`, dicomBytes({ slice })]),
    );
    const found = await look(folderOf({ 'scan.zip': zipSync(slices) }));
    expect(found.studies[0].series[0]).toMatchObject({ sequence: 't1', files: 5, setAside: null });
    expect(found.studies[0].series[0].shown).toMatch(/scan\.zip › a\/b$/);
  });

  it('looks into a zip within a zip, and says of one within that what it is', async () => {
    const slices = Object.fromEntries([0, 1, 2, 3, 4].map((slice) => [`IM${slice}`, dicomBytes({ slice })]));
    const twice = zipSync({ 'export/inner.zip': zipSync(slices) });
    const found = await look(folderOf({ 'outer.zip': twice }));
    expect(found.studies[0].series[0]).toMatchObject({ sequence: 't1', files: 5 });
    expect(found.studies[0].series[0].shown).toMatch(/outer\.zip › export\/inner\.zip/);
    const thrice = look(folderOf({ 'outermost.zip': zipSync({ 'outer.zip': twice }) }));
    await expect(thrice).rejects.toMatchObject({
      problem: { code: 'NO_IMAGES', found: expect.stringContaining('archives within archives') },
    });
  });

  it.each(['../outside', '/absolute', 'a/../../outside', 'C:\\outside', '..\\outside'])(
    'refuses an entry named %s and writes nothing',
    async (name) => {
      const { folder, done } = unpack(zipSync({ good: image(), [name]: image() }));
      expect(await codeOf(done)).toBe('ARCHIVE_UNSAFE');
      expect(readdirSync(folder)).toEqual([]);
      expect(readdirSync(root)).not.toContain('outside');
    },
  );

  it('refuses links, passwords and archives beyond the limits', async () => {
    const link = zipSync({ link: [Buffer.from('/etc/passwd'), { os: 3, attrs: 0o120777 << 16 }] });
    expect(await codeOf(unpack(link).done)).toBe('ARCHIVE_UNSAFE');
    const locked = Buffer.from(zipSync({ a: image() }));
    locked[locked.indexOf('PK\x01\x02') + 8] |= 1;
    expect(await codeOf(unpack(locked).done)).toBe('ARCHIVE_UNSAFE');
    const limits = { files: 2, bytes: 5000, depth: 3 };
    expect(await codeOf(unpack(zipSync({ a: image(), b: image(), c: image() }), limits).done)).toBe(
      'ARCHIVE_UNSAFE',
    );
    expect(await codeOf(unpack(zipSync({ 'a/b/c/d/e': image() }), limits).done)).toBe('ARCHIVE_UNSAFE');
    expect(await codeOf(unpack(zipSync({ a: Buffer.alloc(1e6) }), limits).done)).toBe('ARCHIVE_UNSAFE');
  });

  it('refuses archives that are small one by one and too much together', async () => {
    const budget = new ArchiveBudget({ files: 3, bytes: 5000, depth: 3 });
    const unpackNext = (bytes: Uint8Array) =>
      unzip(fileOf(bytes), mkdtempSync(join(root, 'unpacked-')), 'x.zip', budget);
    await unpackNext(zipSync({ a: Buffer.alloc(10), b: Buffer.alloc(10) }));
    expect(await codeOf(unpackNext(zipSync({ c: Buffer.alloc(10), d: Buffer.alloc(10) })))).toBe(
      'ARCHIVE_UNSAFE',
    );
    const large = new ArchiveBudget({ files: 100, bytes: 5000, depth: 3 });
    const one = zipSync({ a: Buffer.alloc(3000) });
    const folder = mkdtempSync(join(root, 'unpacked-'));
    await unzip(fileOf(one), folder, 'x.zip', large);
    expect(await codeOf(unzip(fileOf(one), join(folder, 'b'), 'y.zip', large))).toBe('ARCHIVE_UNSAFE');
  });

  it('gives files that Windows could not hold, or would take for a device, another name on the disk', async () => {
    const { folder, done } = unpack(
      zipSync({
        NUL: image(),
        'a/con.dcm': image(),
        'b./IM 1. ': image(),
        'c/x:y': image(),
        'd/Console': image(),
      }),
    );
    const files = await done;
    expect(files.map(({ path }) => path.slice(folder.length + 1))).toEqual([
      'NUL_',
      'a/con_.dcm',
      'b_/IM 1__',
      'c/x_y',
      'd/Console',
    ]);
    expect(files[0].shown).toBe('x.zip › NUL');
  });

  it('stops an entry that is longer than it declares, and a cut archive', async () => {
    const lying = Buffer.from(zipSync({ a: Buffer.alloc(10_000_000) }));
    lying.writeUInt32LE(50, lying.indexOf('PK\x01\x02') + 24);
    expect(await codeOf(unpack(lying).done)).toBe('DATA_CORRUPT');
    const whole = Buffer.from(zipSync({ a: image() }));
    expect(await codeOf(unpack(whole.subarray(0, whole.length - 30)).done)).toBe('DATA_CORRUPT');
  });

  it('reports one bad archive beside good files', async () => {
    const files = Object.fromEntries([0, 1, 2, 3, 4].map((slice) => [`${slice}`, dicomBytes({ slice })]));
    const found = await look(folderOf({ ...files, 'bad.zip': zipSync({ '../x': image() }) }));
    expect(found.studies).toHaveLength(1);
    expect(found.problems.map(({ problem }) => problem.code)).toEqual(['ARCHIVE_UNSAFE']);
  });

  it('reads no further than the header of a gzip bomb', async () => {
    const head = niftiBytes({ dim: [3, 4, 4, 4, 1, 1, 1, 1], voxels: Buffer.alloc(0) });
    const bomb = gzipSync(Buffer.concat([head, Buffer.alloc(2 ** 27)]));
    const before = process.memoryUsage.rss();
    await look(folderOf({ 'x_t1.nii.gz': bomb }));
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(200);
  });

  it('ends in a folder whose links lead in circles', async () => {
    const folder = folderOf({});
    symlinkSync(folder, join(folder, 'again'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'));
    expect(await codeOf(look(folder))).toBe('NO_IMAGES');
  });
});
