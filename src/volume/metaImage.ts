import { QuorumError } from '../errors.js';
import type { OpenFile } from './fileBytes.js';
import { checkSize, type ImageFile, type ImageHeader } from './imageFile.js';
import { TEXT_HEADER_BYTES, TextFields } from './textHeader.js';
import {
  affineFromWorld,
  detachedDataFile,
  plainHeader,
  readTextImage,
  type TextImageHeader,
} from './textImage.js';
import type { Affine } from './volume.js';
import type { VoxelType } from './voxelTypes.js';

/** MET_LONG and MET_ULONG are left out: their width depends on the writer's machine. */
const ELEMENT_TYPES: Readonly<Record<string, VoxelType>> = {
  MET_UCHAR: 'uint8',
  MET_CHAR: 'int8',
  MET_USHORT: 'uint16',
  MET_SHORT: 'int16',
  MET_UINT: 'uint32',
  MET_INT: 'int32',
  MET_ULONG_LONG: 'uint64',
  MET_LONG_LONG: 'int64',
  MET_FLOAT: 'float32',
  MET_DOUBLE: 'float64',
};
const BOOLEANS: Readonly<Record<string, boolean>> = { True: true, true: true, False: false, false: false };

/** Geometry and datatype of a MetaImage (.mha, .mhd) without its voxels; errors as `readMetaImage`. */
export async function readMetaImageHeader(source: OpenFile): Promise<ImageHeader> {
  return plainHeader(await parseHeader(source));
}

/**
 * A MetaImage: .mha, or .mhd with its data file in the same folder; binary, raw or zlib-compressed.
 * @throws QuorumError HEADER_INVALID, NOT_3D, DATATYPE_UNSUPPORTED, DATA_TOO_LARGE, DATA_TRUNCATED, DATA_CORRUPT,
 *   FILE_NOT_FOUND (the data file), VALUES_NOT_FINITE
 */
export async function readMetaImage(source: OpenFile): Promise<ImageFile> {
  return readTextImage(await parseHeader(source));
}

async function parseHeader(source: OpenFile): Promise<TextImageHeader> {
  const { file } = source;
  const { fields, length } = parseFields(await source.read(0, TEXT_HEADER_BYTES), file);
  checkKind(fields, file);
  const size = fields.size('NDims', 'DimSize');
  checkSize(size, 'DimSize', file);
  const name = fields.require('ElementDataFile');
  const local = /^local$/i.test(name);
  return {
    file,
    format: 'metaimage',
    size,
    affine: affineOf(fields, file),
    datatype: fields.oneOf('ElementType', ELEMENT_TYPES),
    littleEndian: !(fields.flag(['BinaryDataByteOrderMSB', 'ElementByteOrderMSB'], BOOLEANS) ?? false),
    compression: fields.flag(['CompressedData'], BOOLEANS) ? 'zlib' : null,
    dataFile: local ? file : await detachedDataFile(file, name, 'ElementDataFile'),
    start: local ? length : fields.skip('HeaderSize'),
  };
}

function checkKind(fields: TextFields, file: string): void {
  const kind = fields.get('ObjectType') ?? 'Image';
  if (kind !== 'Image') throw fields.invalid('ObjectType', 'Image', kind);
  if (!fields.flag(['BinaryData'], BOOLEANS)) {
    const found = fields.get('BinaryData') ?? 'missing';
    throw new QuorumError({
      code: 'DATATYPE_UNSUPPORTED',
      field: 'BinaryData',
      expected: 'True',
      found,
      file,
    });
  }
  const found = fields.get('ElementNumberOfChannels') ?? '1';
  if (found !== '1') {
    throw new QuorumError({ code: 'NOT_3D', field: 'ElementNumberOfChannels', expected: '1', found, file });
  }
}

/** MetaImage's world is LPS; each row of TransformMatrix is the direction of one voxel axis. */
function affineOf(fields: TextFields, file: string): Affine {
  const matrix = fields.numbers(['TransformMatrix', 'Rotation', 'Orientation'], 9) ?? [
    1, 0, 0, 0, 1, 0, 0, 0, 1,
  ];
  const origin = fields.numbers(['Offset', 'Position', 'Origin'], 3) ?? [0, 0, 0];
  const spacing = fields.numbers(['ElementSpacing', 'ElementSize'], 3) ?? [1, 1, 1];
  const steps = spacing.map((mm, axis) => matrix.slice(axis * 3, axis * 3 + 3).map((v) => v * mm));
  return affineFromWorld('LPS', steps, origin, file);
}

/** The lines `key = value` up to ElementDataFile, which ends the header, and the header's length in bytes. */
function parseFields(bytes: Buffer, file: string): { fields: TextFields; length: number } {
  const fields = new TextFields(file);
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf('\n', at);
    const line = bytes.toString('latin1', at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 1;
    const equals = line.indexOf('=');
    if (equals < 0) {
      if (line.trim() === '') continue;
      throw fields.invalid('header', 'lines of the form "key = value"', JSON.stringify(line.slice(0, 40)));
    }
    const key = line.slice(0, equals).trim();
    fields.add(key, line.slice(equals + 1).trim());
    if (key === 'ElementDataFile') return { fields, length: at };
  }
  throw fields.invalid('ElementDataFile', 'to be there', 'missing');
}
