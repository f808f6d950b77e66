import { inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet } from 'dicom-parser';
import { isQuorumError, QuorumError } from '../errors.js';
import { type OpenFile, withFile } from '../volume/fileBytes.js';
import { MAX_AXIS, MAX_VOXELS } from '../volume/imageFile.js';
import { ageOf } from './age.js';
import { framesOf, MOST_FRAMES, number } from './frames.js';
import type { DicomImage } from './image.js';
import { TextReader } from './text.js';

export const PREAMBLE_BYTES = 132;
export const EXPLICIT_LITTLE = '1.2.840.10008.1.2.1';
export const DEFLATED = '1.2.840.10008.1.2.1.99';
export const IMPLICIT_LITTLE = '1.2.840.10008.1.2';
export const EXPLICIT_BIG = '1.2.840.10008.1.2.2';
/** Syntaxes whose pixels are not compressed frame by frame. */
export const NATIVE: ReadonlySet<string> = new Set([
  IMPLICIT_LITTLE,
  EXPLICIT_LITTLE,
  EXPLICIT_BIG,
  DEFLATED,
]);
const PIXEL_DATA = 'x7fe00010';

/** How much of a file is read until its header is whole: most are done with the first step. */
export const HEADER_BYTES = 1 << 16;
const STEPS = [HEADER_BYTES, 1 << 20, 1 << 25];
/** A deflated data set may inflate to this, pixels included. */
export const MOST_INFLATED = 1 << 28;

/** Whether a file begins as DICOM does: the prefix after the preamble, or, without one, an element of group 2 or 8. */
export function looksLikeDicom(start: Buffer): boolean {
  if (start.length >= PREAMBLE_BYTES && start.toString('latin1', 128, 132) === 'DICM') return true;
  if (start.length < 16) return false;
  const group = start.readUInt16LE(0);
  const element = start.readUInt16LE(2);
  return (group === 8 && element <= 0x18 && start.readUInt32LE(4) !== 0) || (group === 2 && element <= 0x10);
}

/**
 * Reads the header of a DICOM file up to its pixels, in bounded time and memory.
 *
 * @throws QuorumError DICOM_INVALID (not readable as DICOM, no image in it, or nested too deep), DATA_TRUNCATED (the pixels that the
 *   header announces are not all there), DATA_TOO_LARGE, FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function readDicomHeader(file: string): Promise<DicomImage> {
  return withFile(file, async (opened) => headerOf(opened, await opened.read(0, HEADER_BYTES)));
}

/** The same of a file that is open, and of which the first `HEADER_BYTES` were read already. */
export async function headerOf(opened: OpenFile, start: Buffer): Promise<DicomImage> {
  const { file } = opened;
  for (const step of STEPS) {
    const bytes = step === HEADER_BYTES ? start : await opened.read(0, step);
    const whole = bytes.length === opened.length;
    try {
      return readImage(bytes, opened);
    } catch (error) {
      const known = isQuorumError(error) && error.code !== 'DICOM_INVALID';
      // What breaks off may go on behind what was read.
      if (known || whole || step === STEPS.at(-1)) throw known ? error : invalid(file, error);
    }
  }
  throw invalid(file, 'too long');
}

/** Parses until the pixels. @throws what the parser throws: strings, RangeError for what is nested too deep. */
export function parseUntilPixels(bytes: Uint8Array, inflatable: boolean): DataSet {
  const prefixed =
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', 128, 132) === 'DICM';
  const options: Record<string, unknown> = { untilTag: PIXEL_DATA };
  if (!prefixed) options.TransferSyntaxUID = rawSyntax(bytes);
  options.inflater = (all: Uint8Array, position: number) =>
    Buffer.concat([all.subarray(0, position), inflateDataSet(all.subarray(position), inflatable)]);
  return dicomParser.parseDicom(bytes, options as never);
}

/**
 * The data set of a deflated file (RFC 1951), never more than MOST_INFLATED bytes.
 * @param whole false when the compressed bytes may be cut off; what can be read of them is then given.
 */
export function inflateDataSet(compressed: Uint8Array, whole: boolean): Buffer {
  const finishFlush = whole ? undefined : 2; // Z_SYNC_FLUSH: no complaint about a missing end
  return inflateRawSync(compressed, {
    maxOutputLength: MOST_INFLATED,
    ...(finishFlush === undefined ? {} : { finishFlush }),
  });
}

/** The syntax of a file without preamble: explicit where letters stand as its first VR. */
function rawSyntax(bytes: Uint8Array): string {
  const vr = String.fromCharCode(bytes[4] ?? 0, bytes[5] ?? 0);
  return /^[A-Z]{2}$/.test(vr) ? EXPLICIT_LITTLE : IMPLICIT_LITTLE;
}

