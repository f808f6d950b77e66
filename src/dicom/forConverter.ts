import dicomParser, { type DataSet } from 'dicom-parser';
import { DEFLATED, EXPLICIT_LITTLE, inflateDataSet, PREAMBLE_BYTES, parseUntilPixels } from './readHeader.js';

/** JPEG-LS, JPEG 2000 and the like: what the converter takes only as one fragment a frame. */
const ENCAPSULATED = /^1\.2\.840\.10008\.1\.2\.(4\.|5$)/;
const RLE = '1.2.840.10008.1.2.5';

/**
 * The bytes of a file in a form that dcm2niix reads: a deflated data set inflated, a frame that was stored in several fragments put
 * into one. Every other file is given as it is.
 * @throws what zlib and the parser throw for damaged files.
 */
export function forConverter(bytes: Buffer, transferSyntax: string, frames: number): Uint8Array {
  if (transferSyntax === DEFLATED) return inflated(bytes);
  if (ENCAPSULATED.test(transferSyntax) && transferSyntax !== RLE && frames === 1)
    return inOneFragment(bytes);
  return bytes;
}

const ANY_SERIES = '1.2.3';

/**
 * Writes one Series Instance UID into a file's bytes: the converter makes an image of every series, also where a volume's slices have one
 * each.
 */
export function intoOneSeries(bytes: Uint8Array): void {
  const element = parseUntilPixels(bytes, false).elements.x0020000e;
  if (!element || element.length < ANY_SERIES.length) return;
  bytes.fill(0, element.dataOffset, element.dataOffset + element.length);
  bytes.set(Buffer.from(ANY_SERIES, 'latin1'), element.dataOffset);
}

/** The same file with its data set inflated; the syntax's UID is shortened in place, padded with NUL (PS3.5 9.1). */
function inflated(bytes: Buffer): Uint8Array {
  let start = PREAMBLE_BYTES;
  dicomParser.parseDicom(bytes, {
    untilTag: 'x0002ffff',
    inflater: (all: Uint8Array, position: number) => {
      start = position;
      return all.subarray(0, position);
    },
  } as never);
  const meta = Buffer.from(bytes.subarray(0, start));
  const at = meta.indexOf(DEFLATED, PREAMBLE_BYTES, 'latin1');
  meta.fill(0, at, at + DEFLATED.length);
  meta.write(EXPLICIT_LITTLE, at, 'latin1');
  return Buffer.concat([meta, inflateDataSet(bytes.subarray(start), true)]);
}

function inOneFragment(bytes: Buffer): Uint8Array {
  const dataSet: DataSet = dicomParser.parseDicom(bytes);
  const element = dataSet.elements.x7fe00010;
  const fragments = element?.fragments ?? [];
  if (fragments.length < 2) return bytes;
  const data = fragments.map(({ position, length }) => bytes.subarray(position, position + length));
  const length = data.reduce((sum, piece) => sum + piece.length, 0);
  const item = (elementNumber: number, size: number) => {
    const header = Buffer.alloc(8);
    header.writeUInt16LE(0xfffe, 0);
    header.writeUInt16LE(elementNumber, 2);
    header.writeUInt32LE(size, 4);
    return header;
  };
  // An empty offset table, the one fragment, the end of the sequence (PS3.5 A.4).
  return Buffer.concat([
    bytes.subarray(0, element.dataOffset),
    item(0xe000, 0),
    item(0xe000, length),
    ...data,
    item(0xe0dd, 0),
  ]);
}
