import { z } from 'zod';
import { LABEL_SCHEMES } from '../terms.js';
import {
  caseIdSchema,
  combinationSchema,
  gridSchema,
  modalitySchema,
  nothing,
  pathSchema,
  perRegionSchema,
  regionSchema,
  voxelSchema,
} from './basic.js';
import { combinationResultSchema } from './results.js';

/** Masks and maps on the Case's grid. Masks hold BraTS labels: 0, 1 non-enhancing core, 2 oedema, 4 enhancing tumour. */

const thresholdSchema = z.number().gt(0).lt(1);
/** Null is the model's. */
const movedShape = { threshold: thresholdSchema.nullable().default(null) };

/** Any mask of a case. */
export const maskRefSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('combination'),
    combination: combinationSchema,
    /** Probability above which a voxel belongs to a region; null is the model's. */
    threshold: thresholdSchema.nullable().default(null),
    /** True: without clean-up. */
    keepSpecks: z.boolean().default(false),
  }),
  /** The mask edited by hand. */
  z.strictObject({ kind: z.literal('edited') }),
  /** A mask that was opened from a file. */
  z.strictObject({ kind: z.literal('named'), id: z.string() }),
]);
export type MaskRef = z.input<typeof maskRefSchema>;
/** A MaskRef with its defaults filled in. */
export type ParsedMaskRef = z.output<typeof maskRefSchema>;

export const maskRoleSchema = z.enum(['reader1', 'reader2', 'truth', 'earlier']);
export type MaskRole = z.infer<typeof maskRoleSchema>;

export const namedMaskSchema = z.object({
  id: z.string(),
  role: maskRoleSchema,
  /** The file's name, or what an edit that was set aside was called. */
  name: z.string(),
  volumes: perRegionSchema(z.number()),
});
export type NamedMask = z.infer<typeof namedMaskSchema>;

const perSequence = <T extends z.ZodType>(value: T) => z.partialRecord(modalitySchema, value);

const compareSchema = perRegionSchema(
  z.object({
    dice: z.number(),
    /** 95th percentile of the Hausdorff distance in mm; by convention when a mask is empty (`kind`). */
    hd95: z.object({ value: z.number(), kind: z.enum(['measured', 'both-empty', 'one-empty']) }),
    mlA: z.number(),
    mlB: z.number(),
    mlOnlyA: z.number(),
    mlOnlyB: z.number(),
  }),
);
export type Comparison = z.infer<typeof compareSchema>;

/** A connected part of the voxels in which combinations differ. */
export const blobSchema = z.object({
  /** Index of its first voxel: names the blob within one list of combinations and threshold. */
  id: z.int(),
  voxels: z.int(),
  ml: z.number(),
  /** A voxel of the blob near its centre, to jump to. */
  voxel: voxelSchema,
  mm: z.array(z.number()).length(3),
  /** What each combination says there: ml of each label, and which combinations say the same voxel by voxel. */
  answers: z.array(
    z.object({
      combinations: z.array(combinationSchema),
      ml: z.object({ core: z.number(), oedema: z.number(), enhancing: z.number() }),
    }),
  ),
});
export type Blob = z.infer<typeof blobSchema>;

export const choiceSchema = {
  /** The combinations that are compared, at least two. */
  combinations: z.array(combinationSchema).min(2).max(15),
  threshold: thresholdSchema.nullable().default(null),
};

export const masksContract = {
  /**
   * Opens a mask file on the Case's grid in a role (a role may be held by several).
   * BraTS 2021 files (enhancing = 3, no 4) are recognised; `scheme` says it outright.
   */
  'masks.open': {
    request: caseIdSchema.extend({
      file: pathSchema,
      role: maskRoleSchema,
      scheme: z.enum(LABEL_SCHEMES).nullable().default(null),
    }),
    response: namedMaskSchema,
  },
  'masks.close': { request: caseIdSchema.extend({ id: z.string() }), response: nothing },
  'masks.compare': {
    request: caseIdSchema.extend({ a: maskRefSchema, b: maskRefSchema }),
    response: compareSchema,
  },
  /** Volumes on the own grids of the series that the images were prepared from; empty where nothing was moved. */
  'masks.seriesVolumes': {
    request: caseIdSchema.extend({ mask: maskRefSchema }),
    response: z.object({
      series: z.array(z.object({ sequence: modalitySchema, volumes: perRegionSchema(z.number()) })),
    }),
  },
  /** What was found in every combination at another threshold than the model's. */
  'masks.combinations': {
    request: caseIdSchema.extend({ threshold: thresholdSchema }),
    response: z.record(z.string(), combinationResultSchema),
  },
  /** Dice of every combination with a mask that serves as truth. */
  'masks.scores': {
    request: caseIdSchema.extend({ truth: maskRefSchema, ...movedShape }),
    response: z.record(z.string(), perRegionSchema(z.number())),
  },
  /** Blobs where the given combinations differ, largest first. */
  'choices.list': {
    request: caseIdSchema.extend({ ...choiceSchema, limit: z.int().positive().default(200) }),
    response: z.object({ blobs: z.array(blobSchema), total: z.int() }),
  },
  /** Values at one voxel of the Case's grid: the crosshair. */
  'maps.voxel': {
    request: caseIdSchema.extend({
      voxel: voxelSchema,
      combination: combinationSchema.nullable().default(null),
    }),
    response: z.object({
      /** Intensity of each sequence as in its file. */
      intensities: perSequence(z.number()),
      /** Each sequence's own probabilities; empty before the first result. */
      sequences: perSequence(perRegionSchema(z.number())),
      /** Fused probabilities of the combination (default: all), nested; null before the first result. */
      fused: perRegionSchema(z.number()).nullable(),
    }),
  },
} as const;

