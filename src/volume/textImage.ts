import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { QuorumError } from '../errors.js';
import { affineFromRows, invertAffine } from './affine.js';
import { type OpenFile, readProblem, withFile } from './fileBytes.js';
import { checkRightAngles, type ImageFile, type ImageHeader, storedBytes } from './imageFile.js';
import { type Compression, canInflateTo, compressedBound, inflate } from './inflate.js';
import type { Affine } from './volume.js';
import { decodeVoxels } from './voxelStream.js';

/** What the text header of a MetaImage or NRRD file says, checked. */
export interface TextImageHeader extends Omit<ImageHeader, 'dataFile'> {
  readonly littleEndian: boolean;
  readonly compression: Compression | null;
  /** The file that holds the voxels: the header's own, or one beside it. */
  readonly dataFile: string;
  /** Bytes before the voxels in that file, or 'end' when the voxels are its last bytes. */
  readonly start: number | 'end';
}

/** A point or direction in mm. */
export type Vector = readonly [number, number, number];

/**
 * Voxel → RAS mm from a world whose axes point to `world` (e.g. 'LPS', DICOM's and ITK's).
 * @param steps where one step along i, j and k leads
 * @throws QuorumError HEADER_INVALID when the matrix is not finite or not invertible
 */
export function affineFromWorld(
  world: string,
  steps: readonly (readonly number[])[],
  origin: readonly number[],
  file: string,
): Affine {
  const rows = [0, 1, 2].map((row) => {
    const sign = 'RAS'[row] === world[row] ? 1 : -1;
    const at = (v: number) => (v === 0 ? 0 : sign * v);
    return [...steps.map((step) => at(step[row])), at(origin[row])];
  });
  const affine = affineFromRows(rows);
  if (invertAffine(affine) !== null) {
    checkRightAngles(affine, 'axes', file);
    return affine;
  }
  const expected = 'finite, independent axis directions';
  throw new QuorumError({
    code: 'HEADER_INVALID',
    field: 'axes',
    expected,
    found: rows.flat().join(', '),
    file,
  });
}

/**
 * The path of a detached data file, which must lie in the header's own folder, links followed.
 * @throws QuorumError HEADER_INVALID (a path, a list or a pattern), FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function detachedDataFile(header: string, name: string, field: string): Promise<string> {
  const folder = dirname(resolve(header));
  const expected = 'the name of one file in the same folder';
  const outside = () =>
    new QuorumError({ code: 'HEADER_INVALID', field, expected, found: name, file: header });
  // "./" is the same folder.
  const plain = name.replace(/^(\.[\\/]+)+/, '');
  if (plain === '' || plain !== basename(plain) || /[\\%\0]|^\.\.?$|^LIST\b/.test(plain)) throw outside();
  const path = join(folder, plain);
  const real = await realpath(path).catch((error) => {
    throw readProblem(error, path);
  });
  if (dirname(real) !== (await realpath(folder))) throw outside();
  return path;
}

/**
 * The voxels behind a checked text header.
 * @throws QuorumError DATA_TRUNCATED, DATA_CORRUPT, DATA_TOO_LARGE, VALUES_NOT_FINITE
 */
export async function readTextImage(header: TextImageHeader): Promise<ImageFile> {
  const data = await withFile(header.dataFile, async (source) => {
    const { start, end } = dataRange(header, source);
    const { compression } = header;
    const pieces =
      compression === null
        ? source.pieces(start, end)
        : inflate(await source.read(start, end), compression, storedBytes(header), source.file);
    return decodeVoxels(pieces, header, header.littleEndian, null);
  });
  return { ...plainHeader(header), data };
}

/** The part of a text header that every image file has. */
export function plainHeader(header: TextImageHeader): ImageHeader {
  const { file, format, size, affine, datatype, dataFile } = header;
  const common = { file, format, size, affine, datatype };
  return dataFile === file ? common : { ...common, dataFile };
}

/** Where the voxels lie in the data file; refuses a file that cannot hold them before they are allocated. */
function dataRange(header: TextImageHeader, source: OpenFile): { start: number; end: number } {
  const bytes = storedBytes(header);
  const start = header.start === 'end' ? Math.max(0, source.length - bytes) : header.start;
  const available = source.length - start;
  if (header.compression === null ? available >= bytes : canInflateTo(available, bytes)) {
    return { start, end: start + (header.compression === null ? bytes : compressedBound(bytes)) };
  }
  throw new QuorumError({
    code: 'DATA_TRUNCATED',
    field: 'voxels',
    expected: `${bytes} bytes${header.compression === null ? '' : ' once inflated'}`,
    found: `${Math.max(0, available)} bytes`,
    file: source.file,
  });
}
