import { createHash, randomUUID } from 'node:crypto';
import type { DicomSeries } from '../../dicom/series.js';
import type { Region } from '../../terms.js';
import { loadDcmjs } from './loadDcmjs.js';
import type { SourceHeader } from './sourceHeader.js';

/** A data set by keyword, as in dcmjs: sequences are arrays of such objects. */
export type Dataset = Record<string, unknown>;

/** The first words of every Series Description. */
export const RESEARCH_ONLY = 'RESEARCH, NOT FOR DIAGNOSIS';

const EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';

/** What made a mask: goes into the equipment and algorithm of every DICOM object. */
export interface Provenance {
  readonly quorumVersion: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** SHA-256 of the model, hexadecimal. */
  readonly modelHash: string;
  readonly editedByHand: boolean;
  /** What else decided the mask, e.g. `T1 + FLAIR, threshold 0.5`. */
  readonly settings: string;
  /** False: these sequences do not support the region; its label is an estimate. */
  readonly supported: Readonly<Record<Region, boolean>>;
  /** What is to be said of a region that is supported, e.g. how far it is to be trusted; null: nothing. */
  readonly remarks: Readonly<Record<Region, string | null>>;
  readonly createdAt: Date;
  /** A new unique identifier for every object. */
  readonly newUid: () => string;
}

/** A DICOM file (PS3.10) with Explicit VR Little Endian. Pixels are written as bytes (OB). */
export function encodeDicom(dataset: Dataset, pixels: Uint8Array): Uint8Array {
  return encode(
    { ...dataset, PixelData: [pixels.buffer], _vrMap: { PixelData: 'OB' } },
    EXPLICIT_VR_LITTLE_ENDIAN,
  );
}

/**
 * A DICOM file without pixels, with Implicit VR Little Endian: with Explicit VR no decimal string may be longer than 65,534 bytes
 * (PS3.5 7.1.2), which the points of a contour can be.
 */
export function encodeDicomWithoutPixels(dataset: Dataset): Uint8Array {
  return encode(dataset, IMPLICIT_VR_LITTLE_ENDIAN);
}

function encode(dataset: Dataset, transferSyntax: string): Uint8Array {
  const value = (vr: string, ...values: unknown[]) => ({ vr, Value: values });
  const { DicomDict, DicomMetaDictionary } = loadDcmjs().data;
  const dict = new DicomDict({
    '00020001': value('OB', Uint8Array.of(0, 1).buffer),
    '00020002': value('UI', dataset.SOPClassUID),
    '00020003': value('UI', dataset.SOPInstanceUID),
    '00020010': value('UI', transferSyntax),
    '00020012': value('UI', IMPLEMENTATION_CLASS),
    '00020013': value('SH', 'QUORUM'),
  });
  dict.dict = DicomMetaDictionary.denaturalizeDataset({ SpecificCharacterSet: 'ISO_IR 192', ...dataset });
  return new Uint8Array(dict.write());
}

/** A new unique identifier: 2.25 and a random UUID as a decimal number (PS3.5 B.2). */
export function newUid(): string {
  return uidOf(randomUUID());
}

/** The same identifier for the same text, e.g. of a device. */
function uidOfText(text: string): string {
  return uidOf(createHash('sha256').update(text).digest('hex').slice(0, 32));
}

function uidOf(uuid: string): string {
  return `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`;
}

const IMPLEMENTATION_CLASS = uidOfText('Quorum');

/** One item of a code sequence. */
export function code(value: string, scheme: 'SCT' | 'DCM' | 'NCIt', meaning: string): Dataset[] {
  return [{ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning }];
}

/** What made a segment or region: model, version, weights and settings. */
export function algorithmIdentification({
  modelName,
  modelVersion,
  modelHash,
  settings,
}: Provenance): Dataset[] {
  return [
    {
      AlgorithmFamilyCodeSequence: code('123110', 'DCM', 'Artificial Intelligence'),
      AlgorithmName: modelName.slice(0, 64),
      AlgorithmVersion: modelVersion.slice(0, 64),
      AlgorithmParameters: `model SHA-256 ${modelHash}; ${settings}`,
      AlgorithmSource: 'Quorum',
    },
  ];
}

/** A decimal string of at most 16 characters. */
export function decimal(value: number): string {
  return String(Number(value.toPrecision(10)));
}

/** DA and TM of a moment in local time. */
export function dateAndTime(moment: Date): { date: string; time: string } {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join('');
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join('');
  return { date, time };
}

/** Patient, study, series, equipment and SOP common modules: what both kinds of object have. */
export function commonModules(
  series: DicomSeries,
  header: SourceHeader,
  provenance: Provenance,
  own: {
    readonly sopClass: string;
    readonly modality: string;
    readonly number: number;
    readonly title: string;
  },
): Dataset {
  const { date, time } = dateAndTime(provenance.createdAt);
  const { quorumVersion, modelName, modelVersion, modelHash } = provenance;
  return {
    ...header.attributes,
    SOPClassUID: own.sopClass,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    StudyInstanceUID: series.studyInstanceUid,
    Modality: own.modality,
    SeriesNumber: String(own.number),
    SeriesDescription: `${RESEARCH_ONLY}: ${own.title}`.slice(0, 64),
    SeriesDate: date,
    SeriesTime: time,
    ContentDate: date,
    ContentTime: time,
    Manufacturer: 'Quorum',
    ManufacturerModelName: 'Quorum',
    DeviceSerialNumber: modelHash.slice(0, 16),
    DeviceUID: uidOfText(`Quorum ${quorumVersion} ${modelHash}`),
    SoftwareVersions: [`Quorum ${quorumVersion}`, `${modelName} ${modelVersion}`.slice(0, 64)],
    ContentQualification: 'RESEARCH',
    BurnedInAnnotation: 'NO',
  };
}

/** VR ST holds at most this many characters (PS3.5 6.2). */
const MOST_IN_SHORT_TEXT = 1024;

/** A region's title with what is to be said of it, for a description. */
export function describedRegion(title: string, region: Region, { supported, remarks }: Provenance): string {
  const remark = supported[region] ? remarks[region] : 'a guess: not reliable from these sequences';
  return (remark ? `${title}; ${remark}` : title).slice(0, MOST_IN_SHORT_TEXT);
}
