import { QuorumError } from '../errors.js';
import type { OpenFile } from './fileBytes.js';
import { type ImageFile, type ImageHeader, storedBytes } from './imageFile.js';
import { canInflateTo, compressedBound, inflate, inflateStart, isGzip } from './inflate.js';
import { NIFTI_HEADER_BYTES, type NiftiHeader, parseNiftiHeader } from './niftiHeader.js';
import { decodeVoxels } from './voxelStream.js';

/** Enough of a gzip file to hold its own header (at most 64 KiB of extra field) and the NIfTI header. */
const START_BYTES = 1 << 17;

/** The first bytes of a NIfTI file, inflated where it is gzip. */
async function headerBytes(source: OpenFile): Promise<{ bytes: Buffer; gzip: boolean }> {
  const start = await source.read(0, START_BYTES);
  const gzip = isGzip(start);
  return { bytes: gzip ? await inflateStart(start, NIFTI_HEADER_BYTES, source.file) : start, gzip };
}

/** Geometry and datatype of a .nii or .nii.gz file without its voxels; errors as `parseNiftiHeader`. */
export async function readNiftiHeader(source: OpenFile): Promise<ImageHeader> {
  const { bytes } = await headerBytes(source);
  return imageHeader(parseNiftiHeader(bytes, source.file), source.file);
}

/**
 * A .nii or .nii.gz file (NIfTI-1 or NIfTI-2, either byte order), scaled by scl_slope and scl_inter.
 * @throws QuorumError as `parseNiftiHeader`, and DATA_TRUNCATED, DATA_CORRUPT, DATA_TOO_LARGE, VALUES_NOT_FINITE
 */
export async function readNifti(source: OpenFile): Promise<ImageFile> {
  const { bytes, gzip } = await headerBytes(source);
  const parsed = parseNiftiHeader(bytes, source.file);
  const header = imageHeader(parsed, source.file);
  const end = parsed.voxOffset + storedBytes(header);
  checkLength(source, gzip, end);
  const data = await decodeVoxels(
    gzip ? inflatedFrom(source, parsed.voxOffset, end) : source.pieces(parsed.voxOffset, end),
    header,
    parsed.littleEndian,
    parsed.scaling,
  );
  return { ...header, data };
}

function imageHeader(parsed: NiftiHeader, file: string): ImageHeader {
  const { size, affine, datatype, format, form, remarks } = parsed;
  const common = { size, affine, datatype, format, file, niftiHeader: form };
  return remarks.length > 0 ? { ...common, remarks } : common;
}

function checkLength(source: OpenFile, gzip: boolean, end: number): void {
  if (gzip ? canInflateTo(source.length, end) : source.length >= end) return;
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
