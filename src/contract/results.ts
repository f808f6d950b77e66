import { z } from 'zod';
import { type Combination, PREPARATION_STEPS } from '../terms.js';
import {
  combinationSchema,
  gridSchema,
  modalitySchema,
  perRegionSchema,
  problemSchema,
  regionSchema,
} from './basic.js';
import { OUTSIDE, populationSchema } from './population.js';

/** What a segmentation found. All numbers are of masks on the Case's grid. */

/** Codes with their facts; `warnings.ts` has the sentences. */
export const warningSchema = z.discriminatedUnion('code', [
  /** Nobody measured what this model finds with these sequences: no region is supported. */
  z.object({ code: z.literal('MODEL_NOT_MEASURED') }),
  /** No tumour in these sequences. */
  z.object({ code: z.literal('EMPTY_RESULT'), sequences: z.array(modalitySchema) }),
  /** Three or more separate enhancing lesions. */
  z.object({ code: z.literal('SEVERAL_ENHANCING_LESIONS'), lesions: z.int(), population: populationSchema }),
  /** model.json: these sequences do not support this region. */
  z.object({
    code: z.literal('REGION_NOT_SUPPORTED'),
    region: regionSchema,
    /** False: nobody measured it. */
    measured: z.boolean(),
  }),
  /** The sequences' masks agree less than usual (mean leave-one-out Dice of the whole tumour). */
  z.object({ code: z.literal('LOW_AGREEMENT'), region: regionSchema, dice: z.number() }),
  /** The sequences show a region at different places, each weighed by how good it is alone (mean Dice with the mask). */
  z.object({ code: z.literal('SEQUENCES_DISAGREE'), region: regionSchema, dice: z.number() }),
  /** Two images look like each other's sequence. */
  z.object({ code: z.literal('SEQUENCES_SWAPPED'), sequences: z.array(modalitySchema).length(2) }),
  /** The voxels of an image look like another sequence than it is called. */
  z.object({ code: z.literal('SEQUENCE_MISNAMED'), sequence: modalitySchema, looks: modalitySchema }),
  /** Aligned images that do not show one head: some are mirrored, or of another head, or lie wrong. */
  z.object({
    code: z.literal('IMAGES_DO_NOT_FIT'),
    kind: z.enum(['mirrored', 'other-head']),
    /** Those that do not fit the others; all of them where it is not known which. */
    sequences: z.array(modalitySchema).min(1),
    /** All that were compared. */
    of: z.array(modalitySchema),
  }),
  /** An image is of poor quality: shading over the brain, noise, thick slices, or less of the brain than the others show. */
  z.object({
    code: z.literal('IMAGE_QUALITY'),
    check: z.enum(['bias', 'noise', 'slices', 'ghosts', 'coverage']),
    sequences: z.array(modalitySchema).min(1),
  }),
  /** What the images show is no whole brain: its volume, its symmetry, a bright rim or a flat end say so. */
  z.object({
    code: z.literal('BRAIN_IMPLAUSIBLE'),
    check: z.enum(['volume', 'asymmetry', 'rim', 'top', 'bottom', 'apart']),
    /** ml of `volume` and `apart`, else a share. */
    value: z.number(),
  }),
  /** The whole tumour is a larger share of the brain than a tumour is. */
  z.object({ code: z.literal('TUMOUR_LARGE'), share: z.number() }),
  /** ml of the tumour lie where the images end. */
  z.object({ code: z.literal('TUMOUR_AT_EDGE_OF_IMAGE'), ml: z.number() }),
  /** The whole tumour is in many separate parts. */
  z.object({ code: z.literal('MANY_PARTS'), parts: z.int(), population: populationSchema }),
  /** What is called enhancing tumour is not bright in T1ce. */
  z.object({ code: z.literal('ENHANCEMENT_NOT_BRIGHT') }),
  z.object({ code: z.literal('UPTAKE_NOT_COVERED'), ml: z.number() }),
  /** Tumour is marked that enhances nowhere, neither by the mask nor by T1ce over T1. */
  z.object({ code: z.literal('NOTHING_ENHANCES') }),
  /** The marked tumour surrounds clear fluid: a resection cavity, or a cyst. */
  z.object({ code: z.literal('FLUID_IN_TUMOUR'), ml: z.number(), population: populationSchema }),
  /** Something compact takes up contrast agent and sits on the brain's surface, marked or not. */
  z.object({ code: z.literal('MASS_AT_SURFACE'), ml: z.number(), population: populationSchema }),
  /** A share (0..1) of the tumour lies where gliomas of adults are rare. */
  z.object({
    code: z.literal('TUMOUR_PLACE_RARE'),
    place: z.enum(['posterior-fossa', 'deep']),
    share: z.number(),
  }),
  /** T1ce is nowhere brighter than T1 as contrast agent makes it. */
  z.object({ code: z.literal('NO_CONTRAST_UPTAKE') }),
  /** A large share (0..1) of the tumour's surface lies at the surface of the brain. */
  z.object({ code: z.literal('TUMOUR_AT_SURFACE'), share: z.number(), population: populationSchema }),
  /** A check of the input that was overridden. */
  z.object({ code: z.literal('CHECK_OVERRIDDEN'), problem: problemSchema }),
  /** An answer to the three questions that lies outside of what the model was trained on. */
  z.object({ code: z.literal('OUTSIDE_TRAINING'), reason: z.enum(OUTSIDE), population: populationSchema }),
  /** An answer that a check contradicts: by the brain's ml, by fluid in the tumour. */
  z.object({ code: z.literal('ANSWER_DOUBTED'), answer: z.enum(['adult', 'untreated']) }),
  /** What headers say of the patient, where nobody was asked, that lies outside of what the model was trained on. */
  z.object({
    code: z.literal('HEADERS_SUGGEST'),
    reason: z.enum(['child', 'treated']),
    source: z.string(),
    /** Null: no model is in play yet. */
    population: populationSchema.nullable(),
  }),
  /** A sequence is there and could not be used. */
  z.object({
    code: z.literal('SEQUENCE_LOST'),
    sequence: modalitySchema,
    series: z.string(),
    reason: z.string(),
    /** Interpolation on the user's request would make it usable. */
    mendable: z.boolean(),
  }),
  /** A device failed and the job was repeated on the CPU. */
  z.object({ code: z.literal('REPEATED_ON_CPU'), device: z.string() }),
  /** No header says which side is left. */
  z.object({ code: z.literal('ORIENTATION_UNKNOWN'), sequence: modalitySchema }),
  z.object({ code: z.literal('SLICES_INTERPOLATED'), sequence: modalitySchema, what: z.string() }),
  /** A header contradicts itself about the voxels' size or place; what is left of it was taken. */
  z.object({ code: z.literal('VOXEL_SIZE_FROM_PIXDIM'), sequence: modalitySchema }),
  z.object({ code: z.literal('SFORM_UNUSABLE'), sequence: modalitySchema }),
  /** Air was `value`; `shifted`: all values were moved by it. */
  z.object({
    code: z.literal('AIR_SET_TO_ZERO'),
    sequence: modalitySchema,
    value: z.number(),
    shifted: z.boolean(),
  }),
  /** The voxels of an image lie on another's, its header does not: it was moved by `mm` (RAS) and turned. */
  z.object({
    code: z.literal('HEADER_CONTRADICTED'),
    sequence: modalitySchema,
    onto: modalitySchema,
    mm: z.tuple([z.number(), z.number(), z.number()]).readonly(),
    degrees: z.number(),
  }),
  /** A step of the preparation that came out doubtful or failed. */
  z.object({
    code: z.literal('PREPARATION_DOUBTFUL'),
    step: z.enum(PREPARATION_STEPS),
    sequence: modalitySchema.nullable(),
    problem: problemSchema.nullable(),
  }),
]);
export type Warning = z.infer<typeof warningSchema>;

