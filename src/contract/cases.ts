import { z } from 'zod';
import {
  caseIdSchema,
  gridSchema,
  headerSchema,
  jobIdSchema,
  knownFileSchema,
  modalitySchema,
  nothing,
  pathSchema,
  problemSchema,
  sequenceSchema,
} from './basic.js';
import { editStateSchema } from './edits.js';
import { namedMaskSchema } from './masks.js';
import { patientSchema } from './patient.js';
import { preparationSchema } from './preparation.js';
import { resultSchema } from './results.js';

/** Open cases: what lies in a folder, which file serves as which sequence, what the user says about the patient. */

/** Never answered by default: all three are null until the user has chosen, `unknown` included. */
export const answerSchema = z.enum(['yes', 'no', 'unknown']);
export const answersSchema = z.strictObject({
  /** Is the patient an adult? */
  adult: answerSchema,
  /** Was the patient operated or irradiated? */
  treated: answerSchema,
  /** Is a glioma suspected or known? */
  glioma: answerSchema,
});
export type Answers = z.infer<typeof answersSchema>;

/** Answers that headers and names suggest, with where that was read; never taken for given. */
const suggestionSchema = z.object({ answer: z.enum(['yes', 'no']), source: z.string() }).nullable();
export const suggestionsSchema = z.object({
  adult: suggestionSchema,
  treated: suggestionSchema,
  glioma: suggestionSchema,
});

/** What is known of a series that was found by a scan. */
const seriesAboutSchema = z.object({
  /** Names it for `cases.assignSeries`. */
  id: z.string(),
  /** Its file, or the folder of its files, as given. */
  shown: z.string(),
  description: z.string().nullable(),
  /** ISO 8601, with the time where it is known. */
  acquired: z.string().nullable(),
  number: z.number().nullable(),
  files: z.int(),
  duplicates: z.int(),
  isDicom: z.boolean(),
  /** 0..1; ranks recognitions, no measured probability. */
  confidence: z.number(),
  /** What its voxels look like where headers and names are silent; never taken unasked. */
  guess: modalitySchema.nullable(),
  /** Why it is no image to segment from; null when it may be one. */
  setAside: z.string().nullable(),
  /** What interpolation would mend, where that alone keeps it out; null else. */
  mend: z.string().nullable(),
  /** Why another series of the same sequence is taken; null where none is. */
  rejected: z.string().nullable(),
});
export type SeriesAbout = z.infer<typeof seriesAboutSchema>;

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
  /** Null for images that are recognised by their file names alone. */
  series: seriesAboutSchema.nullable(),
});
export type CaseFile = z.infer<typeof fileSchema>;

const scanNotesSchema = z.object({
  files: z.int(),
  ignored: z.array(z.object({ what: z.string(), count: z.int() })),
  problems: z.array(z.object({ problem: problemSchema, count: z.int() })),
});

/** One examination of one patient, among others or open. */
const studyChoiceSchema = z.object({
  id: z.string(),
  /** The folder or archive that holds it. */
  shown: z.string(),
  isDicom: z.boolean(),
  /** Null for image files. */
  patient: patientSchema.nullable(),
  date: z.string().nullable(),
  description: z.string().nullable(),
  series: z.int(),
  sequences: z.array(modalitySchema),
  /** Whether there is an image that can be segmented, or may be one. */
  usable: z.boolean(),
  /** What the user has to confirm before it is opened; empty when the headers are clear. */
  doubts: z.array(z.string()),
});
export type StudyChoice = z.infer<typeof studyChoiceSchema>;

/** Whose images a case holds, for the window. */
const examinationSchema = z.object({
  patient: patientSchema.nullable(),
  /** ISO 8601. */
  date: z.string().nullable(),
  description: z.string().nullable(),
  /** What was opened; with one of `others` it opens that. */
  paths: z.array(z.string()),
  /** As `cases.open` was told. */
  remember: z.boolean(),
  /** Others of this patient that lay beside it. */
  others: z.array(studyChoiceSchema),
});

