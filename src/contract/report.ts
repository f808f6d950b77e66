import { z } from 'zod';
import { combinationSchema, modalitySchema, perRegionSchema, problemSchema, regionSchema } from './basic.js';
import { answersSchema } from './cases.js';
import { brainMaskSourceSchema, stepSchema } from './preparation.js';
import { CHECKS, warningSchema } from './results.js';
import { trustSchema } from './trust.js';

/**
 * `report.json`. Whatever a face says of a result it reads here: terminal, CSV, HTML. Numbers that the sequences do not support
 * are null unless they were asked for. ml, mm and shares have three decimals.
 */

export const RESEARCH_NOTICE = 'Research use only. Not a medical device.';

const number = z.number().nullable();

/** A warning: its code, and the sentence that the app shows too. */
/** `about`: what the text was made of, where it is one of a case's; a window says it in its own language. */
export const reportWarningSchema = z.object({
  code: z.string(),
  text: z.string(),
  about: warningSchema.optional(),
});
export type ReportWarning = z.infer<typeof reportWarningSchema>;

const diametersSchema = z.object({
  longestMm: z.number(),
  perpendicularMm: z.number(),
  /** Voxel index along the head-foot axis, and the RAS z of the diameter's middle. */
  slice: z.number(),
  sliceZMm: z.number(),
});

export const regionVolumeSchema = z.object({
  /** Of the mask that is written, on the Case's grid; null: not supported, and not asked for. */
  ml: number,
  supported: z.boolean(),
  /** The range that the model gives for such a volume; null where it knows none, and at another threshold than its own. */
  range: z.object({ lower: z.number(), upper: z.number() }).nullable(),
  /** The Dice that is to be expected; null: not known, or not supported. */
  expectedDice: z
    .object({
      dice: z.number(),
      lower: z.number(),
      upper: z.number(),
      /** At most so many ml of the region are false, by the same measurement; null: not known. */
      falseMl: z.number().nullable(),
    })
    .nullable(),
  /** What that and the warnings come to, as a code and as the app says it; null: not supported, empty, or edited by hand. */
  trust: trustSchema.nullable(),
});
export type ReportedVolume = z.infer<typeof regionVolumeSchema>;

/** ml of every subset of the sequences, at the report's threshold and after clean-up; null: not supported, and not asked for. */
export const subsetsSchema = z.record(
  z.string(),
  perRegionSchema(z.object({ ml: number, supported: z.boolean() })),
);

const combinationReportSchema = z.object({
  volumes: perRegionSchema(regionVolumeSchema),
  /** Longest and perpendicular diameter in the axial plane; null for an empty region. */
  diameters: perRegionSchema(diametersSchema.nullable()),
  /** Mean Dice with each member left out, before clean-up; null with one sequence and at another threshold than the model's. */
  agreement: perRegionSchema(number),
  /** Dice with the mask of all sequences, before clean-up. */
  agreementWithAll: perRegionSchema(number),
  contributions: z
    .array(
      z.object({
        modality: modalitySchema,
        added: perRegionSchema(number),
        removed: perRegionSchema(number),
      }),
    )
    .nullable(),
  /** Separate enhancing lesions after clean-up. */
  enhancingLesions: z.int().nullable(),
  specks: z.array(
    z.object({
      region: regionSchema,
      ml: z.number(),
      centroidMm: z.array(z.number()),
      centroidVoxel: z.array(z.number()),
      removed: z.boolean(),
    }),
  ),
  warnings: z.array(reportWarningSchema),
  notChecked: z.array(z.enum(CHECKS)),
});
export type CombinationReport = z.infer<typeof combinationReportSchema>;

const preparationReportSchema = z.object({
  reference: modalitySchema,
  brainMask: z.object({ source: brainMaskSourceSchema, ml: z.number() }),
  steps: z.array(stepSchema),
});

