import { readFile } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import dcmjs from 'dcmjs';
import { type DataSet, parseDicom } from 'dicom-parser';
import { QuorumError } from '../../errors.js';

/** Attributes of the Patient, Clinical Trial Subject, General Study, Patient Study and Frame of Reference modules that are copied. */
const COPIED = [
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'PatientBirthDate',
  'PatientSex',
  'EthnicGroup',
  'PatientIdentityRemoved',
  'DeidentificationMethod',
  'ClinicalTrialSponsorName',
  'ClinicalTrialProtocolID',
  'ClinicalTrialProtocolName',
  'ClinicalTrialSiteID',
  'ClinicalTrialSiteName',
  'ClinicalTrialSubjectID',
  'ClinicalTrialSubjectReadingID',
  'StudyDate',
  'StudyTime',
  'ReferringPhysicianName',
  'StudyID',
  'AccessionNumber',
  'StudyDescription',
  'PatientAge',
  'PatientSize',
  'PatientWeight',
  'PositionReferenceIndicator',
] as const;

/** Attributes that must be there, be they empty. */
const TYPE_2 = [
  'PatientName',
  'PatientID',
  'PatientBirthDate',
  'PatientSex',
  'StudyDate',
  'StudyTime',
  'ReferringPhysicianName',
  'StudyID',
  'AccessionNumber',
  'PositionReferenceIndicator',
] as const;

/** What a derived object takes over from its source: DICOM keyword → text, decoded. */
export interface SourceHeader {
  readonly attributes: Readonly<Record<string, string>>;
  readonly sliceThickness: number | null;
}

/** A header is small: what inflates to more is no image's header and its pixels. */
const MOST_INFLATED = 1 << 30;

/**
 * Reads patient and study of one DICOM file, in whatever character set it is.
 *
 * @throws QuorumError FILE_UNREADABLE, HEADER_INVALID (no DICOM, or a character set that is not known).
 */
export async function readSourceHeader(file: string): Promise<SourceHeader> {
  const bytes = await readFile(file).catch((cause) => {
    throw new QuorumError({ code: 'FILE_UNREADABLE', file }, { cause });
  });
  const dataset = parse(bytes, file);
  const decode = decoderFor(dataset.string('x00080005') ?? '', file);
  const attributes: Record<string, string> = {};
  for (const keyword of TYPE_2) attributes[keyword] = '';
  for (const keyword of COPIED) {
    const element = dataset.elements[keyOf(keyword)];
    if (!element) continue;
    const raw = dataset.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
    attributes[keyword] = decode(raw).replace(/[\0 ]+$/, '');
    if (attributes[keyword].includes('\ufffd'))
      throw new QuorumError({
        code: 'HEADER_INVALID',
        field: keyword,
        expected: 'text in its character set',
        file,
      });
  }
  const thickness = dataset.floatString('x00180050');
  return { attributes, sliceThickness: thickness !== undefined && thickness > 0 ? thickness : null };
}

function parse(bytes: Buffer, file: string): DataSet {
  try {
    return parseDicom(bytes, {
      untilTag: 'x7fe00010',
      inflater: (all: Uint8Array, position: number) => {
        const inflated = inflateRawSync(all.subarray(position), { maxOutputLength: MOST_INFLATED });
        return Buffer.concat([all.subarray(0, position), inflated]);
      },
    });
  } catch (cause) {
    throw new QuorumError({ code: 'HEADER_INVALID', file, expected: 'a DICOM file' }, { cause });
  }
}

function keyOf(keyword: string): string {
  return `x${dcmjs.data.DicomMetaDictionary.nameMap[keyword]!.tag.replace(/[(),]/g, '').toLowerCase()}`;
}

/** Specific Character Set (PS3.3 C.12.1.1.2) → the name of the encoding that holds it (WHATWG). */
const ENCODINGS: readonly (readonly [terms: RegExp, encoding: string])[] = [
  [/IR 192/, 'utf-8'],
  [/GB18030|GBK|IR 58/, 'gb18030'],
  [/IR (87|159)/, 'iso-2022-jp'],
  [/IR 13\b/, 'shift_jis'],
  [/IR 149/, 'euc-kr'],
  [/IR 100/, 'iso-8859-1'],
  [/IR 101/, 'iso-8859-2'],
  [/IR 109/, 'iso-8859-3'],
  [/IR 110/, 'iso-8859-4'],
  [/IR 144/, 'iso-8859-5'],
  [/IR 127/, 'iso-8859-6'],
  [/IR 126/, 'iso-8859-7'],
  [/IR 138/, 'iso-8859-8'],
  [/IR 148/, 'iso-8859-9'],
  [/IR 166/, 'windows-874'],
  [/IR 203/, 'iso-8859-15'],
  [/IR 6\b|^\\*$/, 'windows-1252'],
];

function decoderFor(characterSet: string, file: string): (bytes: Uint8Array) => string {
  const encoding = ENCODINGS.find(([terms]) => terms.test(characterSet.replaceAll('_', ' ')))?.[1];
  if (encoding === undefined)
    throw new QuorumError({
      code: 'HEADER_INVALID',
      field: 'SpecificCharacterSet',
      found: characterSet,
      file,
    });
  const decoder = new TextDecoder(encoding);
  // iso-2022-jp switches sets by these sequences itself; in the others they only announce what the bytes say anyway.
  if (encoding === 'iso-2022-jp') return (bytes) => decoder.decode(bytes);
  return (bytes) => decoder.decode(withoutEscapes(bytes));
}

/** Leaves out ISO 2022's escape sequences: ESC, intermediate bytes 20–2F, a final byte. */
function withoutEscapes(bytes: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0x1b) {
      kept.push(bytes[at]);
      continue;
    }
    at++;
    while (bytes[at] >= 0x20 && bytes[at] <= 0x2f) at++;
  }
  return Uint8Array.from(kept);
}