export const openCaseSchema = z.object({
  id: z.string(),
  /** What its files are called: the folder's name, of DICOM the patient's number and the date. */
  name: z.string(),
  /** The same without anything that identifies the patient. */
  title: z.string(),
  folder: z.string().nullable(),
  files: z.array(fileSchema),
  /** The file that serves as each sequence; null is an empty slot, or one that several files claim. */
  slots: z.record(modalitySchema, z.string().nullable()),
  /** Which of these files is which of these sequences, and why it is not settled; nothing serves until the user says. */
  questions: z.array(
    z.object({ sequences: z.array(modalitySchema), files: z.array(z.string()), why: z.string() }),
  ),
  /** Sequences that are there and cannot be used, and that no other series serves as. */
  lost: z.array(
    z.object({
      sequence: modalitySchema,
      file: z.string(),
      reason: z.string(),
      /** What interpolation would mend, where that alone keeps it out. */
      mend: z.string().nullable(),
    }),
  ),
  /** What headers leave open or contradict: invalid UIDs, left and right unknown. */
  remarks: z.array(z.string()),
  /** Sequences that several files claim: nothing is taken until one of them is assigned. */
  ambiguous: z.array(modalitySchema),
  available: z.array(modalitySchema),
  /** Of masks: the result's, else that of the prepared images or of the first sequence; null where there is none. */
  grid: gridSchema.nullable(),
  examination: examinationSchema,
  answers: answersSchema.nullable(),
  /** When they were given, where that was another time: ISO 8601. */
  answeredAt: z.string().nullable(),
  /** The last finished segmentation, or null. */
  result: resultSchema.nullable(),
  /** The mask edited by hand (restored from the journal when the case was opened), or null. */
  edits: editStateSchema.nullable(),
  masks: z.array(namedMaskSchema),
  suggestions: suggestionsSchema,
  preparation: preparationSchema,
  /** What a scan passed over; null where nothing was scanned. */
  notes: scanNotesSchema.nullable(),
});
export type OpenCase = z.infer<typeof openCaseSchema>;

export const casesContract = {
  /**
   * Opens one case: a folder, an archive, or loose files. Case folders that their files' names tell give `cases`: `cohorts.open` opens
   * them. Several examinations, or one of which it is not certain that it is one, give `studies`: call again with one of their ids, and
   * with `confirmed` where it has doubts; `cohorts.open` opens them all. Opening what is open already gives the same case. How far it is comes as `opening` events.
   */
  'cases.open': {
    request: z.strictObject({
      paths: z.array(pathSchema).min(1),
      /** False: not listed among the recent folders (temporary folders of dropped files). */
      remember: z.boolean().default(true),
      /** One of `studies`. */
      study: z.string().nullable().default(null),
      /** The user has confirmed that these are one patient and one examination. */
      confirmed: z.boolean().default(false),
      /** Names this call in its events, and for `cases.cancelOpening`. */
      opening: z.string().max(64).nullable().default(null),
    }),
    response: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('case'), case: openCaseSchema }),
      z.object({ kind: z.literal('cases'), folders: z.int() }),
      /** A folder of results of a cohort: `cohorts.open` opens it. */
      z.object({ kind: z.literal('cohort'), folder: z.string() }),
      z.object({ kind: z.literal('studies'), studies: z.array(studyChoiceSchema), notes: scanNotesSchema }),
    ]),
  },
  'cases.cancelOpening': {
    request: z.strictObject({ opening: z.string() }),
    response: z.object({ cancelled: z.boolean() }),
  },
  'cases.list': { request: nothing, response: z.array(openCaseSchema) },
  'cases.get': { request: caseIdSchema, response: openCaseSchema },
  /** Corrects what a file serves as; a file that held that sequence before becomes `other`. Results and edits stay. */
  'cases.assign': {
    request: caseIdSchema.extend({ file: knownFileSchema, sequence: sequenceSchema }),
    response: openCaseSchema,
  },
  /** The same for a series that a scan found; remembered for this content. The next best series takes the place of one that is taken away. */
  'cases.assignSeries': {
    request: caseIdSchema.extend({ series: z.string(), sequence: sequenceSchema }),
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