function readImage(bytes: Buffer, opened: OpenFile): DicomImage {
  const { file } = opened;
  let dataSet: DataSet;
  try {
    dataSet = parseUntilPixels(bytes, false);
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(file, 'deflated data set', `more than ${MOST_INFLATED} bytes`);
    }
    throw invalid(file, error);
  }
  const transferSyntax = dataSet.string('x00020010')?.trim() ?? rawSyntax(bytes);
  const image = describe(dataSet, file, transferSyntax);
  checkPixels(dataSet, image, opened.length);
  return image;
}

function describe(dataSet: DataSet, file: string, transferSyntax: string): DicomImage {
  const reader = new TextReader(dataSet);
  const text = (tag: string) => reader.text(dataSet, tag);
  const list = (tag: string) =>
    text(tag)
      ?.split('\\')
      .map((value) => value.trim().toUpperCase()) ?? [];
  const sopInstanceUid = uid(dataSet, 'x00080018');
  const sopClassUid = uid(dataSet, 'x00080016');
  if (!sopInstanceUid || !sopClassUid) throw invalid(file, 'no SOP class or instance');
  const imageType = list('x00080008');
  const studyDate = date(text('x00080020'));
  const birthDate = text('x00100030') ?? null;
  const acquired = acquiredAt(text);
  return {
    file,
    transferSyntax,
    sopClassUid,
    sopInstanceUid,
    studyInstanceUid: uid(dataSet, 'x0020000d'),
    seriesInstanceUid: uid(dataSet, 'x0020000e'),
    frameOfReferenceUid: uid(dataSet, 'x00200052'),
    modality: text('x00080060') ?? '',
    patient: {
      id: text('x00100020') ?? null,
      name: text('x00100010') ?? null,
      sex: text('x00100040') ?? null,
      birthDate,
    },
    age: ageOf(text('x00101010'), date(birthDate ?? undefined) ?? null, studyDate),
    imageType,
    rows: dataSet.uint16('x00280010') ?? 0,
    columns: dataSet.uint16('x00280011') ?? 0,
    samplesPerPixel: dataSet.uint16('x00280002') ?? 1,
    photometric: text('x00280004') ?? '',
    lossy: text('x00282110') === '01',
    seriesNumber: number(dataSet, 'x00200011'),
    instanceNumber: number(dataSet, 'x00200013'),
    acquisitionNumber: number(dataSet, 'x00200012'),
    description: text('x0008103e'),
    protocol: text('x00181030'),
    sequenceName: text('x00180024') ?? text('x00189005'),
    studyTexts: STUDY_TEXTS.map(text).filter((value) => value !== undefined),
    scanning: scanningOf(dataSet, list('x00180020')),
    variant: list('x00180021'),
    flipAngle: timed(dataSet, 'x00181314'),
    echoNumber: number(dataSet, 'x00180086'),
    bodyPart: text('x00180015'),
    injected: injectedAt(text('x00181042'), acquired),
    repetitionTime: timed(dataSet, 'x00180080'),
    echoTrainLength: number(dataSet, 'x00180091'),
    contrastAgent: contrastAgentOf(dataSet, reader),
    studyDate,
    acquired,
    sliceThickness: number(dataSet, 'x00180050'),
    manufacturer: text('x00080070'),
    fieldStrength: number(dataSet, 'x00180087'),
    frames: framesOf(dataSet, imageType),
  };
}

/** Study Description, Requested Procedure Description, Additional Patient History, Patient and Image Comments, Admitting Diagnoses,
 * Reason for Study, Reason for the Requested Procedure. */
const STUDY_TEXTS = [
  'x00081030',
  'x00321060',
  'x001021b0',
  'x00104000',
  'x00204000',
  'x00081080',
  'x00321030',
  'x00401002',
];

/**
 * A UID as the file has it: one that is not valid still tells what belongs together. Null when it is absent, empty, or no text of a line.
 */
function uid(dataSet: DataSet, tag: string): string | null {
  const value = dataSet.string(tag)?.trim();
  return value && /^[\x21-\x7e]{1,64}$/.test(value) ? value : null;
}

/** Whether a UID is one by PS3.5 9.1: numbers without leading zeros between dots, at most 64 characters. */
export function isValidUid(value: string): boolean {
  return value.length <= 64 && /^(0|[1-9]\d*)(\.(0|[1-9]\d*))*$/.test(value);
}

/** Repetition time and flip angle: in an enhanced object within MR Timing and Related Parameters. */
function timed(dataSet: DataSet, tag: string): number | undefined {
  const shared = dataSet.elements.x52009229?.items?.[0]?.dataSet;
  const own = dataSet.elements.x52009230?.items?.[0]?.dataSet;
  const timing = (set: DataSet | undefined) => set?.elements.x00189112?.items?.[0]?.dataSet;
  return number(timing(shared), tag) ?? number(timing(own), tag) ?? number(dataSet, tag);
}

