/**
 * Errors are data: a code, the field, what was expected, what was found, and the file.
 * Sentences for people are made from this at the edge (`contract/messages.ts`).
 */
export interface Problem {
  readonly code: ErrorCode;
  /** The header field, option or stage that is wrong, e.g. `dim[4]`. */
  readonly field?: string | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly file?: string | undefined;
  /** All files concerned, when there are several (e.g. two files for one sequence). */
  readonly files?: readonly string[] | undefined;
  /** Further problems of the same input, when several were found at once. */
  readonly also?: readonly Problem[] | undefined;
}

/** Every code that Quorum raises. `contract/messages.ts` holds one text and one remedy per code. */
export const ERROR_CODES = [
  // reading image files
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'FORMAT_UNKNOWN',
  'HEADER_INVALID',
  'DATA_TRUNCATED',
  'DATA_TOO_LARGE',
  'DATA_CORRUPT',
  'NOT_3D',
  'DATATYPE_UNSUPPORTED',
  'VALUES_NOT_FINITE',
  'LABELS_INVALID',
  // intake
  'NO_IMAGES',
  'ONLY_MASKS',
  'SEQUENCE_AMBIGUOUS',
  'SEQUENCE_UNKNOWN',
  'SEQUENCE_NOT_AVAILABLE',
  'MASK_AS_IMAGE',
  'DICOM_INVALID',
  'CONVERSION_FAILED',
  'CONVERSION_TOO_LONG',
  'ARCHIVE_UNSAFE',
  'FOLDER_TOO_LARGE',
  'NOT_CONFIRMED',
  'SEVERAL_STUDIES',
  'SEVERAL_PATIENTS',
  'TOO_FEW_EXAMINATIONS',
  'STUDY_UNKNOWN',
  'SERIES_UNKNOWN',
  // prepare
  'GRIDS_DIFFER',
  'NOT_SKULL_STRIPPED',
  'NOT_ISOTROPIC_1MM',
  'EMPTY_IMAGE',
  'REGISTRATION_FAILED',
  'IMAGES_APART',
  'BRAIN_NOT_FOUND',
  'ATLAS_INVALID',
  'BRAIN_INCOMPLETE',
  'BRAIN_MASK_INVALID',
  // models and weights
  'WEIGHTS_INVALID',
  'MODEL_INVALID',
  'MODEL_NOT_FOUND',
  'MODEL_HASH_MISMATCH',
  // engines
  'ENGINE_FAILED',
  'DEVICE_NOT_AVAILABLE',
  'DEVICE_REJECTED',
  // training and evaluation
  'DATASET_INVALID',
  'SPLIT_INVALID',
  'CONFIG_INVALID',
  'RUN_BUSY',
  'CASE_UNKNOWN',
  'CHECKPOINT_INVALID',
  'PREDICTIONS_MISSING',
  'LABELS_UNKNOWN',
  'LABELS_IN_DOUBT',
  // export to DICOM
  'NOT_DICOM',
  'DICOM_INCOMPLETE',
  'FRAMES_DIFFER',
  'MASK_EMPTY',
  // output and jobs
  'OUTPUT_EXISTS',
  'OUTPUT_INSIDE_INPUT',
  'OUTPUT_NOT_WRITABLE',
  'DISK_FULL',
  'CANCELLED',
  'WORKER_DIED',
  'REQUEST_INVALID',
  'NOT_REACHED',
  // cohorts
  'COHORT_INVALID',
  'COHORT_BUSY',
  'COHORT_INPUT_UNKNOWN',
  // open cases
  'NOT_OPEN',
  'RESULT_MISSING',
  'HEAD_NOT_KEPT',
  'EDIT_MISSING',
  'FORGET_INCOMPLETE',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export class QuorumError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.code, options);
    this.name = 'QuorumError';
    this.problem = problem;
  }

  get code(): ErrorCode {
    return this.problem.code;
  }
}

/** @throws QuorumError CANCELLED once the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
}

const CODES: ReadonlySet<unknown> = new Set(ERROR_CODES);

/**
 * Whether something thrown is one of Quorum's errors, told by its data: a bundle and the modules beside it each have a class
 * `QuorumError` of their own, and the error of one is no `instanceof` the other.
 */
export function isQuorumError(error: unknown): error is QuorumError {
  const { name, problem } = (error ?? {}) as { name?: unknown; problem?: { code?: unknown } | null };
  return name === 'QuorumError' && CODES.has(problem?.code);
}

/** The Problem inside anything thrown; what is not a QuorumError becomes INTERNAL with its message as `found`. */
export function problemOf(error: unknown): Problem {
  if (isQuorumError(error)) return error.problem;
  return { code: 'INTERNAL', found: error instanceof Error ? error.message : String(error) };
}
