import { z } from 'zod';
import { perRegionSchema, problemSchema } from './basic.js';

/** A reader's masks – an expert's, or a second method's – beside a cohort's. */

const scoreSchema = z.object({
  /** 1 where neither marks any, by convention. */
  dice: z.number(),
  /** mm; null where one of both marks none. */
  hd95: z.number().nullable(),
  /** ml of both masks on the reader's grid. `quorum` is null where the region's number is not given. */
  ml: z.object({ reader: z.number(), quorum: z.number().nullable() }),
});
export type ReaderScore = z.output<typeof scoreSchema>;

/** Which of a case's masks is compared. */
const COMPARED_MASKS = ['segmented', 'corrected'] as const;
export type ComparedMask = (typeof COMPARED_MASKS)[number];

/** The reader's mask of a case. */
export const caseReaderSchema = z.object({
  /** Absolute; null where none was found, and with neutral names. */
  file: z.string().nullable(),
  /** `finishedAt` of the result that it was compared with. */
  of: z.string().nullable(),
  /** When that had been corrected by hand last; null: it had not. */
  editedAt: z.string().nullable().default(null),
  /** Of the mask that was compared: as it was segmented, or as it was corrected by hand. */
  mask: z.enum(COMPARED_MASKS).default('segmented'),
  /** A region that the reader's labels do not tell is null. */
  scores: perRegionSchema(scoreSchema.nullable()).nullable(),
  /** Why it could not be compared: another grid, other labels. */
  problem: problemSchema.nullable(),
});

export const cohortReaderSchema = z.object({
  /** Absolute; null with neutral names. */
  folder: z.string().nullable(),
  /** How the labels were read: a name of a scheme, or `WT=1+2+3,TC=2+3,ET=3`. */
  labels: z.string(),
  /** The same as a sentence. */
  reading: z.string(),
});
export type CohortReader = z.output<typeof cohortReaderSchema>;
