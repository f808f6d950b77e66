import type { Age } from './age.js';
import type { DicomPatient } from './series.js';

export type Triple = readonly [number, number, number];
export type Six = readonly [number, number, number, number, number, number];

/** Where one frame lies, in DICOM's LPS mm, and what may differ from frame to frame. */
export interface FrameFacts {
  readonly position: Triple | null;
  readonly orientation: Six | null;
  /** Between rows, between columns. */
  readonly pixelSpacing: readonly [number, number] | null;
  /** Milliseconds. */
  readonly echoTime: number | undefined;
  readonly inversionTime: number | undefined;
  readonly bValue: number | undefined;
  /** Values 3 and on of Image Type: M, P, NORM, … */
  readonly kind: string;
  readonly temporalIndex: number | undefined;
  /** ISO 8601, of a frame that has a time of its own. */
  readonly acquired?: string;
}

/** What Quorum takes from the header of one DICOM file; never its pixels. */
export interface DicomImage {
  readonly file: string;
  readonly transferSyntax: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  readonly frameOfReferenceUid: string | null;
  readonly modality: string;
  readonly patient: DicomPatient;
  /** From Patient's Age, else from birth date and study date. */
  readonly age: Age | null;
  readonly imageType: readonly string[];
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly photometric: string;
  readonly lossy: boolean;
  readonly seriesNumber: number | undefined;
  readonly instanceNumber: number | undefined;
  readonly acquisitionNumber: number | undefined;
  readonly description: string | undefined;
  readonly protocol: string | undefined;
  readonly sequenceName: string | undefined;
  /** Free texts that may tell of an operation or of irradiation: study description, comments, history, diagnoses. */
  readonly studyTexts: readonly string[];
  /** Scanning Sequence: SE, IR, GR, EP; Sequence Variant: SK, SP, MP, SS. */
  readonly scanning: readonly string[];
  readonly variant: readonly string[];
  /** Degrees. */
  readonly flipAngle: number | undefined;
  readonly echoNumber: number | undefined;
  readonly bodyPart: string | undefined;
  /** When the contrast agent was injected: ISO 8601, no zone. */
  readonly injected: string | undefined;
  readonly repetitionTime: number | undefined;
  readonly echoTrainLength: number | undefined;
  /** undefined: no such field; null: empty, or it says that none was given. */
  readonly contrastAgent: string | null | undefined;
  readonly studyDate: string | undefined;
  /** ISO 8601, of the acquisition, else the series, else the study. */
  readonly acquired: string | undefined;
  readonly sliceThickness: number | undefined;
  readonly manufacturer: string | undefined;
  readonly fieldStrength: number | undefined;
  readonly frames: readonly FrameFacts[];
}
