import type { OpenFile } from './fileBytes.js';
import { checkSize, type ImageFile, type ImageHeader } from './imageFile.js';
import type { Compression } from './inflate.js';
import { TEXT_HEADER_BYTES, TextFields } from './textHeader.js';
import {
  affineFromWorld,
  detachedDataFile,
  plainHeader,
  readTextImage,
  type TextImageHeader,
  type Vector,
} from './textImage.js';
import type { Affine } from './volume.js';
import { BYTES_PER_VOXEL, type VoxelType } from './voxelTypes.js';

/** The format definition's names for each type (teem.sourceforge.net/nrrd/format.html). */
const NAMES: Readonly<Record<VoxelType, readonly string[]>> = {
  int8: ['signed char', 'int8', 'int8_t'],
  uint8: ['uchar', 'unsigned char', 'uint8', 'uint8_t'],
  int16: ['short', 'short int', 'signed short', 'signed short int', 'int16', 'int16_t'],
  uint16: ['ushort', 'unsigned short', 'unsigned short int', 'uint16', 'uint16_t'],
  int32: ['int', 'signed int', 'int32', 'int32_t'],
  uint32: ['uint', 'unsigned int', 'uint32', 'uint32_t'],
  int64: [
    'longlong',
    'long long',
    'long long int',
    'signed long long',
    'signed long long int',
    'int64',
    'int64_t',
  ],
  uint64: ['ulonglong', 'unsigned long long', 'unsigned long long int', 'uint64', 'uint64_t'],
  float32: ['float'],
  float64: ['double'],
};
const TYPES: Readonly<Record<string, VoxelType>> = Object.fromEntries(
  Object.entries(NAMES).flatMap(([type, names]) => names.map((name) => [name, type as VoxelType])),
);
const ENCODINGS: Readonly<Record<string, Compression | null>> = { raw: null, gzip: 'gzip', gz: 'gzip' };
const LITTLE_ENDIAN: Readonly<Record<string, boolean>> = { little: true, big: false };

/** Spaces whose axes have names; in any other the numbers are taken as LPS, as ITK does. */
const SPACES: Readonly<Record<string, string>> = {
  'right-anterior-superior': 'RAS',
  ras: 'RAS',
  'left-anterior-superior': 'LAS',
  las: 'LAS',
};

/** Geometry and datatype of an NRRD file (.nrrd, .nhdr) without its voxels; errors as `readNrrd`. */
export async function readNrrdHeader(source: OpenFile): Promise<ImageHeader> {
  return plainHeader(await parseHeader(source));
}

/**
 * An NRRD file, attached or with its data file in the same folder; raw or gzip.
 * @throws QuorumError HEADER_INVALID, NOT_3D, DATATYPE_UNSUPPORTED, DATA_TOO_LARGE, DATA_TRUNCATED, DATA_CORRUPT,
 *   FILE_NOT_FOUND (the data file), VALUES_NOT_FINITE
 */
export async function readNrrd(source: OpenFile): Promise<ImageFile> {
  return readTextImage(await parseHeader(source));
}

async function parseHeader(source: OpenFile): Promise<TextImageHeader> {
  const { file } = source;
  const { fields, length } = parseFields(await source.read(0, TEXT_HEADER_BYTES), file);
  const size = fields.size('dimension', 'sizes');
  checkSize(size, 'sizes', file);
  const datatype = fields.oneOf('type', TYPES);
  const compression = fields.oneOf('encoding', ENCODINGS);
  const skip = fields.skip('byte skip');
  if (skip !== 0 && compression) throw fields.invalid('byte skip', `0 with ${compression}`, String(skip));
  const lines = fields.get('line skip') ?? '0';
  if (lines !== '0') throw fields.invalid('line skip', '0', lines);
  const name = fields.get('data file') ?? fields.get('datafile');
  const before = name === undefined ? length : 0;
  return {
    file,
    format: 'nrrd',
    size,
    affine: affineOf(fields, file),
    datatype,
    littleEndian: BYTES_PER_VOXEL[datatype] === 1 || fields.oneOf('endian', LITTLE_ENDIAN),
    compression,
    dataFile: name === undefined ? file : await detachedDataFile(file, name, 'data file'),
    start: skip === 'end' ? 'end' : before + skip,
  };
}

function affineOf(fields: TextFields, file: string): Affine {
  const space = (fields.get('space') ?? '').toLowerCase();
  if (space.endsWith('time')) throw fields.invalid('space', 'a space of three axes', space);
  const directions = fields.get('space directions');
  const steps =
    directions === undefined ? spacingSteps(fields) : vectors(fields, 'space directions', directions, 3);
  const origin = fields.get('space origin');
  const [start] = origin === undefined ? [[0, 0, 0] as Vector] : vectors(fields, 'space origin', origin, 1);
  return affineFromWorld(SPACES[space] ?? 'LPS', steps, start, file);
}

function spacingSteps(fields: TextFields): Vector[] {
  const [x, y, z] = fields.numbers(['spacings'], 3) ?? [1, 1, 1];
  return [
    [x, 0, 0],
    [0, y, 0],
    [0, 0, z],
  ];
}

/** Vectors written as `(x,y,z) (x,y,z) …`. */
function vectors(fields: TextFields, field: string, text: string, count: number): Vector[] {
  const found = [...text.matchAll(/\(([^()]*)\)/g)].map(([, inside]) => inside.split(',').map(Number));
  const complete = found.every((v) => v.length === 3 && v.every(Number.isFinite));
  if (found.length !== count || !complete)
    throw fields.invalid(field, `${count} × (x,y,z)`, text.slice(0, 80));
  return found.map(([x, y, z]) => [x, y, z]);
}

/** The lines `field: value` up to the blank line that ends the header, and the header's length in bytes. */
function parseFields(bytes: Buffer, file: string): { fields: TextFields; length: number } {
  const fields = new TextFields(file);
  const magic = bytes.toString('latin1', 0, 8);
  if (!/^NRRD000[1-5]$/.test(magic))
    throw fields.invalid('magic', 'NRRD0001 to NRRD0005', JSON.stringify(magic));
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf('\n', at);
    const line = bytes.toString('latin1', at, end < 0 ? bytes.length : end).trimEnd();
    at = end < 0 ? bytes.length : end + 1;
    if (line === '') break;
    const field = /^([^:#]+): (.*)$/.exec(line);
    if (field) fields.add(field[1].toLowerCase(), field[2].trim());
  }
  return { fields, length: at };
}
