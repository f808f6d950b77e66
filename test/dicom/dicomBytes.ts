import { deflateRawSync } from 'node:zlib';

/** Hand-made DICOM files: every byte placed by PS3.5 and PS3.10, without using the project. Explicit VR little endian. */

const LONG = new Set(['OB', 'OW', 'SQ', 'UN', 'UT', 'OF', 'OD']);
export const UNDEFINED_LENGTH = 0xffffffff;

/** One element; `length` other than the value's lies about it. */
export function element(
  group: number,
  number: number,
  vr: string,
  value: Buffer | string,
  length?: number,
): Buffer {
  const bytes =
    typeof value === 'string' ? Buffer.from(value.length % 2 ? `${value} ` : value, 'latin1') : value;
  const isLong = LONG.has(vr);
  const header = Buffer.alloc(isLong ? 12 : 8);
  header.writeUInt16LE(group, 0);
  header.writeUInt16LE(number, 2);
  header.write(vr, 4, 'latin1');
  if (isLong) header.writeUInt32LE(length ?? bytes.length, 8);
  else header.writeUInt16LE(length ?? bytes.length, 6);
  return Buffer.concat([header, bytes]);
}

export function us(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export interface DicomBytes {
  readonly slice?: number;
  readonly rows?: number;
  readonly columns?: number;
  readonly frames?: number;
  readonly study?: string;
  /** Ends the UID of its series. */
  readonly series?: string;
  readonly description?: string;
  /** null leaves PatientID out. */
  readonly patient?: string | null;
  readonly person?: { readonly name: string; readonly sex: string; readonly birth: string };
  /** Study Date, `YYYYMMDD`. */
  readonly date?: string;
  /** Image Position (Patient). */
  readonly position?: readonly [number, number, number];
  /** Pixel Spacing. */
  readonly spacing?: string;
  readonly syntax?: string;
  /** Placed before the pixels. */
  readonly extra?: readonly Buffer[];
  readonly pixels?: Buffer;
  /** Other than theirs: `UNDEFINED_LENGTH` for encapsulated ones. */
  readonly pixelLength?: number;
}

/** Repetition and echo time as the description has them. */
function timesOf(description: string): { tr: string; te: string } {
  if (/flair/i.test(description)) return { tr: '9000', te: '120' };
  return /t2/i.test(description) ? { tr: '4500', te: '98' } : { tr: '500', te: '14' };
}

/** A small MR image, T1 by its description. */
export function dicomBytes(options: DicomBytes = {}): Buffer {
  const { slice = 0, rows = 8, columns = 6, study = '1.2.3', syntax = '1.2.840.10008.1.2.1' } = options;
  const { series = '9', description = 'T1 AX', patient = 'P1', person, date = '20200131' } = options;
  const position = options.position ?? [-3, -4, slice * 5];
  const times = timesOf(description);
  const sop = `${study}.${series}.${slice + 1}`;
  const meta = [
    element(2, 2, 'UI', '1.2.840.10008.5.1.4.1.1.4\0'),
    element(2, 3, 'UI', padded(sop)),
    element(2, 0x10, 'UI', padded(syntax)),
  ];
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.concat(meta).length);
  const pixels = options.pixels ?? Buffer.alloc(rows * columns * 2, slice + 1);
  const body = Buffer.concat([
    element(8, 8, 'CS', 'ORIGINAL\\PRIMARY'),
    element(8, 0x16, 'UI', '1.2.840.10008.5.1.4.1.1.4\0'),
    element(8, 0x18, 'UI', padded(sop)),
    element(8, 0x20, 'DA', date),
    element(8, 0x60, 'CS', 'MR'),
    element(8, 0x103e, 'LO', description),
    ...(person ? [element(0x10, 0x10, 'PN', person.name)] : []),
    ...(patient === null ? [] : [element(0x10, 0x20, 'LO', patient)]),
    ...(person ? [element(0x10, 0x30, 'DA', person.birth), element(0x10, 0x40, 'CS', person.sex)] : []),
    element(0x18, 0x80, 'DS', times.tr),
    element(0x18, 0x81, 'DS', times.te),
    element(0x20, 0xd, 'UI', padded(study)),
    element(0x20, 0xe, 'UI', padded(`${study}.${series}`)),
    element(0x20, 0x13, 'IS', String(slice + 1)),
    element(0x20, 0x32, 'DS', position.join('\\')),
    element(0x20, 0x37, 'DS', '1\\0\\0\\0\\1\\0'),
    element(0x20, 0x52, 'UI', padded(`${study}.0`)),
    element(0x28, 2, 'US', us(1)),
    element(0x28, 4, 'CS', 'MONOCHROME2'),
    ...(options.frames ? [element(0x28, 8, 'IS', String(options.frames))] : []),
    element(0x28, 0x10, 'US', us(rows)),
    element(0x28, 0x11, 'US', us(columns)),
    element(0x28, 0x30, 'DS', options.spacing ?? '1\\1'),
    element(0x28, 0x100, 'US', us(16)),
    element(0x28, 0x101, 'US', us(16)),
    element(0x28, 0x102, 'US', us(15)),
    element(0x28, 0x103, 'US', us(0)),
    ...(options.extra ?? []),
    element(0x7fe0, 0x10, 'OW', pixels, options.pixelLength),
  ]);
  const dataSet = syntax.endsWith('.99') ? deflateRawSync(body, { level: 9 }) : body;
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(2, 0, 'UL', length),
    ...meta,
    dataSet,
  ]);
}

function padded(uid: string): string {
  return uid.length % 2 ? `${uid}\0` : uid;
}

/** Sequences within sequences, all of undefined length. */
export function nestedSequences(depth: number): Buffer {
  const open = Buffer.concat([
    element(8, 0x1140, 'SQ', Buffer.alloc(0), UNDEFINED_LENGTH),
    Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]),
  ]);
  const close = Buffer.from([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
  return Buffer.concat([...Array(depth).fill(open), ...Array(depth).fill(close)]);
}
