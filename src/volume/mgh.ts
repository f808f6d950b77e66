import { QuorumError } from '../errors.js';
import type { OpenFile } from './fileBytes.js';
import { checkRightAngles, checkSize, type ImageFile, type ImageHeader, storedBytes } from './imageFile.js';
import { startOf, voxelPieces } from './maybeGzip.js';
import type { HeaderRemark } from './niftiForm.js';
import { affineOf as asAffine } from './tuples.js';
import type { Size } from './volume.js';
import { decodeVoxels } from './voxelStream.js';
import type { VoxelType } from './voxelTypes.js';

/** FreeSurfer's .mgh and .mgz (gzip): everything big-endian, voxels from byte 284 (surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat). */
const VOXELS_AT = 284;
const TYPES: Readonly<Record<number, VoxelType>> = { 0: 'uint8', 1: 'int32', 3: 'float32', 4: 'int16' };

/** What a file without geometry is taken for: coronal slices of 1 mm, as FreeSurfer does. */
const CORONAL = { spacing: [1, 1, 1], directions: [-1, 0, 0, 0, 0, -1, 0, 1, 0], centre: [0, 0, 0] };

/** Geometry and datatype of a .mgh or .mgz file without its voxels; errors as `readMgh`. */
export async function readMghHeader(source: OpenFile): Promise<ImageHeader> {
  return (await parse(source)).header;
}

/**
 * A .mgh or .mgz file of one frame.
 * @throws QuorumError FORMAT_UNKNOWN, HEADER_INVALID, NOT_3D, DATATYPE_UNSUPPORTED, DATA_TOO_LARGE, DATA_TRUNCATED, DATA_CORRUPT,
 *   VALUES_NOT_FINITE
 */
export async function readMgh(source: OpenFile): Promise<ImageFile> {
  const { header, gzip } = await parse(source);
  const pieces = voxelPieces(source, gzip, VOXELS_AT, VOXELS_AT + storedBytes(header));
  return { ...header, data: await decodeVoxels(pieces, header, false, null) };
}

async function parse(source: OpenFile): Promise<{ header: ImageHeader; gzip: boolean }> {
  const { file } = source;
  const { bytes, gzip } = await startOf(source, VOXELS_AT);
  if (bytes.length < VOXELS_AT)
    throw new QuorumError({ code: 'DATA_TRUNCATED', field: 'header', expected: `${VOXELS_AT} bytes`, file });
  const ints = [0, 4, 8, 12, 16, 20].map((at) => bytes.readInt32BE(at));
  const [version, nx, ny, nz, frames, type] = ints;
  if (version !== 1) throw new QuorumError({ code: 'FORMAT_UNKNOWN', field: 'version', expected: '1', file });
  const size: Size = [nx, ny, nz];
  checkSize(size, 'width × height × depth', file);
  if (frames !== 1)
    throw new QuorumError({ code: 'NOT_3D', field: 'nframes', expected: '1', found: String(frames), file });
  const datatype = TYPES[type];
  if (datatype === undefined) {
    const expected = `one of ${Object.keys(TYPES).join(', ')}`;
    throw new QuorumError({
      code: 'DATATYPE_UNSUPPORTED',
      field: 'type',
      expected,
      found: String(type),
      file,
    });
  }
  const isPlaced = bytes.readInt16BE(28) === 1;
  const affine = affineOf(bytes, isPlaced, size);
  if (!affine.every(Number.isFinite) || affine.slice(0, 11).every((value) => value === 0))
    throw new QuorumError({
      code: 'HEADER_INVALID',
      field: 'directions',
      expected: 'finite, independent axis directions',
      file,
    });
  checkRightAngles(asAffine(affine), 'directions', file);
  const remarks: readonly HeaderRemark[] = isPlaced ? [] : ['ORIENTATION_UNKNOWN'];
  const header: ImageHeader = {
    file,
    format: 'mgh',
    size,
    affine: asAffine(affine),
    datatype,
    ...(remarks.length > 0 ? { remarks } : {}),
  };
  return { header, gzip };
}

/** Directions of the columns times spacing; the stored centre is that of voxel size / 2. */
function affineOf(bytes: Buffer, isPlaced: boolean, size: Size): number[] {
  const floats = (at: number, count: number) =>
    Array.from({ length: count }, (_, n) => bytes.readFloatBE(at + 4 * n));
  const { spacing, directions, centre } = isPlaced
    ? { spacing: floats(30, 3), directions: floats(42, 9), centre: floats(78, 3) }
    : CORONAL;
  const columns = [0, 1, 2].map((axis) => [0, 1, 2].map((row) => directions[3 * axis + row] * spacing[axis]));
  const origin = [0, 1, 2].map(
    (row) => centre[row] - columns.reduce((sum, column, axis) => sum + (column[row] * size[axis]) / 2, 0),
  );
  return [...columns.flatMap((column) => [...column, 0]), ...origin, 1];
}
