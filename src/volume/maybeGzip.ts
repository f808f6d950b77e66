import { QuorumError } from '../errors.js';
import type { OpenFile } from './fileBytes.js';
import { canInflateTo, compressedBound, inflate, inflateStart, isGzip } from './inflate.js';

/** Enough of a gzip file to hold its own header (at most 64 KiB of extra field) and an image's header. */
const START_BYTES = 1 << 17;

/** The first bytes (at least `wanted`, where there are as many) of a file, inflated where it is gzip. */
export async function startOf(source: OpenFile, wanted: number): Promise<{ bytes: Buffer; gzip: boolean }> {
  const start = await source.read(0, START_BYTES);
  const gzip = isGzip(start);
  return { bytes: gzip ? await inflateStart(start, wanted, source.file) : start, gzip };
}

/**
 * The bytes [start, end) of a file, of its inflated form where it is gzip.
 * @throws QuorumError DATA_TRUNCATED before anything is read of a file that cannot hold them, DATA_CORRUPT
 */
export function voxelPieces(
  source: OpenFile,
  gzip: boolean,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  if (gzip ? canInflateTo(source.length, end) : source.length >= end)
    return gzip ? inflatedFrom(source, start, end) : source.pieces(start, end);
  throw new QuorumError({
    code: 'DATA_TRUNCATED',
    field: 'file length',
    expected: `${end} bytes${gzip ? ' once inflated' : ''}`,
    found: `${source.length} bytes${gzip ? ' of gzip' : ''}`,
    file: source.file,
  });
}

async function* inflatedFrom(source: OpenFile, start: number, end: number): AsyncGenerator<Buffer> {
  const compressed = await source.read(0, compressedBound(end));
  let at = 0;
  for await (const piece of inflate(compressed, 'gzip', end, source.file)) {
    const from = Math.min(piece.length, Math.max(0, start - at));
    at += piece.length;
    if (from < piece.length) yield piece.subarray(from);
  }
}
