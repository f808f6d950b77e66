import { QuorumError } from '../errors.js';

/** What is known of an examination before it is opened. */
export interface Examination {
  /** As the headers say; null: they do not. */
  readonly patient: string | null;
  readonly date: string | null;
}

/**
 * Whether examinations may be taken for one patient's: by their headers they are not of several, unless the user says that they are one
 * patient's all the same.
 *
 * @throws QuorumError SEVERAL_PATIENTS, TOO_FEW_EXAMINATIONS.
 */
export function refuseSeveralPatients(examinations: readonly Examination[], onePatient: boolean): void {
  const patients = new Set(examinations.flatMap(({ patient }) => patient ?? []));
  if (patients.size > 1 && !onePatient)
    throw new QuorumError({
      code: 'SEVERAL_PATIENTS',
      expected: 'one patient',
      found: `${patients.size} patients`,
    });
  if (examinations.length < 2)
    throw new QuorumError({ code: 'TOO_FEW_EXAMINATIONS', found: `${examinations.length}` });
}
