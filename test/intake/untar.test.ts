import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../src/intake/scan.js';
import { looksLikeTar, untar } from '../../src/intake/untar.js';
import { ArchiveBudget } from '../../src/intake/unzip.js';
import { dicomBytes } from '../dicom/dicomBytes.js';

let root: string;
let number = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-untar-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Entry = {
  name: string;
  content?: Buffer;
  type?: 'file' | 'symlink' | 'link' | 'directory' | 'fifo';
  linkname?: string;
};

async function tarOf(entries: readonly Entry[], name = `archive-${++number}.tar`): Promise<string> {
  const file = join(root, name);
  const packed = pack();
  for (const { content = Buffer.alloc(0), ...header } of entries)
    packed.entry({ ...header, size: content.length }, content);
  packed.finalize();
  await pipeline(packed, createWriteStream(file));
  return file;
}
function gzipped(tar: string): string {
  const file = `${tar}.gz`;
  writeFileSync(file, gzipSync(readFileSync(tar)));
  return file;
}
const target = () => join(root, `unpacked-${++number}`);
const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => 'unpacked',
    (error) => error.problem,
  );
const series = (): Entry[] =>
  Array.from({ length: 6 }, (_, slice) => ({
    name: `exam/series/IM${slice}`,
    content: dicomBytes({ slice }),
  }));

describe('an examination in a tar', () => {
  it.each(['tar', 'tar.gz', 'tgz', 'no ending at all'])('is looked into: %s', async (ending) => {
    const folder = join(root, `folder-${++number}`);
    mkdirSync(folder);
    const tar = await tarOf(series());
    const bytes = readFileSync(ending === 'tar' ? tar : gzipped(tar));
    const name = ending.startsWith('no') ? 'study' : `study.${ending}`;
    writeFileSync(join(folder, name), bytes);
    const found = await scan([folder], { workingFolder: target() });
    expect(found.studies.map((study) => study.series.map(({ files }) => files))).toEqual([[6]]);
    expect(found.studies[0].series[0].shown).toContain(`${name} › `);
  });

  it('leaves out hidden files, and takes the first of two of one name', async () => {
    const folder = target();
    const archive = await tarOf([
      { name: './a/x', content: Buffer.from('first') },
      { name: 'a/x', content: Buffer.from('second') },
      { name: 'a/._x', content: Buffer.from('mac') },
      { name: '__MACOSX/x', content: Buffer.from('mac') },
      { name: 'a/b/', type: 'directory' },
    ]);
    expect((await untar(archive, folder, 'shown')).map(({ shown }) => shown)).toEqual([
      `shown › ${join('a', 'x')}`,
    ]);
    expect(readFileSync(join(folder, 'a', 'x'), 'utf8')).toBe('first');
  });
});

describe('a hostile tar writes nothing', () => {
  const whole = { name: 'whole', content: Buffer.from('x') };
  it.each<[string, Entry, string]>([
    ['a path that leads out', { name: '../out', content: Buffer.from('x') }, 'entry'],
    ['a path that leads out in its middle', { name: 'a/../../out', content: Buffer.from('x') }, 'entry'],
    ['an absolute path', { name: '/tmp/out', content: Buffer.from('x') }, 'entry'],
    ['a link', { name: 'link', type: 'symlink', linkname: '/etc/passwd' }, 'entry'],
    ['a hard link', { name: 'link', type: 'link', linkname: 'whole' }, 'entry'],
    ['a pipe', { name: 'pipe', type: 'fifo' }, 'entry'],
    ['a path that is too deep', { name: `${'d/'.repeat(30)}x`, content: Buffer.from('x') }, 'levels'],
  ])('%s', async (_, entry, field) => {
    const folder = target();
    expect(await problemOf(untar(await tarOf([whole, entry]), folder, 's'))).toMatchObject({
      code: 'ARCHIVE_UNSAFE',
      field,
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('more than the limits, also as what gzip inflates to', async () => {
    const limits = { files: 3, bytes: 2000, depth: 5 };
    const many = await tarOf(
      Array.from({ length: 5 }, (_, n) => ({ name: `f${n}`, content: Buffer.from('x') })),
    );
    const large = await tarOf([{ name: 'f', content: Buffer.alloc(5000) }]);
    const bomb = join(root, 'bomb.tar.gz');
    writeFileSync(
      bomb,
      gzipSync(Buffer.concat([readFileSync(await tarOf([whole])).subarray(0, 1024), Buffer.alloc(1 << 22)])),
    );
    for (const [archive, field] of [
      [many, 'entries'],
      [large, 'size'],
    ] as const) {
      const folder = target();
      expect(await problemOf(untar(archive, folder, 's', new ArchiveBudget(limits)))).toMatchObject({
        code: 'ARCHIVE_UNSAFE',
        field,
      });
      expect(existsSync(folder)).toBe(false);
    }
    const outcome = await problemOf(untar(bomb, target(), 's', new ArchiveBudget(limits)));
    expect(outcome === 'unpacked' || outcome.code === 'ARCHIVE_UNSAFE').toBe(true);
  });

  it('one that is cut off, plain or gzipped', async () => {
    const tar = await tarOf(series());
    for (const file of [tar, gzipped(tar)]) {
      const cut = join(root, `cut-${++number}`);
      writeFileSync(cut, readFileSync(file).subarray(0, file.endsWith('gz') ? 300 : 1500));
      const folder = target();
      expect(await problemOf(untar(cut, folder, 's'))).toMatchObject({ code: 'DATA_CORRUPT', field: 'tar' });
      expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
    }
  });
});

it('nothing else looks like a tar', async () => {
  for (const bytes of [
    Buffer.alloc(1024),
    dicomBytes(),
    Buffer.alloc(4096, 'text '),
    gzipSync(Buffer.alloc(2000, 7)),
    Buffer.from('short'),
  ])
    expect(await looksLikeTar(bytes, 'x')).toBe(false);
});
