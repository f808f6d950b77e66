import { z } from 'zod';
import { caseIdSchema, combinationSchema, jobIdSchema, pathSchema } from './basic.js';

/** DICOM objects cannot be without it: a PACS files them by it. */
export const DICOM_IDENTITY_NOTICE =
  'The DICOM files carry the patient’s identity, as their source does. Handle them as you handle the patient’s images.';

/** Files beside masks and report. */
export const extraFilesShape = {
  /** DICOM-SEG for every sequence that came from DICOM, `dicom/<sequence>_seg.dcm`. Carries the patient's identity. */
  dicomSeg: z.boolean().default(false),
  /** RGB Secondary Capture with outlines and volumes, `dicom/<sequence>_outlines/`. Carries the patient's identity. */
  secondaryCapture: z.boolean().default(false),
  /** A surface of each region, `<case>_<region>.stl`. */
  stl: z.boolean().default(false),
  /** The skull-stripped images without header text, `images/<sequence>.nii.gz`. */
  strippedImages: z.boolean().default(false),
  /** `case` (in a batch `case-001` …) instead of the name of folder and files, in results and their names. */
  neutralNames: z.boolean().default(false),
} as const;

export const exportRequestSchema = caseIdSchema.extend({
  /** Must not lie inside the case's folder. Nothing that Quorum did not write is ever replaced. */
  folder: pathSchema,
  /** The combination of `<case>_seg.nii.gz`; with an edit in progress that file holds the edited mask instead. */
  combination: combinationSchema,
  /** Write the edited mask as `<case>_seg.nii.gz` where there is one. */
  edited: z.boolean().default(true),
  /** Further combinations, as `combinations/<name>.nii.gz`. */
  combinations: z.array(combinationSchema).default([]),
  threshold: z.number().gt(0).lt(1).nullable().default(null),
  labels: z.enum(['brats', 'consecutive']).default('brats'),
  keepSpecks: z.boolean().default(false),
  probabilities: z.boolean().default(false),
  ...extraFilesShape,
  /** The mask on every source series' own grid, `native/<sequence>_seg.nii.gz`, where the images were prepared. */
  native: z.boolean().default(false),
  csv: z.boolean().default(true),
  picture: z.boolean().default(true),
  /** `<case>_report.html`. */
  report: z.boolean().default(true),
  /** Regions that the sequences do not support get a number too, marked as an estimate. */
  unsupported: z.boolean().default(false),
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
      unsupported: true,
    }),
    response: z.object({ html: z.string() }),
  },
} as const;