const labelsHeader = z.object({ grid: gridSchema, volumes: perRegionSchema(z.number()) });

export const imageHeader = z.object({
  grid: gridSchema,
  type: z.enum(['uint8', 'int16', 'float32']),
  minimum: z.number(),
  maximum: z.number(),
  /** 1st and 99.5th percentile of the non-zero values: a window to begin with. */
  window: z.tuple([z.number(), z.number()]),
});

/** Methods that answer with voxels: a header, and an ArrayBuffer of the named element type, x fastest. */
export const mapsContract = {
  /** One sequence's image on its own grid, values as in the file; `type` of the elements is in the header. */
  'images.volume': {
    request: caseIdSchema.extend({ sequence: modalitySchema }),
    header: imageHeader,
  },
  /** One sequence as the scanner made it, on its own grid, also where it was prepared for the model. */
  'images.series': {
    request: caseIdSchema.extend({ sequence: modalitySchema }),
    /** RAS mm of the series → RAS mm of the case (4×4, column-major); null where nothing was moved. */
    header: imageHeader.extend({ toCase: z.array(z.number()).length(16).nullable() }),
  },
  /** Uint8 labels of any mask on a series' own grid: a voxel has what fills more than half of it. */
  'masks.onSeries': {
    request: caseIdSchema.extend({ mask: maskRefSchema, sequence: modalitySchema }),
    header: z.object({ grid: gridSchema }),
  },
  /** Uint8 labels of any mask. */
  'masks.labels': {
    request: caseIdSchema.extend({ mask: maskRefSchema }),
    header: labelsHeader,
  },
  /**
   * Uint8 per voxel: in how many combinations the minority is (0: all agree). `maximum` is the largest possible value, half of
   * the combinations.
   */
  'maps.disagreement': {
    request: caseIdSchema.extend({ region: regionSchema, ...movedShape }),
    header: z.object({ grid: gridSchema, combinations: z.int(), maximum: z.int() }),
  },
  /** Uint8 bits per voxel: bit i is set when leaving out sequence i (t1, t1ce, t2, flair) changes the answer there. */
  'maps.decidedBy': {
    request: caseIdSchema.extend({ combination: combinationSchema, region: regionSchema, ...movedShape }),
    header: z.object({
      grid: gridSchema,
      /** ml in (`added`) or out (`removed`) because of this sequence alone. */
      sequences: perSequence(z.object({ added: z.number(), removed: z.number() })),
    }),
  },
  /** Uint8 per voxel: 0 in neither, 1 in both, 2 only in a, 3 only in b. */
  'maps.difference': {
    request: caseIdSchema.extend({ a: maskRefSchema, b: maskRefSchema, region: regionSchema }),
    header: z.object({ grid: gridSchema, mlBoth: z.number(), mlOnlyA: z.number(), mlOnlyB: z.number() }),
  },
  /** Uint8 per voxel, 255 = 1: the fused probability, or the standard deviation of the sequences' own (`spread`). */
  'maps.probability': {
    request: caseIdSchema.extend({
      combination: combinationSchema,
      region: regionSchema,
      kind: z.enum(['fused', 'spread']).default('fused'),
    }),
    header: z.object({ grid: gridSchema, scale: z.number() }),
  },
  /**
   * Faders: Uint8 labels of a fusion whose weights are the model's times these factors (0 leaves a sequence out; at least one
   * is positive). Exploration: nothing of it can be edited or exported.
   */
  'maps.explore': {
    request: caseIdSchema.extend({
      factors: z.partialRecord(modalitySchema, z.number().min(0).max(10)),
      threshold: thresholdSchema.nullable().default(null),
    }),
    header: labelsHeader.extend({ exploration: z.literal(true) }),
  },
} as const;
