import type { DicomImage } from './dicom/image.js';

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
