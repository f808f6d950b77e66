import { z } from 'zod';

/**
 * Who was examined, as DICOM headers say; null where they do not. For the window alone: never logged, never in a cache or its keys,
 * written only where the user asks for it.
 */
export const patientSchema = z.object({
  id: z.string().nullable(),
  /** As PatientName, its parts parted by `^`. */
  name: z.string().nullable(),
  sex: z.enum(['F', 'M', 'O']).nullable(),
  /** ISO 8601. */
  birthDate: z.string().nullable(),
  /** Whole years at the examination. */
  age: z.number().nullable(),
});
export type Patient = z.infer<typeof patientSchema>;

/** `MUSTER, Anna` from `Muster^Anna`; of several writings of a name the first. */
export function patientName(name: string): string {
  const [family, ...given] = name.split('=')[0].split('^');
  const rest = given.filter(Boolean).join(' ');
  return rest ? `${family.toUpperCase()}, ${rest}` : family;
}

/** `F 54 y`; empty where neither is known. */
export function sexAndAge({ sex, age }: Patient): string {
  return [sex, age === null ? null : `${age} y`].filter((part) => part !== null).join(' ');
}

/** Whole days from one ISO date to another. */
export function daysBetween(from: string, to: string): number {
  const day = (text: string) => Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  return Math.round((day(to) - day(from)) / 86_400_000);
}
