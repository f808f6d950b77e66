import type { DataSet } from 'dicom-parser';
import { parseUntilPixels } from '../../dicom/readHeader.js';
import { TextReader } from '../../dicom/text.js';
import { QuorumError } from '../../errors.js';
import { withFile } from '../../volume/fileBytes.js';
import { loadDcmjs } from './loadDcmjs.js';

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

/** No header is longer; only so much of a file is read. */
const MOST_BYTES = 1 << 25;

/**
 * Reads patient and study of one DICOM file, in its own character set.
 *
 * @throws QuorumError FILE_NOT_FOUND, FILE_UNREADABLE, DICOM_INVALID (also for a text that its character set cannot decode: a
 *   patient's name is never copied garbled).
 */
export async function readSourceHeader(file: string): Promise<SourceHeader> {
  const dataset = await withFile(file, async (opened) => parse(await opened.read(0, MOST_BYTES), file));
  const reader = new TextReader(dataset);
  const attributes: Record<string, string> = {};
  for (const keyword of TYPE_2) attributes[keyword] = '';
  for (const keyword of COPIED) {
    const text = reader.text(dataset, keyOf(keyword));
    if (text?.includes('\ufffd')) {
      const expected = 'text in the character set that the file names';
      throw new QuorumError({ code: 'DICOM_INVALID', field: keyword, expected, file });
    }
    if (text !== undefined) attributes[keyword] = text;
  }
  const thickness = dataset.floatString('x00180050');
  return { attributes, sliceThickness: thickness !== undefined && thickness > 0 ? thickness : null };
}

function parse(bytes: Uint8Array, file: string): DataSet {
  try {
    return parseUntilPixels(bytes, false);
  } catch (cause) {
    throw new QuorumError({ code: 'DICOM_INVALID', file, expected: 'a DICOM file' }, { cause });
  }
}

function keyOf(keyword: string): string {
  return `x${loadDcmjs().data.DicomMetaDictionary.nameMap[keyword]!.tag.replace(/[(),]/g, '').toLowerCase()}`;
}