/** Checks that warn: agreement between the sequences, swapped sequences, contrast uptake, tumour at the brain's surface. */
export const CHECKS = ['agreement', 'swapped', 'uptake', 'surface'] as const;
export type CheckName = (typeof CHECKS)[number];

/** The Dice that is to be expected of a region, and what weighs most against it. */
const expectationSchema = z.object({
  dice: z.number(),
  lower: z.number(),
  upper: z.number(),
  /** At most this many ml of it are false, by the same level; null: not known. */
  falseMl: z.number().nullable(),
  rating: z.enum(['good', 'look', 'avoid']),
  reason: z.enum(['sequences', 'agreement', 'volume', 'outline']).nullable(),
});
export type Expectation = z.infer<typeof expectationSchema>;

const regionVolumeSchema = z.object({
  ml: z.number(),
  /** False: gets no number unless asked for, then "a guess: …". */
  supported: z.boolean(),
  /** The range in ml that model.json gives for such a volume, or null when it is not known. */
  range: z.object({ lower: z.number(), upper: z.number() }).nullable(),
  /** The Dice that is to be expected by what model.json says; null where that is not known, and of an empty region. */
  expected: expectationSchema.nullable(),
});

const speckSchema = z.object({
  region: regionSchema,
  ml: z.number(),
  centroidMm: z.array(z.number()).length(3),
  centroidVoxel: z.array(z.number()).length(3),
});

