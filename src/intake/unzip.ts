import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { isQuorumError, QuorumError } from '../errors.js';
import { writeProblem } from '../files/wholeFile.js';
import type { FoundFile } from './walk.js';

export interface ArchiveLimits {
  readonly files: number;
  /** All entries together once unpacked. */
  readonly bytes: number;
  readonly depth: number;
}

/** An examination takes some hundred megabytes. */
const ARCHIVE_LIMITS: ArchiveLimits = { files: 50_000, bytes: 4 * 2 ** 30, depth: 24 };

/** What the archives of one scan may hold together: many small ones are as much as one large one. */
export class ArchiveBudget {
  private readonly limits: ArchiveLimits;
  private files = 0;
  private bytes = 0;

  constructor(limits: ArchiveLimits = ARCHIVE_LIMITS) {
    this.limits = limits;
  }

  /** Counts an archive's entries in before one is written. @throws QuorumError ARCHIVE_UNSAFE when they are more than the limits. */
  take(archive: string, files: number, bytes: number): void {
    this.files += files;
    this.bytes += bytes;
    const { limits } = this;
    if (this.files > limits.files) throw unsafe(archive, 'entries', `at most ${limits.files} in all`, 'more');
    if (this.bytes > limits.bytes)
      throw unsafe(archive, 'size', `at most ${limits.bytes} bytes unpacked in all`, 'more');
  }

  get most(): ArchiveLimits {
    return this.limits;
  }
}

/** Unix file types in the high half of the external attributes. */
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

/** Whether a file begins as a zip does. */
export function looksLikeZip(start: Buffer): boolean {
  return start.length >= 4 && start.readUInt32LE(0) === 0x04034b50;
}

/**
 * Unpacks a zip into a private folder: every entry is looked at before the first is written, and none grows beyond the size that the
 * archive declares.
 *
 * @param shown how the archive's path is shown before its entries'.
 * @param budget what this and other archives of one scan may hold together.
 * @throws QuorumError ARCHIVE_UNSAFE (`..`, absolute paths, links, encrypted entries, more than the limits), DATA_CORRUPT, DISK_FULL,
 *   CANCELLED
 */
export async function unzip(
  archive: string,
  folder: string,
  shown: string,
  budget: ArchiveBudget = new ArchiveBudget(),
  signal?: AbortSignal,
): Promise<FoundFile[]> {
  const zip = await open(archive, budget.most);
  try {
    const entries = await entriesOf(zip, archive, budget);
    const files: FoundFile[] = [];
    for (const entry of entries) {
      if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
      const name = normalize(entry.fileName);
      const path = join(folder, plainPath(name));
      await extract(zip, entry, path, archive);
      files.push({ path, shown: `${shown} › ${name}` });
    }
    return files;
  } finally {
    zip.close();
  }
}

async function open(archive: string, limits: ArchiveLimits): Promise<ZipFile> {
  const zip = await yauzl
    .openPromise(archive, { lazyEntries: true, autoClose: false, validateEntrySizes: true })
    .catch((error) => {
      throw corrupt(archive, error);
    });
  if (zip.entryCount > limits.files) {
    zip.close();
    throw unsafe(archive, 'entries', `at most ${limits.files}`, String(zip.entryCount));
  }
  return zip;
}

async function entriesOf(zip: ZipFile, archive: string, budget: ArchiveBudget): Promise<Entry[]> {
  const limits = budget.most;
  const entries: Entry[] = [];
  const names = new Set<string>();
  let bytes = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      const { fileName, externalFileAttributes, uncompressedSize, generalPurposeBitFlag } = entry;
      const type = (externalFileAttributes >>> 16) & TYPE_MASK;
      if (fileName.endsWith('/') || type === FOLDER) continue;
      const name = checkedName(fileName, archive, limits);
      if (type !== 0 && type !== REGULAR) throw unsafe(archive, 'entry', 'files', 'a link or device');
      if (generalPurposeBitFlag & 1) throw unsafe(archive, 'entry', 'no password', 'an encrypted entry');
      bytes += uncompressedSize;
      if (bytes > limits.bytes)
        throw unsafe(archive, 'size', `at most ${limits.bytes} bytes unpacked`, 'more');
      const held = plainPath(name).toLowerCase();
      if (names.has(held)) continue;
      names.add(held);
      if (!isHidden(fileName)) entries.push(entry);
    }
  } catch (error) {
    // The library itself refuses names that lead out of the archive.
    if (/invalid relative path|absolute path|invalid characters/.test(String(error))) {
      throw unsafe(archive, 'entry', 'a path within the archive', '“..” or an absolute path');
    }
    throw isQuorumError(error) ? error : corrupt(archive, error);
  }
  budget.take(archive, entries.length, bytes);
  return entries;
}

/**
 * The path of an archive's entry, once it is known to stay within the archive.
 * @throws QuorumError ARCHIVE_UNSAFE
 */
export function checkedName(fileName: string, archive: string, limits: ArchiveLimits): string {
  const name = normalize(fileName);
  if (name.startsWith(`..`) || name.startsWith(sep) || /^[A-Za-z]:|\0/.test(name))
    throw unsafe(archive, 'entry', 'a path within the archive', '“..” or an absolute path');
  if (name.split(sep).length > limits.depth)
    throw unsafe(archive, 'levels', `at most ${limits.depth}`, 'more');
  return name;
}

/** Hidden files, and what a Mac leaves beside them. */
export function isHidden(fileName: string): boolean {
  return /(^|[\\/])(\.(?![\\/])|__MACOSX[\\/])/.test(fileName);
}

/** A path that every system can hold: Windows knows devices by their names, streams by a colon, and drops dots and spaces at the end. */
export function plainPath(name: string): string {
  return name.split(sep).map(plainPart).join(sep);
}

const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;

function plainPart(part: string): string {
  return part
    .replace(/[<>:"|?*\p{Cc}]/gu, '_')
    .replace(/[. ]+$/, (end) => '_'.repeat(end.length))
    .replace(DEVICE, '$1_');
}

async function extract(zip: ZipFile, entry: Entry, path: string, archive: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  let written = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written += chunk.length;
      done(written > entry.uncompressedSize ? new Error('an entry is longer than declared') : null, chunk);
    },
  });
  try {
    const stream = await zip.openReadStreamPromise(entry);
    await pipeline(stream, counted, createWriteStream(path, { mode: 0o600, flags: 'wx' }));
  } catch (error) {
    throw isWriteError(error) ? writeProblem(error, path) : corrupt(archive, error);
  }
}

/** Whether an error is one of writing, not of what is read. */
export function isWriteError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code !== undefined && /^E(NOSPC|ACCES|PERM|ROFS|NAMETOOLONG|DQUOT)$/.test(code);
}

/** The problem DATA_CORRUPT of an archive that cannot be read to its end. */
export function corrupt(file: string, error: unknown, field = 'zip'): QuorumError {
  const found =
    error instanceof Error ? error.message.replace(/: .*$/s, '').slice(0, 120) : 'a damaged archive';
  return new QuorumError(
    { code: 'DATA_CORRUPT', field, expected: 'a complete archive', found, file },
    { cause: error },
  );
}

/** The problem ARCHIVE_UNSAFE of an archive that asks for too much or for another place. */
export function unsafe(file: string, field: string, expected: string, found: string): QuorumError {
  return new QuorumError({ code: 'ARCHIVE_UNSAFE', field, expected, found, file });
}
