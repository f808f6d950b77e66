import { z } from 'zod';
import {
  combinationSchema,
  gridSchema,
  jobIdSchema,
  modalitySchema,
  nothing,
  pathSchema,
  perRegionSchema,
  problemSchema,
  regionSchema,
} from './basic.js';
import { imageHeader } from './masks.js';
import { reportWarningSchema } from './report.js';

/**
 * Several examinations of one patient, in the order of their dates: what changed. The one shape of a follow-up's `report.json`, of the window and of
 * every other face. ml, mm, mm² and per cent have three decimals.
 */

/** By all sequences that each time point has, or by those that all of them have. */
export const FOLLOW_UP_BY = ['all', 'common'] as const;
export type FollowUpBy = (typeof FOLLOW_UP_BY)[number];

const percent = z.number();

/** Per cent change; `lower` and `upper` follow from the ends of both ranges, null where one of them is not known. */
const changeSchema = z.object({
  percent,
  lower: percent.nullable(),
  upper: percent.nullable(),
});
export type Change = z.infer<typeof changeSchema>;

const pointVolumeSchema = z.object({
  /** Null: not supported by the sequences, or not there. */
  ml: z.number().nullable(),
  supported: z.boolean(),
  range: z.object({ lower: z.number(), upper: z.number() }).nullable(),
  /** Null: no number on one side, or nothing was there before. */
  fromBaseline: changeSchema.nullable(),
  /** From the smallest volume before this time point. */
  fromNadir: changeSchema.nullable(),
});
export type PointVolume = z.infer<typeof pointVolumeSchema>;

/** Where a time point lies against the first. */
const alignmentSchema = z.object({
  /** The sequence of the first time point, and of this one, that were compared. */
  sequences: z.tuple([modalitySchema, modalitySchema]),
  /** 4×4, column-major: RAS mm of this time point → RAS mm of the first. */
  toFirst: z.array(z.number()).length(16),
  /** How far the middle of the head was moved, and by how much it was turned. */
  shiftMm: z.number(),
  turnDegrees: z.number(),
  /** Mutual information of the two images, as a share of their entropies. */
  similarity: z.number(),
  verdict: z.enum(['good', 'doubtful', 'failed']),
  problem: problemSchema.nullable(),
});
export type Alignment = z.infer<typeof alignmentSchema>;

/** ml of a region against an earlier time point, on the first's grid. */
const differenceSchema = z.object({
  unchangedMl: z.number(),
  /** Added to what was there. */
  grownMl: z.number(),
  /** In parts that touch nothing of what was there. */
  newMl: z.number(),
  goneMl: z.number(),
});
export type Difference = z.infer<typeof differenceSchema>;

/** The regions that RANO 2.0 is measured on: enhancing disease, and the T2/FLAIR abnormality. */
export const RANO_REGIONS = ['ET', 'WT'] as const;
export type RanoRegion = (typeof RANO_REGIONS)[number];

/** Within whose limits a change lies, by size alone. */
const SIZE_SUGGESTIONS = ['complete', 'partial', 'minor', 'stable', 'progression', 'not-known'] as const;
/** Why nothing is suggested, why it is progression whatever the sum says, or what the suggestion leaves open. */
const SIZE_REASONS = [
  'first',
  'not-supported',
  'combination-changed',
  'model-changed',
  'no-target',
  'nothing-before',
  'not-aligned',
  'new-lesion',
  'minor-unknown',
] as const;

const judgementSchema = z.object({
  fromBaseline: percent.nullable(),
  fromNadir: percent.nullable(),
  suggestion: z.enum(SIZE_SUGGESTIONS),
  reason: z.enum(SIZE_REASONS).nullable(),
});
export type SizeJudgement = z.infer<typeof judgementSchema>;

const targetSchema = z.object({
  /** 1 is the largest at the first time point. */
  target: z.int(),
  /** Separate parts that it consists of now; 0: nothing is left. */
  parts: z.int(),
  /** Another target with which it has grown together; it is counted there. */
  mergedInto: z.int().nullable(),
  /** Of its largest part; null where nothing is left, or it is counted elsewhere. */
  longestMm: z.number().nullable(),
  perpendicularMm: z.number().nullable(),
  sliceZMm: z.number().nullable(),
  /** Sum over its parts. */
  productMm2: z.number(),
});
export type Target = z.infer<typeof targetSchema>;

const measurementSchema = z.object({
  /** Separate parts, and how many of them are measurable. */
  lesions: z.int().nullable(),
  measurable: z.int().nullable(),
  /** Measurable parts that touch nothing of any earlier time point; null at the first, and where it is not aligned. */
  newMeasurable: z.int().nullable(),
  targets: z.array(targetSchema),
  /** Of the products of the targets' diameters; null: no target. */
  sumMm2: z.number().nullable(),
  area: judgementSchema,
  volume: judgementSchema,
});
export type RanoMeasurement = z.infer<typeof measurementSchema>;

