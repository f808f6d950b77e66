import { z } from 'zod';
import { ERROR_CODES } from '../errors.js';
import { allCombinations, combinationName, MODALITIES, REGIONS } from '../terms.js';

/** Shapes that several parts of the contract share. */

export const modalitySchema = z.enum(MODALITIES);
export const regionSchema = z.enum(REGIONS);

/** One value for each of WT, TC, ET. */
export const perRegionSchema = <T extends z.ZodType>(value: T) =>
  z.object({ WT: value, TC: value, ET: value });

/** A Problem (`errors.ts`) as it travels. */
export const problemSchema = z.object({
  code: z.enum(ERROR_CODES),
  field: z.string().optional(),
  expected: z.string().optional(),
  found: z.string().optional(),
  file: z.string().optional(),
  files: z.array(z.string()).readonly().optional(),
  get also() {
    return z.array(problemSchema).readonly().optional();
  },
});

/** Files that the user named for a sequence; they win over what names say. */
export const overridesSchema = z.partialRecord(modalitySchema, z.string());

const triple = z.tuple([z.number(), z.number(), z.number()]).readonly();
const n = z.number();
/** Where voxels lie: index (i, j, k), i fastest → RAS mm by the 4×4 column-major affine. */
export const gridSchema = z.object({
  size: triple,
  /** Voxel sides in mm. */
  spacing: triple,
  /** Where i, j, k grow to, e.g. LPS. */
  orientation: z.string(),
  affine: z.tuple([n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n]).readonly(),
});
export type GridSummary = z.infer<typeof gridSchema>;

export const sequenceSchema = z.enum([...MODALITIES, 'mask', 'other']);
export type Sequence = z.infer<typeof sequenceSchema>;

export const headerSchema = z.object({ format: z.string(), datatype: z.string(), grid: gridSchema });

/** An image file, what it was recognised as, and why. */
export const seriesSchema = headerSchema.extend({
  file: z.string(),
  sequence: sequenceSchema,
  reason: z.string(),
});

/** A file or folder that a call opens; a server lets it name those alone that it was started for. */
export const pathSchema = z.string().min(1).meta({ path: 'path' });
/** A file that an open case names: it says which, nothing is opened by it. */
export const knownFileSchema = z.string().meta({ path: 'known' });

export const nothing = z.strictObject({});
/** Refers to an open case by the id that `cases.open` gave. */
export const caseIdSchema = z.strictObject({ case: z.string().min(1) });
export const jobIdSchema = z.object({ job: z.string() });

/** `t1+flair`: members joined by + in the order t1, t1ce, t2, flair. */
export const combinationSchema = z.enum(allCombinations().map(combinationName));

export const voxelSchema = z.tuple([z.int(), z.int(), z.int()]);