export const fingerprintSchema = z.object({
  /** SHA-256 of what was read for each sequence. */
  inputs: z.partialRecord(modalitySchema, z.string()),
  modelHash: z.string(),
  /** Every option that changes what is written. */
  options: z.record(z.string(), z.unknown()),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

const claimedFileSchema = z.object({ file: z.string(), sha256: z.string() });

export const caseReportSchema = z.object({
  application: z.literal('quorum'),
  kind: z.literal('case'),
  format: z.literal(1),
  notice: z.string(),
  /** `writing` until every file is in place. */
  state: z.enum(['writing', 'finished']),
  case: z.string(),
  finishedAt: z.string(),
  quorumVersion: z.string(),
  fingerprint: fingerprintSchema,
  /** T1, T1ce, T2, FLAIR: the image that serves as each. */
  images: z.array(
    z.object({ sequence: modalitySchema, file: z.string(), reason: z.string(), used: z.boolean() }),
  ),
  setAside: z.array(z.object({ file: z.string(), reason: z.string() })),
  /** About the input, the device and the answers; warnings about one combination stand with it. */
  warnings: z.array(reportWarningSchema),
  /** Checks of the input that failed and were overridden. */
  overridden: z.array(problemSchema),
  /** Null: the images came prepared. */
  preparation: preparationReportSchema.nullable(),
  model: z.object({ name: z.string(), version: z.string(), hash: z.string(), trainingData: z.string() }),
  engine: z.object({
    name: z.string(),
    device: z.string(),
    events: z.array(z.object({ kind: z.string(), device: z.string(), problem: problemSchema })),
  }),
  threshold: z.number(),
  labels: z.object({
    scheme: z.enum(['brats', 'consecutive']),
    values: z.record(z.string(), z.number()),
    /** Labels of `<case>_seg.nii.gz` that are a guess: these sequences do not support their region. */
    guesses: z.array(z.string()),
  }),
  /** The combination of `<case>_seg.nii.gz`. */
  combination: combinationSchema,
  /** Of the automatic masks; `edited` has the numbers of a mask that was edited by hand. */
  combinations: z.record(z.string(), combinationReportSchema),
  /** Of a case in a cohort: cases with other sequences are compared by what they have in common. */
  subsets: subsetsSchema.nullable().default(null),
  edited: z
    .object({
      from: z.string(),
      strokes: z.int(),
      choices: z.int(),
      volumes: perRegionSchema(regionVolumeSchema),
      diameters: perRegionSchema(diametersSchema.nullable()),
      byHand: perRegionSchema(z.object({ addedMl: z.number(), removedMl: z.number() })),
      /** Of the automatic mask that it began from. */
      warnings: z.array(reportWarningSchema),
    })
    .nullable(),
  /** Of raw images: the mask on each series' own grid and its volumes there. */
  native: z
    .partialRecord(modalitySchema, z.object({ file: z.string(), ml: perRegionSchema(number) }))
    .nullable(),
  /** Files that were asked for and that there was nothing to write in. */
  leftOut: z.array(z.object({ file: z.string(), reason: z.string() })),
  /** With probability maps: mean over the mask of the standard deviation of the sequences' probabilities. */
  spread: perRegionSchema(number).nullable(),
  /** Passes that the result rests on, and those that were run for it: the others came from kept results. */
  networkPasses: z.int(),
  networkPassesRun: z.int(),
  /** By stage; `total` from the request to the report. */
  seconds: z.record(z.string(), z.number()),
  peakMemoryMb: z.number(),
  /** To the three questions; null: nobody was asked. */
  /** Where it was asked for: PatientID and the date of the examination (ISO 8601). */
  examination: z
    .object({ patient: z.string().nullable(), date: z.string().nullable() })
    .nullable()
    .default(null),
  answers: answersSchema.nullable(),
  files: z.array(claimedFileSchema),
});
export type CaseReport = z.infer<typeof caseReportSchema>;

export const caseOutcomeSchema = z.object({
  case: z.string(),
  state: z.enum(['finished', 'skipped', 'failed']),
  combination: combinationSchema.nullable(),
  volumes: perRegionSchema(regionVolumeSchema).nullable(),
  /** All that apply to the mask that was written. */
  warnings: z.array(reportWarningSchema),
  problem: problemSchema.nullable(),
});
export type CaseOutcome = z.infer<typeof caseOutcomeSchema>;

/** `report.json` of a folder of cases. */
export const batchReportSchema = z.object({
  application: z.literal('quorum'),
  kind: z.literal('batch'),
  format: z.literal(1),
  notice: z.string(),
  finishedAt: z.string(),
  quorumVersion: z.string(),
  cases: z.array(caseOutcomeSchema),
});
export type BatchReport = z.infer<typeof batchReportSchema>;