/** Scanning Sequence; of an enhanced object what stands for it: Echo Pulse Sequence, Echo Planar, Inversion Recovery. */
function scanningOf(dataSet: DataSet, classic: readonly string[]): readonly string[] {
  if (classic.length > 0) return classic;
  const of = (tag: string) => dataSet.string(tag)?.trim().toUpperCase() ?? '';
  const echoes = { SPIN: ['SE'], GRADIENT: ['GR'], BOTH: ['SE', 'GR'] }[of('x00189008')] ?? [];
  const modifier = dataSet.elements.x52009229?.items?.[0]?.dataSet?.elements.x00189115?.items?.[0]?.dataSet;
  const isInverted = modifier?.string('x00189009')?.trim().toUpperCase() === 'YES';
  return [...echoes, ...(of('x00189018') === 'YES' ? ['EP'] : []), ...(isInverted ? ['IR'] : [])];
}

/** Contrast/Bolus Start Time on the day of the acquisition. */
function injectedAt(start: string | undefined, acquired: string | undefined): string | undefined {
  const clock = start?.match(/^(\d\d):?(\d\d):?(\d\d)?/);
  const day = acquired?.match(/^\d{4}-\d\d-\d\d/)?.[0];
  return clock && day ? `${day}T${clock[1]}:${clock[2]}:${clock[3] ?? '00'}` : undefined;
}

const NO_AGENT = /^(no(ne)?|n|ohne|nein|non|sans|sin|senza|sem|zonder|geen|nativ\w*|0|-+)$/i;

function contrastAgentOf(dataSet: DataSet, reader: TextReader): string | null | undefined {
  const sequence = dataSet.elements.x00180012?.items?.[0]?.dataSet;
  const agent =
    reader.text(dataSet, 'x00180010') ?? (sequence && reader.text(sequence, 'x00080104')) ?? undefined;
  if (agent !== undefined) return NO_AGENT.test(agent) ? null : agent;
  return dataSet.elements.x00180010 ? null : undefined;
}

function date(text: string | undefined): string | undefined {
  const match = text?.match(/^(\d{4})\.?(\d\d)\.?(\d\d)/);
  return match ? `${match[1]}-${match[2]}-${match[3]}` : undefined;
}

/** Acquisition DateTime, else dates with their times of acquisition, series, study. */
function acquiredAt(text: (tag: string) => string | undefined): string | undefined {
  const whole = text('x0008002a');
  const pairs: readonly [string | undefined, string | undefined][] = [
    [whole?.slice(0, 8), whole?.slice(8)],
    [text('x00080022'), text('x00080032')],
    [text('x00080021'), text('x00080031')],
    [text('x00080020'), text('x00080030')],
  ];
  for (const [day, time] of pairs) {
    const found = date(day);
    if (!found) continue;
    const clock = time?.match(/^(\d\d):?(\d\d):?(\d\d)?/);
    return clock ? `${found}T${clock[1]}:${clock[2]}:${clock[3] ?? '00'}` : found;
  }
  return undefined;
}

/** Refuses a size that no scan of a head has, and native pixels that are not all in the file. */
function checkPixels(dataSet: DataSet, image: DicomImage, fileLength: number): void {
  const { rows, columns, frames, file, transferSyntax } = image;
  const element = dataSet.elements[PIXEL_DATA];
  if (frames.length > MOST_FRAMES) throw tooLarge(file, 'NumberOfFrames', String(frames.length));
  if (rows > MAX_AXIS || columns > MAX_AXIS || rows * columns * frames.length > MAX_VOXELS) {
    throw tooLarge(file, 'Rows × Columns × frames', `${rows} × ${columns} × ${frames.length}`);
  }
  if (!element || !NATIVE.has(transferSyntax) || transferSyntax === DEFLATED) return;
  const bits = dataSet.uint16('x00280100') ?? 16;
  const needed = Math.ceil((rows * columns * frames.length * image.samplesPerPixel * bits) / 8);
  const there = fileLength - element.dataOffset;
  if (there < needed || element.length < needed) {
    throw new QuorumError({
      code: 'DATA_TRUNCATED',
      field: 'Pixel Data',
      expected: `${needed} bytes`,
      found: `${Math.max(0, Math.min(there, element.length))} bytes`,
      file,
    });
  }
}

function tooLarge(file: string, field: string, found: string): QuorumError {
  return new QuorumError({ code: 'DATA_TOO_LARGE', field, found, file });
}

/** The parser throws strings, errors, and objects that hold either; its words name no patient. */
function invalid(file: string, cause: unknown): QuorumError {
  const inner = (cause as { exception?: unknown } | null)?.exception ?? cause;
  if (isQuorumError(inner)) return inner;
  const found =
    inner instanceof RangeError
      ? 'nested too deep, or lengths beyond the file'
      : String((inner as Error)?.message ?? inner);
  return new QuorumError({
    code: 'DICOM_INVALID',
    expected: 'a DICOM image',
    found: found.replace(/^dicomParser\./, '').slice(0, 120),
    file,
  });
}
