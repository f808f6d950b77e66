import type { OpenFile } from './fileBytes.js';
import { type ImageFile, type ImageHeader, storedBytes } from './imageFile.js';
import { startOf, voxelPieces } from './maybeGzip.js';
import { NIFTI_HEADER_BYTES, type NiftiHeader, parseNiftiHeader } from './niftiHeader.js';
import { decodeVoxels } from './voxelStream.js';

/** Geometry and datatype of a .nii or .nii.gz file without its voxels; errors as `parseNiftiHeader`. */
export async function readNiftiHeader(source: OpenFile): Promise<ImageHeader> {
  const { bytes } = await startOf(source, NIFTI_HEADER_BYTES);
  return imageHeader(parseNiftiHeader(bytes, source.file), source.file);
}

/**
 * A .nii or .nii.gz file (NIfTI-1 or NIfTI-2, either byte order), scaled by scl_slope and scl_inter.
 * @throws QuorumError as `parseNiftiHeader`, and DATA_TRUNCATED, DATA_CORRUPT, DATA_TOO_LARGE, VALUES_NOT_FINITE
 */
export async function readNifti(source: OpenFile): Promise<ImageFile> {
  const { bytes, gzip } = await startOf(source, NIFTI_HEADER_BYTES);
  const parsed = parseNiftiHeader(bytes, source.file);
  const header = imageHeader(parsed, source.file);
  const end = parsed.voxOffset + storedBytes(header);
  const pieces = voxelPieces(source, gzip, parsed.voxOffset, end);
  return { ...header, data: await decodeVoxels(pieces, header, parsed.littleEndian, parsed.scaling) };
}

/** What an image file says of itself, of a parsed header. */
export function imageHeader(parsed: NiftiHeader, file: string): ImageHeader {
  const { size, affine, datatype, format, form, remarks } = parsed;
  const common = { size, affine, datatype, format, file, ...(form ? { niftiHeader: form } : {}) };
  return remarks.length > 0 ? { ...common, remarks } : common;
}
