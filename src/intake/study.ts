import type { DicomSeries } from '../dicom/series.js';
import type { AboutSeries } from '../recognise/about.js';
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