/** One combination's mask after clean-up; what is null at another threshold than the model's is known at the model's alone. */
export const combinationResultSchema = z.object({
  volumes: perRegionSchema(regionVolumeSchema),
  /** Mean Dice with each member left out, before clean-up; null with one sequence, and at another threshold. */
  agreement: perRegionSchema(z.number().nullable()),
  /** Dice with the all-sequence result, before clean-up: agreement, never accuracy. Null at another threshold. */
  agreementWithAll: perRegionSchema(z.number().nullable()),
  /** ml that are in (`added`) or out (`removed`) of the mask because of this sequence alone; null with one sequence. */
  contributions: z
    .array(
      z.object({
        modality: modalitySchema,
        added: perRegionSchema(z.number()),
        removed: perRegionSchema(z.number()),
      }),
    )
    .nullable(),
  /** Parts below the model's minimum volume that were removed, largest first; `edits.restoreSpecks` brings them back. */
  specks: z.array(speckSchema),
  /** Separate enhancing lesions after clean-up. */
  enhancingLesions: z.int(),
  warnings: z.array(warningSchema),
  /** Checks that could say nothing here: without them there is no "no warning". */
  notChecked: z.array(z.enum(CHECKS)),
});
export type CaseCombination = z.infer<typeof combinationResultSchema>;

export const resultSchema = z.object({
  /** Changes with every segmentation. */
  id: z.string(),
  finishedAt: z.string(),
  /** The sequences that went in. Every subset of them is in `combinations`. */
  used: z.array(modalitySchema),
  /** Key of the combination of all of them. */
  all: combinationSchema,
  grid: gridSchema,
  model: z.object({ id: z.string(), name: z.string(), version: z.string(), hash: z.string() }),
  engine: z.object({ name: z.string(), device: z.string() }),
  threshold: z.number(),
  combinations: z.record(z.string(), combinationResultSchema),
  /** Warnings about the input, the device and the answers; those of one combination stand with it. */
  warnings: z.array(warningSchema),
  /** Passes of the network that were needed; what it says of the other sequences came from the cache. */
  networkPasses: z.int(),
  seconds: z.number(),
});
export type CaseResult = z.infer<typeof resultSchema>;

/** The combinations that a result holds, fewest sequences last. */
export function combinationsIn({ combinations }: Pick<CaseResult, 'combinations'>): Combination[] {
  return Object.keys(combinations) as Combination[];
}
