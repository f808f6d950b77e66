import { z } from 'zod';
import { AGES, MODALITIES, type Population, TREATMENTS, TUMOURS, UNKNOWN_POPULATION } from '../terms.js';

export const perRegion = <T extends z.ZodType>(value: T) =>
  z.strictObject({ WT: value, TC: value, ET: value });
export const perModality = <T extends z.ZodType>(value: T) => z.partialRecord(z.enum(MODALITIES), value);
const share = z.number().min(0).max(1);
/** Keys are combination names such as `t1+flair`. */
const perCombination = <T extends z.ZodType>(value: T) => z.record(z.string(), value);

/** Mean over patients that were not trained on, with a 95 % bootstrap interval. */
const diceSchema = z.strictObject({
  mean: share,
  lower: share,
  upper: share,
  patients: z.int().positive(),
});

const knownRegionSchema = z.strictObject({
  /** False: with these sequences the region gets no number unless asked for. */
  supported: z.boolean(),
  /** Dice where it was measured on most patients: cut-outs around the tumour, or whole cases where there are enough. */
  dice: diceSchema.nullable(),
  /** Dice on whole cases alone; null or absent where it was never measured. */
  wholeCases: diceSchema.nullable().optional(),
});

/**
 * Conformal volume ranges: V · exp(±factor · (spread + offset)), spread being the standard deviation of ln(V_m + 0.1 ml)
 * over the sequences' own volumes V_m (0 with one sequence).
 */
const volumeRangesSchema = z.strictObject({
  /** Share of patients that a range is meant to cover. */
  level: share,
  offset: z.number().positive(),
  /** What the ranges were measured on, as a clause, e.g. `cut-outs around the tumour`. */
  measuredOn: z.string(),
  /** Null: too few patients for a range. */
  factors: perCombination(
    perRegion(z.strictObject({ factor: z.number().min(0), patients: z.int().positive() }).nullable()),
  ),
  /** Coverage by number of sequences, each patient against the others' ranges. */
  coverage: z.array(z.strictObject({ sequences: z.int().min(1).max(4), covered: share, ranges: z.int() })),
});
export type VolumeRanges = z.infer<typeof volumeRangesSchema>;

/** What one more sequence brought: Dice(S + m) − Dice(S) over patients; median and quartiles. */
const gainSchema = z.strictObject({
  median: z.number(),
  lower: z.number(),
  upper: z.number(),
  patients: z.int().positive(),
});

/** A warning for results whose agreement lies below a cut-off, and how it did on patients that were not trained on. */
const agreementFlagSchema = z.strictObject({
  below: share,
  /** Results with a lower Dice count as poor. */
  poorDice: share,
  /** Share of the poor results that it finds, and of the others that it flags too. */
  detection: share,
  falseAlarms: share,
  results: z.int().positive(),
});

const trustWeights = {
  constant: z.number(),
  sequences: z.strictObject({ t1: z.number(), t1ce: z.number(), t2: z.number(), flair: z.number() }),
  alone: z.number(),
  pair: z.number(),
  agreement: z.number(),
  volume: z.number(),
};

/**
 * The same sum for log10(false ml + 0.5). `level` of the results had at most 10^(sum + error) − 0.5 ml of false tumour, each patient judged by
 * the others; more than `limitMl` makes a result poor.
 */
const falseVolumeSchema = z.strictObject({ ...trustWeights, error: z.number(), limitMl: z.number() });

/**
 * Below `below` the mean Dice of a mask with those of its sequences alone, each by its weight, is unusual: none of the `results` good masks of
 * all sequences had less.
 */
const disagreementSchema = z.strictObject({
  weights: perModality(share),
  below: share,
  results: z.int().positive(),
});

/**
 * The Dice that a region of a mask is to be expected to have: constant + the weights of its sequences + `alone` or `pair` where there are
 * one or two of them + agreement · (agreement − 0.8) (nothing with one) + volume · log10(ml + 0.5).
 */
const expectedDiceSchema = z.strictObject({
  ...trustWeights,
  /** This share of the results lay within ± `error`, each patient judged by the others. */
  level: share,
  error: share,
  /** Results with a lower Dice count as poor. */
  poorDice: share,
  /** Absent: never measured. */
  falseVolume: falseVolumeSchema.optional(),
  patients: z.int().positive(),
  results: z.int().positive(),
});
export type FalseVolume = z.infer<typeof falseVolumeSchema>;
export type ExpectedDice = z.infer<typeof expectedDiceSchema>;

/** Rates of a check on patients that were not trained on: found when it is there, raised when it is not. */
const rates = { detection: share, falseAlarms: share, cases: z.int().positive() };

/** Checks of the images around the found tumour and of the result; null where a check does not work or was not measured. */
const inputChecksSchema = z.strictObject({
  /** By pair of sequences, e.g. `t1+t1ce`: below the cut-off the weighted features (`pairFeatures`) mean "swapped". */
  swapped: z.record(
    z.string(),
    z.strictObject({ weights: z.array(z.number()).length(10), below: z.number(), ...rates }).nullable(),
  ),
  /** Below this T1ce shows no contrast uptake over T1 (`contrastUptake`). */
  uptake: z.strictObject({ below: z.number(), ...rates }).nullable(),
  /** Above this share of its surface a tumour touches the surface of the brain widely. No such tumour was tested. */
  surface: z.strictObject({ above: share, cases: z.int().positive() }).nullable(),
  /** From this number of separate enhancing lesions on. No such patient was tested. */
  lesions: z.strictObject({ atLeast: z.int().min(2), cases: z.int().positive() }).nullable(),
});
export type InputChecks = z.infer<typeof inputChecksSchema>;

const some = <T extends readonly [string, ...string[]]>(kinds: T) => z.array(z.enum(kinds)).min(1).nullable();

/** Whom the model was trained on; null: not known. Every sentence about what it does not know is made of this. */
const populationSchema = z.strictObject({
  age: some(AGES),
  treatment: some(TREATMENTS),
  tumours: some(TUMOURS),
});

/** What is known about a model, measured on patients that it was not trained on. */
export const knowledgeSchema = z.strictObject({
  trainingData: z.string(),
  /** Absent: nothing of it is known. */
  population: populationSchema.optional(),
  combinations: perCombination(perRegion(knownRegionSchema)),
  /** Null: not known. */
  volumeRanges: volumeRangesSchema.nullable(),
  /** By combination, then by the sequence that it lacks. Null: not known. */
  gains: perCombination(perModality(perRegion(gainSchema.nullable()))).nullable(),
  /** Null for a region: no cut-off that works, so no warning is given. Null or absent: never measured. */
  agreementFlags: perRegion(agreementFlagSchema.nullable()).nullable().optional(),
  /** Null for a region: too few good results. Null or absent: never measured. */
  disagreement: perRegion(disagreementSchema.nullable()).nullable().optional(),
  /** Null for a region: too few patients. Null or absent: never measured. */
  expectedDice: perRegion(expectedDiceSchema.nullable()).nullable().optional(),
  /** Null: never measured. */
  inputChecks: inputChecksSchema.nullable(),
});

/** Whom a model was trained on, as far as it says. */
export function populationOf({
  population,
}: Pick<z.infer<typeof knowledgeSchema>, 'population'>): Population {
  return population ?? UNKNOWN_POPULATION;
}
