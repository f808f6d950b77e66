import { z } from 'zod';
import type { Combination } from '../terms.js';
import { caseIdSchema, combinationSchema, jobIdSchema, pathSchema } from './basic.js';
import { type FormatChoice, formatsShape } from './formats.js';

/** DICOM objects cannot be without it: a PACS files them by it. */
export const DICOM_IDENTITY_NOTICE =
  'The DICOM files carry the patient’s identity, as their source does. Handle them as you handle the patient’s images.';

/** How masks and numbers are written, whichever formats they are written in. */
export const maskOptionsShape = {
  /** Probability above which a voxel belongs to a region; null is the model's. */
  threshold: z.number().gt(0).lt(1).nullable().default(null),
  /** `brats` 1, 2, 4; `consecutive` 1, 2, 3 (BraTS 2023: enhancing tumour is 3). */
  labels: z.enum(['brats', 'consecutive']).default('brats'),
  /** Keep parts of a region that are below the model's minimum volume. */
  keepSpecks: z.boolean().default(false),
  /** Regions that the sequences do not support get numbers and files too, marked as a guess. */
  unsupported: z.boolean().default(false),
  /** `case` (in a batch `case-001` …) instead of the name of folder and files, in results and their names. */
  neutralNames: z.boolean().default(false),
} as const;

/** What is written of a result. */
export type ExportOptions = FormatChoice & {
  readonly [K in keyof typeof maskOptionsShape]: z.output<(typeof maskOptionsShape)[K]>;
} & {
  /** The combination of `<case>_seg.nii.gz`. */
  readonly combination: Combination;
  /** Further ones, as `combinations/<name>.nii.gz`. */
  readonly combinations: readonly Combination[];
};

export const exportRequestSchema = caseIdSchema.extend({
  /** Must not lie inside the case's folder. Nothing that Quorum did not write is ever replaced. */
  folder: pathSchema,
  /** The combination of `<case>_seg.nii.gz`; with an edit in progress that file holds the edited mask instead. */
  combination: combinationSchema,
  /** Write the edited mask as `<case>_seg.nii.gz` where there is one. */
  edited: z.boolean().default(true),
  /** Further combinations, as `combinations/<name>.nii.gz`. */
  combinations: z.array(combinationSchema).default([]),
  ...maskOptionsShape,
  ...formatsShape('window'),
  /** The patient's number and the date of the examination in report and table; never with neutral names. */
  identity: z.boolean().default(false),
  /** Replace earlier results of Quorum that are unchanged since. */
  overwrite: z.boolean().default(false),
});
export type ExportRequest = z.output<typeof exportRequestSchema>;

export const exportResultSchema = z.object({
  folder: z.string(),
  /** Relative to the folder. */
  files: z.array(z.string()),
  /** Absolute path of what a file manager shows of it. */
  shown: z.string(),
});
export type ExportResult = z.infer<typeof exportResultSchema>;

export const exportContract = {
  /** Writes results in a job; its result is an ExportResult. */
  'export.start': { request: exportRequestSchema, response: jobIdSchema },
  /** The report as one HTML page without scripts or outside references, to show or print. */
  'export.report': {
    request: exportRequestSchema.pick({
      case: true,
      combination: true,
      edited: true,
      threshold: true,
      keepSpecks: true,
      unsupported: true,
      neutralNames: true,
      identity: true,
    }),
    response: z.object({ html: z.string() }),
  },
} as const;
