import type { DicomImage } from '../dicom/image.js';

/** Who was examined, as the headers say. Shown to the user; never logged, never in a cache or its keys, written only where it is asked for. */
export interface Patient {
  /** As PatientID. */
  readonly id: string | null;
  /** As PatientName, its parts parted by `^`. */
  readonly name: string | null;
  readonly sex: 'F' | 'M' | 'O' | null;
  /** ISO 8601. */
  readonly birthDate: string | null;
  /** Whole years at the examination. */
  readonly age: number | null;
}

/** Longest part of a name: a file's own ending still fits on every disk. */
const LONGEST_PART = 48;

/**
 * What the files of an examination are called: the patient's number and the date, so that a user knows them again; null where
 * headers give neither. Never the patient's name.
 *
 * @param date ISO 8601.
 */
export function examinationName({ id }: Pick<Patient, 'id'>, date: string | null): string | null {
  const number = id && inFileName(id);
  const day = date?.slice(0, 10);
  if (number) return day ? `${number}_${day}` : number;
  return day ? `examination_${day}` : null;
}

/** A header's text as a part of a name that every file system takes. */
function inFileName(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}.-]+/gu, '_')
    .replace(/^[._-]+|[._-]+$/g, '')
    .slice(0, LONGEST_PART);
}

/** The patient of one examination's files: of each fact the first that any file gives. */
export function patientOf(images: readonly DicomImage[]): Patient {
  const first = <T>(of: (image: DicomImage) => T | null) => images.map(of).find((value) => value) ?? null;
  const sex = first(({ patient }) => patient.sex)
    ?.trim()
    .toUpperCase();
  const birth = first(({ patient }) => patient.birthDate)?.match(/^(\d{4})\.?(\d\d)\.?(\d\d)/);
  return {
    id: first(({ patient }) => patient.id),
    name: first(({ patient }) => patient.name),
    sex: sex === 'F' || sex === 'M' || sex === 'O' ? sex : null,
    birthDate: birth ? birth.slice(1).join('-') : null,
    age: images.map(({ age }) => age).find((age) => age !== null)?.years ?? null,
  };
}
