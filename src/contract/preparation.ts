import { z } from 'zod';
import { PREPARATION_STEPS } from '../terms.js';
import { caseIdSchema, gridSchema, jobIdSchema, modalitySchema, problemSchema } from './basic.js';
import { imageHeader } from './masks.js';

/** From raw series to images on one grid, skull-stripped: what is asked for, what was done, and how each step came out. */

export const brainMaskSourceSchema = z.enum(['as given', 'atlas', 'network', 'user']);

export const preparationOptionsSchema = z.strictObject({
  /** Align the sequences with each other; off: their headers are trusted. */
  coRegister: z.boolean(),
  /** Move them onto the atlas; off: the reference stays where it is, 1 mm. */
  atlas: z.boolean(),
  /** `atlas` refines the carried mask; `network` is the precise one (needs the added file); `off`: the images are stripped already. */
  skullStrip: z.enum(['atlas', 'network', 'off']),
  /** The sequence to which the others are aligned; null lets Quorum choose. */
  reference: modalitySchema.nullable(),
});
export type PreparationOptions = z.infer<typeof preparationOptionsSchema>;

export const DEFAULT_PREPARATION: PreparationOptions = {
  coRegister: true,
  atlas: true,
  skullStrip: 'atlas',
  reference: null,
};

/** What was done in one step, and how its check came out. */
export const stepSchema = z.object({
  step: z.enum(PREPARATION_STEPS),
  /** Null when it concerns all. */
  sequence: modalitySchema.nullable(),
  reason: z.string(),
  seconds: z.number(),
  /** Numbers of its check by name with the unit in it. */
  numbers: z.record(z.string(), z.number()),
  verdict: z.enum(['good', 'doubtful', 'failed', 'skipped']),
  problem: problemSchema.nullable(),
});

const preparedStepSchema = stepSchema.extend({
  /** To ask `preparation.picture` with; null where there is nothing to see. */
  picture: z.string().nullable(),
});
export type PreparedStep = z.infer<typeof preparedStepSchema>;

export const preparedSchema = z.object({
  /** Changes with every preparation. */
  key: z.string(),
  preparedAt: z.string(),
  /** What went in. */
  sequences: z.array(modalitySchema),
  reference: modalitySchema,
  options: preparationOptionsSchema,
  steps: z.array(preparedStepSchema),
  brainMask: z.object({ source: brainMaskSourceSchema, ml: z.number() }),
  grid: gridSchema,
  seconds: z.number(),
});
export type PreparedSummary = z.infer<typeof preparedSchema>;

export const preparationSchema = z.object({
  /** Why these images have to be prepared, in words; empty: they are used as they are. */
  needed: z.array(z.string()),
  options: preparationOptionsSchema,
  /** The user's own brain mask is used. */
  corrected: z.boolean(),
  /** The steps of a preparation that is under way, as they are done, under a key for their pictures; null where none is. */
  making: z.object({ key: z.string(), steps: z.array(preparedStepSchema) }).nullable(),
  /** What was made of the present files, or null. */
  made: preparedSchema.nullable(),
});
export type PreparationState = z.infer<typeof preparationSchema>;

export const preparationContract = {
  /** Prepares the present files in a job (its result is a PreparedSummary); what was made before from the same is taken. */
  'preparation.start': {
    request: caseIdSchema.extend({
      /** What is not given stays as it was. */
      options: preparationOptionsSchema.partial().default({}),
      /** Do it again though it was made before. */
      again: z.boolean().default(false),
    }),
    response: jobIdSchema,
  },
  /** The brain mask as the user corrected it: the request's body are its runs (label 1). It is used from the next preparation on. */
  'preparation.setBrain': { request: caseIdSchema, body: true, response: preparationSchema },
  /** Back to the mask that Quorum makes. */
  'preparation.dropBrain': { request: caseIdSchema, response: preparationSchema },
} as const;

export const preparationBinaryContract = {
  /** A check picture: PNG. */
  'preparation.picture': {
    request: caseIdSchema.extend({ picture: z.string().regex(/^[a-z0-9-]{1,40}$/) }),
    header: z.object({ type: z.literal('image/png') }),
  },
  /** The reference image on the prepared grid before the brain was cut out; voxels as in `images.volume`. */
  'preparation.head': { request: caseIdSchema, header: imageHeader },
  /** The brain mask that the prepared images were cut out with: 1 inside, one byte a voxel of the prepared grid. */
  'preparation.brain': { request: caseIdSchema, header: z.object({ grid: gridSchema }) },
} as const;
