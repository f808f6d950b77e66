import dicomParser, { type DataSet } from 'dicom-parser';
import { number } from './frames.js';
import type { DicomFrame } from './series.js';
import type { DicomVolume } from './volumes.js';

const MR_IMAGE = '1.2.840.10008.5.1.4.1.1.4';
/** Names nothing outside the converter. */
const NOBODY = '1.2.3';

/**
 * Frames of a compressed multi-frame file, each as a file of its own with its pixels as they are stored and no more of the header than
 * where they lie and how they are coded: what the converter takes when only some frames of a file are wanted.
 *
 * @param bytes the multi-frame file.
 * @throws what the parser throws for damaged files.
 */
export function frameFiles(bytes: Buffer, { first, frames, facts }: DicomVolume): Uint8Array[] {
  const dataSet = dicomParser.parseDicom(bytes);
  const pixels = dataSet.elements.x7fe00010;
  const offsets = pixels.basicOffsetTable?.length
    ? undefined
    : pixels.fragments?.length === first.frames.length
      ? pixels.fragments.map(({ offset }) => offset)
      : dicomParser.createJPEGBasicOffsetTable(dataSet, pixels);
  const spacing = facts.pixelSpacing ?? [1, 1];
  return frames.map((frame, at) => {
    const stored = dicomParser.readEncapsulatedImageFrame(dataSet, pixels, frame.frame, offsets);
    return Buffer.concat([
      Buffer.alloc(128),
      Buffer.from('DICM', 'latin1'),
      ...withGroupLength([element(0x0002, 0x0010, 'UI', first.transferSyntax)]),
      element(0x0008, 0x0016, 'UI', MR_IMAGE),
      element(0x0008, 0x0018, 'UI', `${NOBODY}.${at + 1}`),
      element(0x0008, 0x0060, 'CS', 'MR'),
      element(0x0020, 0x000d, 'UI', NOBODY),
      element(0x0020, 0x000e, 'UI', NOBODY),
      element(0x0020, 0x0013, 'IS', String(at + 1)),
      element(0x0020, 0x0032, 'DS', decimals(frame.imagePositionPatient)),
      element(0x0020, 0x0037, 'DS', decimals(frame.imageOrientationPatient)),
      element(0x0028, 0x0002, 'US', us(1)),
      element(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
      element(0x0028, 0x0010, 'US', us(first.rows)),
      element(0x0028, 0x0011, 'US', us(first.columns)),
      element(0x0028, 0x0030, 'DS', decimals(spacing)),
      ...[0x0100, 0x0101, 0x0102, 0x0103].map((tag) => copied(dataSet, tag)),
      encapsulated(stored),
    ]);
  });
}

/** How stored values become values: each frame's own slope and intercept, those of all frames, or the image's (PS3.3 C.7.6.16.2.9). */
export function rescaleOf(dataSet: DataSet): (frame: DicomFrame) => { slope: number; intercept: number } {
  const shared = dataSet.elements.x52009229?.items?.[0]?.dataSet;
  const perFrame = dataSet.elements.x52009230?.items;
  const value = (frame: number, tag: string) =>
    [perFrame?.[frame]?.dataSet, shared]
      .map((group) => number(group?.elements.x00289145?.items?.[0]?.dataSet, tag))
      .find((found) => found !== undefined) ?? number(dataSet, tag);
  return ({ frame }) => ({
    slope: value(frame, 'x00281053') ?? 1,
    intercept: value(frame, 'x00281052') ?? 0,
  });
}

function copied(dataSet: DataSet, tag: number): Buffer {
  const value = dataSet.uint16(`x0028${tag.toString(16).padStart(4, '0')}`) ?? (tag === 0x0103 ? 0 : 16);
  return element(0x0028, tag, 'US', us(value));
}

/** PS3.5 A.4: an empty offset table, one fragment, the end of the sequence. */
function encapsulated(stored: Uint8Array): Buffer {
  const value = Buffer.alloc(stored.length + (stored.length % 2));
  value.set(stored);
  const header = Buffer.alloc(12);
  header.writeUInt16LE(0x7fe0, 0);
  header.writeUInt16LE(0x0010, 2);
  header.write('OB', 4, 'latin1');
  header.writeUInt32LE(0xffffffff, 8);
  return Buffer.concat([header, item(0xe000, 0), item(0xe000, value.length), value, item(0xe0dd, 0)]);
}

function item(number: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(0xfffe, 0);
  bytes.writeUInt16LE(number, 2);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

function withGroupLength(elements: readonly Buffer[]): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(elements.reduce((sum, one) => sum + one.length, 0));
  return [element(0x0002, 0x0000, 'UL', length), ...elements];
}

/** Explicit VR, little endian; of the short form. */
function element(group: number, number: number, vr: string, value: Buffer | string): Buffer {
  const padding = vr === 'UI' ? '\0' : ' ';
  const bytes =
    typeof value === 'string' ? Buffer.from(value.length % 2 ? value + padding : value, 'latin1') : value;
  const header = Buffer.alloc(8);
  header.writeUInt16LE(group, 0);
  header.writeUInt16LE(number, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([header, bytes]);
}

function us(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** At most 16 characters each, as DS allows. */
function decimals(values: readonly number[]): string {
  return values.map((value) => String(Number(value.toPrecision(9)))).join('\\');
}