const perRanoRegion = <T extends z.ZodType>(value: T) => z.object({ ET: value, WT: value });

const timePointSchema = z.object({
  /** Of the case, or its folder's name. */
  id: z.string(),
  title: z.string(),
  /** ISO 8601; null: not known. */
  date: z.string().nullable(),
  /** Days since the first time point; null where a date is not known. */
  days: z.int().nullable(),
  /** Of all sequences that it has, and the one that masks and measurements below are made from. */
  combination: combinationSchema,
  used: combinationSchema,
  /** Corrected by hand: the mask, and all numbers of `all`, are those of the correction. */
  isEdited: z.boolean(),
  modelHash: z.string(),
  all: perRegionSchema(pointVolumeSchema),
  /** Null: the time points have no sequence in common. */
  common: perRegionSchema(pointVolumeSchema).nullable(),
  /** Null: the first. */
  alignment: alignmentSchema.nullable(),
  /** Against the first and the one before; null at the first, and where it is not aligned. */
  difference: z
    .object({ baseline: perRegionSchema(differenceSchema), previous: perRegionSchema(differenceSchema) })
    .nullable(),
  rano: perRanoRegion(measurementSchema),
  /** Of the mask that is compared. */
  warnings: z.array(reportWarningSchema),
});
export type TimePoint = z.infer<typeof timePointSchema>;

export const followUpReportSchema = z.object({
  application: z.literal('quorum'),
  kind: z.literal('followup'),
  format: z.literal(1),
  notice: z.string(),
  finishedAt: z.string(),
  quorumVersion: z.string(),
  model: z.object({ name: z.string(), version: z.string(), hash: z.string() }),
  by: z.enum(FOLLOW_UP_BY),
  /** The sequences that every time point has; null: none. */
  common: combinationSchema.nullable(),
  /** Of the first time point: the differences lie on it. */
  grid: gridSchema,
  points: z.array(timePointSchema).min(2),
  /** What has to be known, as a code and a sentence. */
  warnings: z.array(reportWarningSchema),
  /** What RANO 2.0 asks for and images alone do not tell. */
  open: z.array(reportWarningSchema),
});
export type FollowUpReport = z.infer<typeof followUpReportSchema>;

/** A time point of a timeline that is open: an open case, and its date where the user gave it. */
const memberSchema = z.strictObject({
  case: z.string().min(1),
  date: z.iso.date().nullable().default(null),
  /** It is segmented as it is although it fails a check: the cohort that it came from was told so. */
  force: z.boolean().default(false),
});

export const followUpViewSchema = z.object({
  id: z.string(),
  members: z.array(memberSchema),
  /** Of the time points as they were compared last; null before. */
  report: followUpReportSchema.nullable(),
  /** A time point was segmented or corrected again, added or taken away since. */
  isStale: z.boolean(),
});
export type FollowUpView = z.infer<typeof followUpViewSchema>;

const followUpId = z.strictObject({ followUp: z.string().min(1) });
const MOST_POINTS = 12;

export const followUpsContract = {
  /** Open cases as one patient's time points. */
  'followups.open': {
    request: z.strictObject({ members: z.array(memberSchema).min(1).max(MOST_POINTS) }),
    response: followUpViewSchema,
  },
  'followups.list': { request: nothing, response: z.array(followUpViewSchema) },
  'followups.get': { request: followUpId, response: followUpViewSchema },
  /** Other time points, or other dates. */
  'followups.change': {
    request: followUpId.extend({ members: z.array(memberSchema).max(MOST_POINTS) }),
    response: followUpViewSchema,
  },
  /** Aligns and compares, in a job; every time point must be segmented. The job's result is a FollowUpReport. */
  'followups.compare': {
    request: followUpId.extend({ by: z.enum(FOLLOW_UP_BY).nullable().default(null) }),
    response: jobIdSchema,
  },
  /** Writes report, table and masks in a job; its result is an ExportResult. */
  'followups.export': {
    request: followUpId.extend({
      folder: pathSchema,
      /** DICOM-SEG of every time point that came from DICOM. */
      dicomSeg: z.boolean().default(false),
      /** Time points are called by their number. */
      neutralNames: z.boolean().default(false),
      overwrite: z.boolean().default(false),
    }),
    response: jobIdSchema,
  },
  'followups.close': { request: followUpId, response: nothing },
} as const;

const pointOf = followUpId.extend({ case: z.string().min(1) });

/** Voxels of the timeline, on the grid of its first time point. */
export const followUpMapsContract = {
  'followups.image': {
    request: pointOf.extend({ sequence: modalitySchema }),
    header: imageHeader,
  },
  /** BraTS labels of the mask that was compared. */
  'followups.labels': { request: pointOf, header: z.object({ grid: gridSchema }) },
  /** 0 in neither, 1 unchanged, 2 grown, 3 gone, 4 new. */
  'followups.difference': {
    request: pointOf.extend({ against: z.enum(['baseline', 'previous']), region: regionSchema }),
    header: z.object({ grid: gridSchema }),
  },
} as const;
