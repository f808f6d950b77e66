import { z } from 'zod';
import { OPTIONAL_STEPS } from '../terms.js';
import { combinationSchema, modalitySchema, overridesSchema, seriesSchema } from './basic.js';
import { maskOptionsShape } from './exports.js';
import { FOLLOW_UP_BY } from './followUp.js';
import { formatsShape } from './formats.js';

/** What the command line asks for: files in, files out, nothing kept between calls. */

/** What is read. */
const inputShape = {
  /** Files of one case, one folder (a case or a folder of cases), several folders; DICOM and archives of any mixture. */
  inputs: z.array(z.string()),
  /** Files named for a sequence, which win over what names say; of DICOM also a series' number, UID, folder or id. */
  overrides: overridesSchema.default({}),
  /** Which of several examinations: its number in `studies.scan`, its name, id, or Study Instance UID. */
  study: z.string().min(1).nullable().default(null),
  /** The user has looked at what is in doubt about the examination. */
  onePatient: z.boolean().default(false),
  /** A missing slice, or uneven ones, are interpolated where no whole series serves as the sequence. */
  acceptGaps: z.boolean().default(false),
} as const;

/** How raw images are prepared. */
const preparationShape = {
  /** The sequence to align the others to; null is the rule. */
  reference: modalitySchema.nullable().default(null),
  skip: z.array(z.enum(OPTIONAL_STEPS)).default([]),
  /** A mask file on the Case's grid, in place of the atlas's. */
  brainMask: z.string().nullable().default(null),
  /** `mindgrab.onnx`, in place of the atlas's mask. */
  stripper: z.string().nullable().default(null),
} as const;
export type PreparationRequest = z.infer<z.ZodObject<typeof preparationShape>>;

export const segmentRequestSchema = z.strictObject({
  ...inputShape,
  /** Of several examinations each is a case; otherwise several are refused, unless each lies in a folder that names tell. */
  everyExamination: z.boolean().default(false),
  /** Where results are written. */
  output: z.string().min(1),
  /** A Model folder; null is the shipped model. */
  model: z.string().nullable().default(null),
  /** Only these sequences; null is all that a case has. */
  use: z.array(modalitySchema).min(1).nullable().default(null),
  /** The mask of every subset of the sequences, as `combinations/<name>.nii.gz`. */
  allCombinations: z.boolean().default(false),
  /** Those of these subsets; a case that lacks one of their sequences is refused. */
  combinations: z.array(combinationSchema).default([]),
  ...maskOptionsShape,
  ...formatsShape('terminal'),
  /** Accept input that is not skull-stripped, about 1 mm or on one grid. */
  force: z.boolean().default(false),
  /** Align, strip and resample raw images; false refuses them. */
  prepare: z.boolean().default(true),
  ...preparationShape,
  overwrite: z.boolean().default(false),
  device: z.string().default('auto'),
  /** CPU threads; null is all. Never changes a mask. */
  threads: z.int().positive().nullable().default(null),
  /** How much label maps may take at once, in MB; never changes a mask. */
  memoryMb: z.int().positive().default(512),
});
export type SegmentRequest = z.infer<typeof segmentRequestSchema>;

/** Several examinations of one patient: each is segmented as by `segment`, then they are compared. */
export const followUpRequestSchema = segmentRequestSchema
  .omit({
    overrides: true,
    study: true,
    everyExamination: true,
    threshold: true,
    keepSpecks: true,
    unsupported: true,
  })
  .extend({
    /** By all sequences that each has, or by those that all have; null: by what all have where they differ. */
    by: z.enum(FOLLOW_UP_BY).nullable().default(null),
    /** Of the examinations in the order in which they are given, where headers give none or others. */
    dates: z.array(z.iso.date()).default([]),
  });
export type FollowUpRequest = z.infer<typeof followUpRequestSchema>;

export const prepareRequestSchema = z.strictObject({
  ...inputShape,
  /** A folder that does not exist yet, or an empty one. */
  output: z.string().min(1),
  use: z.array(modalitySchema).min(1).nullable().default(null),
  ...preparationShape,
  /** No name of a folder or file of the user's in what is written: “case” instead. */
  neutralNames: z.boolean().default(false),
  /** Replace an earlier case of Quorum's that is unchanged since. */
  overwrite: z.boolean().default(false),
});
export type PrepareRequest = z.infer<typeof prepareRequestSchema>;

const bidsLabel = (key: string) =>
  z
    .string()
    .transform((label) => label.replace(new RegExp(`^${key}-`), ''))
    .pipe(z.string().regex(/^[0-9A-Za-z]+$/, 'letters and digits'));

/** A BIDS App (Gorgolewski et al., PLOS Comput Biol 2017): one level of analysis of a BIDS dataset. */
export const bidsRequestSchema = z.strictObject({
  /** The BIDS dataset; never written to, but for `derivatives/` where the output lies there. */
  dataset: z.string().min(1),
  /** Where the derivative dataset is written. */
  output: z.string().min(1),
  level: z.enum(['participant', 'group']),
  /** Labels with or without `sub-`; empty: every participant. */
  participants: z.array(bidsLabel('sub')).default([]),
  /** Labels with or without `ses-`; empty: every session. */
  sessions: z.array(bidsLabel('ses')).default([]),
  /** Do not ask for a dataset_description.json. */
  skipValidation: z.boolean().default(false),
  // How each participant is segmented, as by `segment`.
  ...segmentRequestSchema.pick({
    model: true,
    use: true,
    unsupported: true,
    force: true,
    prepare: true,
    onePatient: true,
    overwrite: true,
    device: true,
    threads: true,
    memoryMb: true,
  }).shape,
});
export type BidsRequest = z.infer<typeof bidsRequestSchema>;

/** What `quorum inspect` says of an image file. */
export const imageSummarySchema = seriesSchema.extend({
  nonZeroMl: z.number(),
  /** What its header leaves open, or contradicts itself in, in words. */
  remarks: z.array(z.string()),
  minimum: z.number(),
  maximum: z.number(),
  labels: z.array(z.number()).nullable(),
});
export type ImageSummary = z.infer<typeof imageSummarySchema>;

/** What `quorum inspect` and `quorum import` say of a model. */
export interface ModelSummary {
  readonly folder: string;
  readonly hash: string;
  readonly parameters: number;
  readonly description: unknown;
}

const deviceSchema = z.object({
  id: z.string(),
  engine: z.string(),
  name: z.string(),
  /** Whether `auto` may use it. */
  accepted: z.boolean(),
  reason: z.string(),
  details: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
});

/** Every device with its verdict; a GPU that was not yet tested with its present driver is tested. */
export const devicesList = {
  request: z.strictObject({ again: z.boolean().default(false) }),
  response: z.array(deviceSchema),
} as const;

/** A job that goes on at most until its next step; `cancelled: false` when it had ended already. */
export const jobsCancel = {
  request: z.strictObject({ job: z.string() }),
  response: z.object({ cancelled: z.boolean() }),
} as const;
