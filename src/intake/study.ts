import type { Modality } from '../terms.js';
import type { ImageHeader } from '../volume/imageFile.js';

/** One image of an examination: what it was recognised as, why, and its geometry. */
export interface Series {
  /** An image file that `volume` reads; for DICOM the NIfTI that it was converted to, in a private working folder. */
  readonly file: string;
  /** What was interpolated between its slices, in words. */
  readonly mended?: string;
  /** Absent for NIfTI, MHA and NRRD, and where slices were interpolated. */
  readonly dicom?: DicomSeries;
  readonly sequence: Modality | 'mask' | 'other';
  /** Why it was recognised so, in words; `chosen by the user` after an override. */
  readonly reason: string;
  /** 0..1: how far signs agree. Ranks recognitions; it is no measured probability. 1 after an override. */
  readonly confidence: number;
  readonly header: ImageHeader;
  readonly about: AboutSeries;
}

/** What the headers say of a series; a field is absent where they are silent. */
export interface AboutSeries {
  readonly description?: string;
  readonly protocol?: string;
  /** ISO 8601 date, with the time where it is known, no zone. */
  readonly acquired?: string;
  /** Milliseconds. */
  readonly echoTime?: number;
  readonly repetitionTime?: number;
  readonly inversionTime?: number;
  /** null: the field is there and says that none was given. */
  readonly contrastAgent?: string | null;
  /** Millimetres. */
  readonly sliceThickness?: number;
  readonly manufacturer?: string;
  /** Tesla. */
  readonly fieldStrength?: number;
  readonly seriesNumber?: number;
  /** Degrees. */
  readonly flipAngle?: number;
  /** Counted from 1 within an acquisition of several echoes. */
  readonly echoNumber?: number;
  /** Scanning Sequence and Sequence Variant, upper case: SE, IR, GR, EP; SK, SP, MP, SS. */
  readonly scanning?: readonly string[];
  readonly variant?: readonly string[];
  /** Image Type, upper case. */
  readonly imageType?: readonly string[];
  /** s/mm². */
  readonly bValue?: number;
  /** Body Part Examined. */
  readonly bodyPart?: string;
  readonly sequenceName?: string;
  /** When the contrast agent was injected: ISO 8601, no zone. */
  readonly injected?: string;
  /** Time of day of the acquisition where its date is not known: HH:MM:SS. */
  readonly clock?: string;
}

/** Identity and geometry of a DICOM series; every position and direction in DICOM's LPS mm. */
export interface DicomSeries {
  readonly studyInstanceUid: string;
  /** Of the first frame; a volume that the scanner split over two series has frames of both. */
  readonly seriesInstanceUid: string;
  readonly frameOfReferenceUid: string | null;
  readonly modality: string;
  /** As in the files, for exports that must carry it; never logged. */
  readonly patient: DicomPatient;
  /** One a slice, in the order of the converted NIfTI's slices. */
  readonly frames: readonly DicomFrame[];
  readonly rows: number;
  readonly columns: number;
  /** Between rows, between columns, in mm, as in the DICOM attribute. */
  readonly pixelSpacing: readonly [number, number];
}

export interface DicomPatient {
  readonly id: string | null;
  readonly name: string | null;
  readonly sex: string | null;
  /** DICOM DA: YYYYMMDD. */
  readonly birthDate: string | null;
}

export interface DicomFrame {
  readonly file: string;
  /** Counted from 0 within the file. */
  readonly frame: number;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly imagePositionPatient: readonly [number, number, number];
  readonly imageOrientationPatient: readonly [number, number, number, number, number, number];
}

/** One patient, one examination: its series, and which of them serves as which sequence. */
export interface Study {
  /** The folder's name, or the common prefix of loose files. */
  readonly name: string;
  /** The folder the series lie in, or null for loose files from several folders. */
  readonly folder: string | null;
  readonly series: readonly Series[];
  readonly images: Readonly<Partial<Record<Modality, Series>>>;
  readonly masks: readonly Series[];
}

/** Files that the user named for a sequence (`--t1 FILE`); they win over what names say. */
export type SequenceOverrides = Readonly<Partial<Record<Modality, string>>>;
