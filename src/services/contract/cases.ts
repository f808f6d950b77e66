import { z } from 'zod';
import {
  caseIdSchema,
  headerSchema,
  jobIdSchema,
  modalitySchema,
  nothing,
  problemSchema,
  sequenceSchema,
} from './basic.js';
import { editStateSchema } from './edits.js';
import { namedMaskSchema } from './masks.js';
import { resultSchema } from './results.js';

/** Open cases: what lies in a folder, which file serves as which sequence, what the user says about the patient. */

/** Never answered by default: all three are null until the user has chosen, `unknown` included. */
const answerSchema = z.enum(['yes', 'no', 'unknown']);
export const answersSchema = z.strictObject({
  /** Is the patient an adult? */
  adult: answerSchema,
  /** Was the patient operated or irradiated? */
  treated: answerSchema,
  /** Is a glioma suspected or known? */
  glioma: answerSchema,
});
export type Answers = z.infer<typeof answersSchema>;

const fileSchema = z.object({
  file: z.string(),
  /** The file's name without its folder. */
  name: z.string(),
  /** What it serves as now. */
  sequence: sequenceSchema,
  /** Why, in words. */
  reason: z.string(),
  /** True after `cases.assign`. */
  chosen: z.boolean(),
  /** Null when the header cannot be read; `problem` says why. */
  header: headerSchema.nullable(),
  problem: problemSchema.nullable(),
});
export type CaseFile = z.infer<typeof fileSchema>;

export const openCaseSchema = z.object({
  id: z.string(),
  name: z.string(),
  folder: z.string().nullable(),
  files: z.array(fileSchema),
  /** The file that serves as each sequence; null is an empty slot, or one that several files claim. */
  slots: z.record(modalitySchema, z.string().nullable()),
  /** Sequences that several files claim: nothing is taken until one of them is assigned. */
  ambiguous: z.array(modalitySchema),
  available: z.array(modalitySchema),
  answers: answersSchema.nullable(),
  /** The last finished segmentation, or null. */
  result: resultSchema.nullable(),
  /** The mask edited by hand (restored from the journal when the case was opened), or null. */
  edits: editStateSchema.nullable(),
  masks: z.array(namedMaskSchema),
});
export type OpenCase = z.infer<typeof openCaseSchema>;

export const casesContract = {
  /**
   * Opens one case: a folder, or loose files. A folder of several case folders gives `choose`: call again with one of them.
   * Opening what is open already gives the same case.
   */
  'cases.open': {
    request: z.strictObject({
      paths: z.array(z.string().min(1)).min(1),
      /** False: not listed among the recent folders (temporary folders of dropped files). */
      remember: z.boolean().default(true),
    }),
    response: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('case'), case: openCaseSchema }),
      z.object({
        kind: z.literal('choose'),
        folders: z.array(z.object({ name: z.string(), folder: z.string() })),
      }),
    ]),
  },
  'cases.list': { request: nothing, response: z.array(openCaseSchema) },
  'cases.get': { request: caseIdSchema, response: openCaseSchema },
  /** Corrects what a file serves as; a file that held that sequence before becomes `other`. Results and edits stay. */
  'cases.assign': {
    request: caseIdSchema.extend({ file: z.string(), sequence: sequenceSchema }),
    response: openCaseSchema,
  },
  'cases.answer': { request: caseIdSchema.extend({ answers: answersSchema }), response: openCaseSchema },
  /** Frees memory. Edits stay on disk, and come back when the case is opened again. */
  'cases.close': { request: caseIdSchema, response: nothing },
  /** Closes the case and removes every trace: cached results, edits, masks opened beside it, recent folders. */
  'cases.forget': { request: caseIdSchema, response: nothing },
  /** Runs the network once per sequence in a job; the job's result is the case's new `result`. */
  'cases.segment': {
    request: caseIdSchema.extend({
      /** Only these sequences; null is all that are available. */
      use: z.array(modalitySchema).min(1).nullable().default(null),
      /** Id of an installed model (`models.list`); null is the one chosen in the settings. */
      model: z.string().nullable().default(null),
      /** A device's id; null is the one chosen in the settings. */
      device: z.string().nullable().default(null),
      /** Accept input that is not skull-stripped, about 1 mm or on one grid. */
      force: z.boolean().default(false),
    }),
    response: jobIdSchema,
  },
} as const;
