import type { DicomVolume } from '../dicom/volumes.js';
import type { Problem } from '../errors.js';
import type { AboutSeries } from '../recognise/about.js';
import type { Judgement } from '../recognise/recognise.js';
import type { Modality } from '../terms.js';
import type { ImageHeader } from '../volume/imageFile.js';
import type { Grid } from '../volume/volume.js';
import type { Patient } from './patient.js';

/** What was found below folders: examinations to choose from, and what belongs to none. */
export interface Scan {
  /** Those with most of the four sequences first. */
  readonly studies: readonly StudyCandidate[];
  readonly files: number;
  /** Files that are no images, counted by what they are. */
  readonly ignored: readonly { readonly what: string; readonly count: number }[];
  /** Files that look like images and cannot be read; equal problems once, with the first file and how many there are. */
  readonly problems: readonly { readonly problem: Problem; readonly count: number }[];
}

/** One patient and one examination, not yet converted. */
export interface StudyCandidate {
  /** Made of what the files say; the same for the same files wherever they lie. */
  readonly id: string;
  /** For file names: the folder's name of image files; of DICOM the patient's number and the date. Its own within one scan. */
  readonly name: string;
  /** Where nobody may be identified: the folder's name of image files, of DICOM the date. */
  readonly title: string;
  /** As shown to the user: the folder or archive that holds it. */
  readonly shown: string;
  readonly kind: 'dicom' | 'files';
  /** Null for image files. */
  readonly patient: Patient | null;
  /** ISO 8601 date of the examination. */
  readonly date: string | null;
  readonly description: string | null;
  /** Study description, requested procedure and the like; they may identify the patient. */
  readonly texts: readonly string[];
  /** What the user has to confirm before it is taken for one patient's one examination; empty when the headers are clear. */
  readonly doubts: readonly string[];
  /** What is to be said of it and need not be confirmed. */
  readonly remarks: readonly string[];
  readonly series: readonly FoundSeries[];
  readonly choices: Readonly<Partial<Record<Modality, Choice>>>;
  /** Sequences that stay empty because it is not settled which series they are. */
  readonly questions: readonly Question[];
  readonly suggestions: Suggestions;
}

/** One volume of a candidate. */
export interface FoundSeries {
  /** SHA-256 (first 32 hex digits) of its content: of an image file's bytes, or of the SOP instances' UIDs. */
  readonly id: string;
  readonly source: FileSource | DicomSource;
  /** Its file, or the folder of its files. */
  readonly shown: string;
  readonly files: number;
  readonly duplicates: number;
  readonly sequence: Modality | 'mask' | 'other';
  readonly reason: string;
  readonly confidence: number;
  /** What its voxels look like where headers and names are silent; never taken without the user. */
  readonly guess?: Modality;
  /** Why it is no image to segment from, in words; null when it may be one. */
  readonly setAside: string | null;
  /** What is interpolated in it, as the user wished; absent for a series as it was acquired. */
  readonly mended?: string;
  /** What names and headers say of it by itself; null for a mask. */
  readonly judgement: Judgement | null;
  /** Why it is not settled what it is: it then serves as nothing until the user says. */
  readonly doubt: string | null;
  /** Chosen by the user, now or for the same content earlier. */
  readonly chosen: boolean;
  readonly about: AboutSeries;
  /** null where the header does not say where its slices lie. */
  readonly grid: Grid | null;
}

/** How a series is called where no path may stand: a file by its name, DICOM by its number. */
export function seriesLabel({ source, about, id }: FoundSeries): string {
  if (source.kind === 'file') return source.file.split(/[\\/]/).at(-1)!;
  return about.seriesNumber === undefined
    ? `DICOM series ${id.slice(0, 8)}`
    : `DICOM series ${about.seriesNumber}`;
}

export interface FileSource {
  readonly kind: 'file';
  readonly file: string;
  readonly header: ImageHeader;
}

export interface DicomSource {
  readonly kind: 'dicom';
  readonly volume: DicomVolume;
  /** Of each file that has a frame in it. */
  readonly transferSyntaxes: ReadonlyMap<string, string>;
}

/** Which series serves as a sequence, and why the others do not. */
export interface Choice {
  readonly winner: string;
  readonly rejected: readonly { readonly id: string; readonly why: string }[];
}

/** What the user is asked: which of these series is which of these sequences. */
export interface Question {
  readonly sequences: readonly Modality[];
  readonly series: readonly string[];
  readonly why: string;
}

/** Answers to the app's questions that the files suggest; never taken for given. */
export interface Suggestions {
  readonly adult: Suggestion | null;
  readonly treated: Suggestion | null;
  readonly glioma: Suggestion | null;
}

export interface Suggestion {
  readonly answer: boolean;
  /** Where it was read, in words. */
  readonly source: string;
}
