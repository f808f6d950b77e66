import { z } from 'zod';
import { combinationSchema, modalitySchema, perRegionSchema, problemSchema } from './basic.js';
import { answerSchema, suggestionsSchema } from './cases.js';
import { caseReaderSchema, cohortReaderSchema } from './cohortReader.js';
import { segmentRequestSchema } from './commands.js';
import { regionVolumeSchema, reportWarningSchema, subsetsSchema } from './report.js';

/**
 * `cohort.json`: everything that is known of a cohort, in one file of the output folder that window and command line read and write.
 * It names the input folders (so that a run can go on) and what cases are called, unless neutral names were asked for; never more of
 * a patient.
 */

/** How every case of a cohort is segmented, and what is written of it. */
export const cohortOptionsSchema = segmentRequestSchema.omit({
  inputs: true,
  overrides: true,
  study: true,
  everyExamination: true,
  onePatient: true,
  output: true,
  overwrite: true,
});
export type CohortOptions = z.output<typeof cohortOptionsSchema>;

/** Some of the three answers: the cohort's, or a case's own where it is an exception. */
export const someAnswersSchema = z.strictObject({
  adult: answerSchema.optional(),
  treated: answerSchema.optional(),
  glioma: answerSchema.optional(),
});
export type SomeAnswers = z.output<typeof someAnswersSchema>;

/**
 * `new`: nobody asked for it. `waiting`: in the line. `preparing`, `segmenting`: now. `skipped`: the user leaves it out.
 * A case that warns is `done`, with warnings in its result.
 */
const COHORT_STATES = ['new', 'waiting', 'preparing', 'segmenting', 'done', 'failed', 'skipped'] as const;
export type CohortCaseState = (typeof COHORT_STATES)[number];

export const cohortResultSchema = z.object({
  finishedAt: z.string(),
  combination: combinationSchema,
  volumes: perRegionSchema(regionVolumeSchema),
  /** Of every subset of the sequences, from the same logits; null where they were not computed. */
  subsets: subsetsSchema.nullable(),
  agreement: perRegionSchema(z.number().nullable()),
  warnings: z.array(reportWarningSchema),
  model: z.object({ name: z.string(), version: z.string(), hash: z.string() }),
  seconds: z.number(),
  /** What the answers were that it was made with. */
  answers: someAnswersSchema,
  /** ml of the mask that was corrected by hand since, where the region's number is given. */
  edited: z
    .object({ ml: perRegionSchema(z.number().nullable()), at: z.string() })
    .nullable()
    .default(null),
});
export type CohortResult = z.output<typeof cohortResultSchema>;

export const cohortCaseSchema = z.object({
  /** Of its folder of results; its own within the cohort. */
  name: z.string().min(1),
  /** Of the content of its images: finds it again where its files moved. */
  mark: z.string(),
  /** Where its images lie; null with neutral names, until the input is given again. */
  source: z.object({ paths: z.array(z.string()).min(1), study: z.string().nullable() }).nullable(),
  isDicom: z.boolean(),
  /** ISO 8601. */
  date: z.string().nullable(),
  sequences: z.array(modalitySchema),
  /** What is to be confirmed before it is taken for one patient's one examination. */
  doubts: z.array(z.string()),
  /** The user has looked at what is in doubt. */
  confirmed: z.boolean().default(false),
  suggestions: suggestionsSchema,
  /** Where it is an exception. */
  answers: someAnswersSchema.default({}),
  state: z.enum(COHORT_STATES),
  /** Why it failed. */
  problem: problemSchema.nullable().default(null),
  result: cohortResultSchema.nullable().default(null),
  /** Another reader's mask; null where there is none. */
  reader: caseReaderSchema.nullable().default(null),
});
export type CohortCase = z.output<typeof cohortCaseSchema>;

export const cohortSchema = z.object({
  application: z.literal('quorum'),
  kind: z.literal('cohort'),
  format: z.literal(1),
  notice: z.string(),
  quorumVersion: z.string(),
  updatedAt: z.string(),
  /** Absolute; null with neutral names. */
  inputs: z.array(z.string()).nullable(),
  options: cohortOptionsSchema,
  /** Of every case that has none of its own. */
  answers: someAnswersSchema.default({}),
  /** The masks that all are compared with. */
  reader: cohortReaderSchema.nullable().default(null),
  /** In the order in which they are run. */
  cases: z.array(cohortCaseSchema),
  /** Process that runs it now (`files/process.ts`). */
  owner: z.string().nullable().default(null),
});
export type Cohort = z.output<typeof cohortSchema>;

/** The answers that count for a case: its own, what its headers suggest, the cohort's; else unknown. */
export function answersFor(one: Pick<CohortCase, 'answers' | 'suggestions'>, ofCohort: SomeAnswers) {
  const answer = (question: keyof SomeAnswers) =>
    one.answers[question] ?? one.suggestions[question]?.answer ?? ofCohort[question] ?? 'unknown';
  return { adult: answer('adult'), treated: answer('treated'), glioma: answer('glioma') };
}

/** Whether anybody answered anything: by headers alone nothing counts as answered. */
export function isAnswered(one: Pick<CohortCase, 'answers'>, ofCohort: SomeAnswers): boolean {
  return Object.keys(one.answers).length + Object.keys(ofCohort).length > 0;
}
