import { crc32, createInflate, createInflateRaw, type Inflate, type InflateRaw } from 'node:zlib';
import { QuorumError } from '../errors.js';

const PIECE = 1 << 20;
/** Deflate cannot shrink data by more than this factor (zlib's documentation). */
const MAX_RATIO = 1032;
/** Bytes of output beyond the declared end that are put up with before a file is called a bomb. */
const SLACK = 1 << 20;

/** gzip (RFC 1952) or a bare zlib stream (RFC 1950). */
export type Compression = 'gzip' | 'zlib';

/** Whether bytes begin as a gzip member does (RFC 1952). */
export function isGzip(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Whether a compressed file of `fileLength` bytes can possibly hold `bytes` bytes. */
export function canInflateTo(fileLength: number, bytes: number): boolean {
  return fileLength * MAX_RATIO >= bytes;
}

/**
 * The longest compressed form worth reading for `declared` bytes: deflate adds at most 5 bytes per 16 KiB to what it
 * cannot shrink, so that what lies further back is no part of the image.
 */
export function compressedBound(declared: number): number {
  return Math.ceil(declared * 1.001) + 2 * SLACK;
}

/** The first bytes (at most `wanted`) that the beginning of a gzip file inflates to; fewer when it ends before. */
export async function inflateStart(compressed: Buffer, wanted: number, file: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of gzipMembers(compressed, wanted, file)) {
    pieces.push(piece);
    length += piece.length;
    if (length >= wanted) break;
  }
  return Buffer.concat(pieces).subarray(0, wanted);
}

/**
 * Inflates a zlib stream, or all members of a gzip file, in pieces, checking checksums and lengths.
 * Anything behind the end (zero padding, garbage) is ignored.
 * @param declared bytes that the file's header announces; not much more than these is ever produced
 * @throws QuorumError DATA_TRUNCATED, DATA_CORRUPT, DATA_TOO_LARGE
 */
export async function* inflate(
  compressed: Buffer,
  compression: Compression,
  declared: number,
  file: string,
): AsyncGenerator<Buffer> {
  let total = 0;
  const pieces = compression === 'gzip' ? gzipMembers(compressed, PIECE, file) : zlibStream(compressed, file);
  for await (const piece of pieces) {
    total += piece.length;
    if (total > declared + SLACK) throw tooLarge(declared, file);
    yield piece;
  }
}

async function* zlibStream(compressed: Buffer, file: string): AsyncGenerator<Buffer> {
  const inflater = createInflate({ chunkSize: PIECE });
  inflater.end(compressed);
  yield* outputOf(inflater, file);
}

async function* gzipMembers(compressed: Buffer, chunkSize: number, file: string): AsyncGenerator<Buffer> {
  let at = 0;
  do {
    const start = memberDataStart(compressed, at, file);
    const inflater = createInflateRaw({ chunkSize });
    inflater.end(compressed.subarray(start));
    let checksum = 0;
    let length = 0;
    for await (const piece of outputOf(inflater, file)) {
      checksum = crc32(piece, checksum);
      length += piece.length;
      yield piece;
    }
    at = start + inflater.bytesWritten;
    checkTrailer(compressed, at, checksum, length, file);
    at += 8;
  } while (isGzip(compressed.subarray(at)));
}

async function* outputOf(inflater: Inflate | InflateRaw, file: string): AsyncGenerator<Buffer> {
  try {
    for await (const piece of inflater) yield piece as Buffer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'Z_BUF_ERROR') throw truncated(file);
    if (code === 'Z_DATA_ERROR') throw corrupt('deflate', 'a valid stream', (error as Error).message, file);
    throw error;
  }
}

/** Offset of the deflate stream behind the header of the member that begins at `at`. */
function memberDataStart(bytes: Buffer, at: number, file: string): number {
  if (bytes.length < at + 10) throw truncated(file);
  if (bytes[at + 2] !== 8) throw corrupt('compression method', '8', String(bytes[at + 2]), file);
  const flags = bytes[at + 3];
  let next = at + 10;
  if (flags & 4) {
    if (bytes.length < next + 2) throw truncated(file);
    next += 2 + bytes.readUInt16LE(next);
  }
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, next);
    if (end < 0) throw truncated(file);
    next = end + 1;
  }
  if (flags & 2) next += 2;
  if (next > bytes.length) throw truncated(file);
  return next;
}

function checkTrailer(bytes: Buffer, at: number, checksum: number, length: number, file: string): void {
  if (bytes.length < at + 8) throw truncated(file);
  const stored = bytes.readUInt32LE(at);
  if (stored !== checksum) throw corrupt('CRC-32', stored.toString(16), checksum.toString(16), file);
  const size = bytes.readUInt32LE(at + 4);
  if (size !== length % 2 ** 32) throw corrupt('gzip length', String(size), String(length), file);
}

function truncated(file: string): QuorumError {
  return new QuorumError({
    code: 'DATA_TRUNCATED',
    field: 'compressed data',
    expected: 'a complete stream',
    found: 'end of file',
    file,
  });
}

function corrupt(field: string, expected: string, found: string, file: string): QuorumError {
  return new QuorumError({ code: 'DATA_CORRUPT', field, expected, found, file });
}

function tooLarge(declared: number, file: string): QuorumError {
  return new QuorumError({
    code: 'DATA_TOO_LARGE',
    field: 'compressed data',
    expected: `${declared} bytes, as the header declares`,
    found: `more than ${declared + SLACK} bytes`,
    file,
  });
}
