import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { isQuorumError, QuorumError } from '../errors.js';
import { writeProblem } from '../files/wholeFile.js';
import { inflateStart, isGzip } from '../volume/inflate.js';
import { ArchiveBudget, checkedName, corrupt, isHidden, isWriteError, plainPath, unsafe } from './unzip.js';
import type { FoundFile } from './walk.js';

const BLOCK = 512;

/** Whether a file begins as a tar does, gzipped or not: its first block holds its own checksum (POSIX, GNU and the oldest alike). */
export async function looksLikeTar(start: Buffer, file: string): Promise<boolean> {
  const block = isGzip(start) ? await inflateStart(start, BLOCK, file).catch(() => null) : start;
  if (!block || block.length < BLOCK || block[0] === 0) return false;
  const stored = Number.parseInt(block.toString('latin1', 148, 156).replace(/[\0 ]+/g, ''), 8);
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 32 : block[at];
  return sum === stored;
}

/**
 * Unpacks a .tar or .tar.gz into a private folder by the rules of `unzip`: every entry is looked at before the first is written, so that
 * the archive is read twice.
 *
 * @param shown how the archive's path is shown before its entries'.
 * @param budget what this and other archives of one scan may hold together.
 * @throws QuorumError ARCHIVE_UNSAFE (`..`, absolute paths, links, more than the limits), DATA_CORRUPT, DISK_FULL, CANCELLED
 */
export async function untar(
  archive: string,
  folder: string,
  shown: string,
  budget: ArchiveBudget = new ArchiveBudget(),
  signal?: AbortSignal,
): Promise<FoundFile[]> {
  const names = new Map<string, string>();
  let bytes = 0;
  await eachEntry(archive, budget, signal, async (header, content) => {
    content.resume();
    if (header.type === 'directory') return;
    const name = checkedName(header.name, archive, budget.most);
    if (header.type !== 'file' && header.type !== 'contiguous-file')
      throw unsafe(archive, 'entry', 'files', 'a link or device');
    bytes += header.size ?? 0;
    if (bytes > budget.most.bytes)
      throw unsafe(archive, 'size', `at most ${budget.most.bytes} bytes unpacked`, 'more');
    if (names.size >= budget.most.files)
      throw unsafe(archive, 'entries', `at most ${budget.most.files}`, 'more');
    const held = plainPath(name).toLowerCase();
    if (!names.has(held) && !isHidden(name)) names.set(held, header.name);
  });
  budget.take(archive, names.size, bytes);
  const files: FoundFile[] = [];
  await eachEntry(archive, budget, signal, async (header, content) => {
    const name = normalize(header.name);
    const path = join(folder, plainPath(name));
    const isFirst = names.get(plainPath(name).toLowerCase()) === header.name;
    if (!isFirst || header.type === 'directory') {
      content.resume();
      return;
    }
    names.delete(plainPath(name).toLowerCase());
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await pipeline(content, createWriteStream(path, { mode: 0o600, flags: 'wx' })).catch((error) => {
      throw isWriteError(error) ? writeProblem(error, path) : error;
    });
    files.push({ path, shown: `${shown} › ${name}` });
  });
  return files;
}

/** Blocks around the entries, names and padding included, that an archive may hold beside what its entries declare. */
const OVERHEAD = 3 * BLOCK;

async function eachEntry(
  archive: string,
  { most }: ArchiveBudget,
  signal: AbortSignal | undefined,
  use: (header: Header, content: Readable) => Promise<void>,
): Promise<void> {
  const entries = extract();
  const limit = most.bytes + most.files * OVERHEAD;
  const source = createReadStream(archive);
  const feeding = pipeline(source, maybeGunzip(limit, archive), entries, { signal });
  try {
    for await (const entry of entries) {
      if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
      await use(entry.header, entry as unknown as Readable);
    }
    await feeding;
  } catch (error) {
    source.destroy();
    entries.destroy();
    await feeding.catch(() => undefined);
    if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    throw isQuorumError(error) ? error : corrupt(archive, error, 'tar');
  }
}

/** The bytes of a file, inflated where it is gzip, and never more than `limit`. */
function maybeGunzip(limit: number, archive: string) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const iterator = source[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done) return;
    const all = async function* () {
      yield first.value;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    };
    let total = 0;
    for await (const piece of isGzip(first.value) ? inflated(all()) : all()) {
      total += piece.length;
      if (total > limit) throw unsafe(archive, 'size', `at most ${limit} bytes unpacked`, 'more');
      yield piece;
    }
  };
}

async function* inflated(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feeding = pipeline(pieces, gunzip);
  feeding.catch(() => undefined);
  yield* gunzip as AsyncIterable<Buffer>;
  await feeding;
}
