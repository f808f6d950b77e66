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
