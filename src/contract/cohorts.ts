import { z } from 'zod';
import { nothing, pathSchema } from './basic.js';
import { openCaseSchema } from './cases.js';
import { cohortCaseSchema, cohortOptionsSchema, someAnswersSchema } from './cohort.js';
import { cohortReaderSchema } from './cohortReader.js';

/** Cohorts in a window: many cases in one table, worked off in the background. */

export const cohortIdSchema = z.strictObject({ cohort: z.string().min(1) });

const cohortRowSchema = cohortCaseSchema.omit({ source: true, mark: true }).extend({
  /** False: where its images lie is not known, until the input is given again. */
  hasImages: z.boolean(),
});
export type CohortRow = z.output<typeof cohortRowSchema>;

const cohortRunSchema = z.object({
  working: z.array(z.object({ name: z.string(), stage: z.string(), progress: z.number() })),
  /** No further case begins. */
  stopping: z.boolean(),
  secondsLeft: z.number().nullable(),
});
export type CohortRunState = z.output<typeof cohortRunSchema>;

export const cohortViewSchema = z.object({
  id: z.string(),
  /** Of the folder that was opened. */
  title: z.string(),
  /** Where results are written; null until that is chosen. */
  folder: z.string().nullable(),
  options: cohortOptionsSchema,
  answers: someAnswersSchema,
  reader: cohortReaderSchema.nullable(),
  cases: z.array(cohortRowSchema),
  /** Null: nothing runs here. */
  run: cohortRunSchema.nullable(),
  /** Another Quorum runs it: it can be looked at. */
  elsewhere: z.boolean(),
});
export type CohortView = z.output<typeof cohortViewSchema>;

const someCases = z.array(z.string()).max(10_000);

export const cohortsContract = {
  /**
   * Opens what paths hold as a cohort: folders of cases, DICOM, archives, or the folder of results of a cohort. Opening what is open
   * gives the same. How far it is comes as `opening` events.
   */
  'cohorts.open': {
    request: z.strictObject({
      paths: z.array(pathSchema).min(1),
      opening: z.string().max(64).nullable().default(null),
    }),
    response: cohortViewSchema,
  },
  'cohorts.list': { request: nothing, response: z.array(cohortViewSchema) },
  /** Reads again what another process wrote. */
  'cohorts.get': { request: cohortIdSchema, response: cohortViewSchema },
  /** Where results go, how cases are segmented, what is answered for all. A folder of results that was begun before goes on. */
  'cohorts.setUp': {
    request: cohortIdSchema.extend({
      folder: pathSchema.optional(),
      options: cohortOptionsSchema
        .pick({ use: true, unsupported: true, neutralNames: true, force: true, allCombinations: true })
        .extend({ csv: z.boolean(), report: z.boolean(), picture: z.boolean(), dicomSeg: z.boolean() })
        .partial()
        .optional(),
      answers: someAnswersSchema.optional(),
    }),
    response: cohortViewSchema,
  },
  /** Folders with the images, where they moved or were not written down. */
  'cohorts.giveInputs': {
    request: cohortIdSchema.extend({ paths: z.array(pathSchema).min(1) }),
    response: cohortViewSchema,
  },
  /** Of some cases: answers that are exceptions, what is in doubt was looked at, left out or taken in again. */
  'cohorts.change': {
    request: cohortIdSchema.extend({
      cases: someCases,
      answers: someAnswersSchema.optional(),
      confirmed: z.boolean().optional(),
      skipped: z.boolean().optional(),
    }),
    response: cohortViewSchema,
  },
  /** All cases in the order in which they are run. */
  'cohorts.order': { request: cohortIdSchema.extend({ cases: someCases }), response: cohortViewSchema },
  /** Puts cases into the line, and works it off; null: all that are neither done nor left out. */
  'cohorts.run': {
    request: cohortIdSchema.extend({ cases: someCases.nullable().default(null) }),
    response: cohortViewSchema,
  },
  /** Goes on with what waits. */
  'cohorts.goOn': { request: cohortIdSchema, response: cohortViewSchema },
  /** No further case begins; `now`: what is worked on waits again. `clear`: nothing waits any more. */
  'cohorts.stop': {
    request: cohortIdSchema.extend({ now: z.boolean(), clear: z.boolean().default(false) }),
    response: cohortViewSchema,
  },
  /** The case in the window; one that is done has its result from what is kept. */
  'cohorts.openCase': {
    request: cohortIdSchema.extend({
      case: z.string(),
      opening: z.string().max(64).nullable().default(null),
    }),
    response: openCaseSchema,
  },
  /** Thumbnails (PNG in base64) by case; a case without one is left out. */
  'cohorts.pictures': {
    request: cohortIdSchema.extend({ cases: someCases }),
    response: z.record(z.string(), z.string()),
  },
  /** The masks of another reader below a folder, and by their names which case's each is. */
  'cohorts.findMasks': {
    request: cohortIdSchema.extend({ folder: pathSchema }),
    /** `files` below the folder; `masks` by case. */
    response: z.object({ files: z.array(z.string()), masks: z.record(z.string(), z.string()) }),
  },
  /** Compares finished cases with these masks, in place of an earlier comparison. How far it is comes as `opening` events. */
  'cohorts.compare': {
    request: cohortIdSchema.extend({
      folder: pathSchema,
      masks: z.record(z.string(), z.string()),
      /** A name of a label scheme, or `WT=1+2+3,TC=2+3,ET=3`; null finds it out. */
      labels: z.string().nullable().default(null),
      opening: z.string().max(64).nullable().default(null),
    }),
    response: cohortViewSchema,
  },
  /** Writes the tables into the folder of results. */
  'cohorts.writeTables': {
    request: cohortIdSchema,
    response: z.object({ folder: z.string(), files: z.array(z.string()), sentence: z.string().nullable() }),
  },
  /** Stops what runs, now, and lets go of it; the case that was worked on waits. */
  'cohorts.close': { request: cohortIdSchema, response: nothing },
} as const;

/** Something of a cohort changed: those cases, and how far the run is. */
export const cohortEventSchema = z.object({
  type: z.literal('cohort'),
  cohort: z.string(),
  cases: z.array(cohortRowSchema),
  run: cohortRunSchema.nullable(),
});

/** A cohort was closed in a window: it is in none any more. */
export const cohortClosedEventSchema = z.object({ type: z.literal('cohortClosed'), cohort: z.string() });
