import { z } from 'zod';
import { LABEL_SCHEMES, REGIONS } from '../terms.js';
import {
  combinationSchema,
  modalitySchema,
  nothing,
  pathSchema,
  perRegionSchema,
  problemSchema,
} from './basic.js';
import { openCaseSchema } from './cases.js';
import { trainValuesSchema } from './trainOrder.js';

/** Research in a window: data sets, training runs and evaluations, all in folders of the user's. */

const side = z.enum(['train', 'validation', 'test']);
const number = z.number();
/** One value a window of steps, null where the log has none there. */
const curve = z.array(number.nullable());

/** What the verifier says of a data set: the result of a `verify` job, one for each folder. */
export const datasetFindingsSchema = z.object({
  folder: z.string(),
  name: z.string(),
  /** What the numbers in its masks mean. */
  labels: z.enum(LABEL_SCHEMES),
  cutOuts: z.boolean(),
  cases: z.array(
    z.object({
      name: z.string(),
      /** Null where the case could not be opened. */
      patient: z.string().nullable(),
      folder: z.string(),
      sequences: z.array(modalitySchema),
      problems: z.array(problemSchema),
    }),
  ),
  /** Of the data set as a whole. */
  problems: z.array(problemSchema),
});
export type DatasetFindings = z.infer<typeof datasetFindingsSchema>;

/** What a training would take here: the result of an `estimate` job, one for each that was asked for. */
export const trainingEstimateSchema = z.object({
  secondsPerStep: number,
  /** All steps, without validation. */
  seconds: number,
  /** For the network; without the cases. */
  bytes: number,
});
export type TrainingTime = z.infer<typeof trainingEstimateSchema>;

const splitSidesSchema = z.object({
  train: z.array(z.string()),
  validation: z.array(z.string()),
  test: z.array(z.string()),
});

export const runSummarySchema = z.object({
  folder: z.string(),
  name: z.string(),
  /** Who writes it: `quorum train`, or the PyTorch trainer. */
  by: z.enum(['quorum', 'torch']),
  /** `active`: its log grew within the last minute. */
  state: z.enum(['active', 'finished', 'stopped']),
  step: z.int(),
  /** Null where its configuration is not known. */
  steps: z.int().nullable(),
  /** Its best validation. */
  best: z.object({ step: z.int(), score: number }).nullable(),
  /** ISO 8601. */
  changedAt: z.string(),
  /** The job that trains it here. */
  job: z.string().nullable(),
  /** It can be gone on with from here. */
  canResume: z.boolean(),
  /** What it was asked for, by the names of the options; null where that is not known. */
  values: trainValuesSchema.nullable(),
  /** The model folder that it ended in; null where there is none. */
  model: z.string().nullable(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

export const runCurvesSchema = z.object({
  /** The last step. */
  step: z.int(),
  /** First and last step of each window, over which values are averaged. */
  windows: z.array(z.tuple([z.int(), z.int()])),
  loss: z.record(z.string(), curve),
  meanLoss: curve,
  /** Modality dominance: norm of the gradient of the loss of one sequence alone. */
  norms: z.partialRecord(modalitySchema, curve),
  /** Share of pairs of gradients whose cosine is negative. */
  conflicts: curve,
  /** Mean over the objectives of 1 − |G′|/|G|: what decoupling took away. */
  removed: curve,
  validations: z.array(
    z.object({
      step: z.int(),
      score: number.nullable(),
      dice: z.record(z.string(), z.array(number.nullable())),
    }),
  ),
  /** Cosines over time, in fewer windows; null where the log has none. */
  conflict: z
    .object({
      objectives: z.array(combinationSchema),
      windows: z.array(
        z.object({
          from: z.int(),
          to: z.int(),
          cosines: z.array(curve),
          removed: curve,
        }),
      ),
    })
    .nullable(),
});
export type RunCurves = z.infer<typeof runCurvesSchema>;

const interval = z.object({ low: number, high: number }).nullable();

const evaluationSchema = z.object({
  folder: z.string(),
  name: z.string(),
  /** Of the data set. */
  dataset: z.string(),
  side: z.string(),
  /** What was scored, as a sentence. */
  of: z.string(),
  finishedAt: z.string(),
  patients: z.int(),
  complete: z.int(),
  /** The rows of the table, the largest combination first. */
  combinations: z.array(
    z.object({
      combination: combinationSchema,
      patients: z.int(),
      regions: perRegionSchema(
        z
          .object({
            dice: number.nullable(),
            diceInterval: interval,
            present: z.int(),
            hd95: number.nullable(),
            measured: z.int(),
          })
          .nullable(),
      ),
    }),
  ),
  mean: perRegionSchema(z.object({ dice: number.nullable(), present: z.int() })),
  /** Of every case as `cases.csv` has it. */
  cases: z.array(
    z.object({
      case: z.string(),
      patient: z.string(),
      combination: combinationSchema,
      region: z.enum(REGIONS),
      dice: number,
      hd95: number.nullable(),
      trueMl: number,
      foundMl: number,
      /** The truth holds less of the region than counts as present: its Dice enters no mean. */
      absent: z.boolean(),
    }),
  ),
  /** Dice of each patient who has the region, behind the means. */
  dice: z.array(
    z.object({
      patient: z.string(),
      combination: combinationSchema,
      region: z.enum(REGIONS),
      dice: number,
    }),
  ),
  /** Its cases can be opened with the masks that were scored. */
  canOpen: z.boolean(),
  /** With another evaluation, pair by pair: mean of this one's Dice minus the other's. */
  comparison: z
    .array(
      z.object({
        combination: combinationSchema,
        region: z.enum(REGIONS),
        patients: z.int(),
        difference: number,
        pairs: z.int(),
        pValue: number,
        adjustedPValue: number,
      }),
    )
    .nullable(),
  comparisonCsv: z.string().nullable(),
  /** The table in LaTeX and CSV, as in its files. */
  latex: z.string(),
  csv: z.string(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

const jobSchema = z.object({ job: z.string() });
const folders = z.array(pathSchema).min(1).max(50);

export const researchContract = {
  /** Reads every file of these data sets; the job's result is a `DatasetFindings` for each. */
  'research.verify': { request: z.strictObject({ folders }), response: jobSchema },
  /** Deals the patients of data sets out to three sides; with `output`, a folder, writes `split.json` there. */
  'research.split': {
    request: z.strictObject({
      folders,
      /** Shares of validation and test; the rest trains. */
      validation: z.number().min(0).max(0.9),
      test: z.number().min(0).max(0.9),
      seed: z.int().min(0).max(0x7fffffff).default(1),
      output: pathSchema.nullable().default(null),
    }),
    response: z.object({ sides: splitSidesSchema, file: z.string().nullable() }),
  },
  /** Measures a few steps of each; the job's result is a `TrainingTime` for each. */
  'research.estimate': {
    request: z.strictObject({ folders, values: z.array(trainValuesSchema).min(1).max(6) }),
    response: jobSchema,
  },
  /** Trains in the background; the same run goes on from its checkpoint. `values`: options that name no file or folder. */
  'research.train': {
    request: z.strictObject({
      folders,
      output: pathSchema,
      split: pathSchema.nullable().default(null),
      initial: pathSchema.nullable().default(null),
      /** Where checkpoints and log lie; null is beside the model. */
      run: pathSchema.nullable().default(null),
      values: trainValuesSchema,
    }),
    response: jobSchema.extend({ run: z.string() }),
  },
  'research.resume': { request: z.strictObject({ run: pathSchema }), response: jobSchema },
  /** The runs that are known here, newest first. */
  'research.runs': { request: nothing, response: z.array(runSummarySchema) },
  /** Finds runs and evaluations in a folder and below. */
  'research.find': {
    request: z.strictObject({ folder: pathSchema }),
    response: z.object({ runs: z.int(), evaluations: z.int() }),
  },
  /** Lists it no more; its files stay. */
  'research.forget': { request: z.strictObject({ folder: pathSchema }), response: nothing },
  /** What a run's log holds; null when it has not changed since. */
  'research.curves': {
    request: z.strictObject({ run: pathSchema, since: z.int().min(0).default(0) }),
    response: z.object({ lines: z.int(), curves: runCurvesSchema.nullable() }),
  },
  'research.evaluate': {
    request: z.strictObject({
      dataset: pathSchema,
      /** A folder: a model's (null is the shipped one), or one of masks. */
      model: pathSchema.nullable().default(null),
      predictions: pathSchema.nullable().default(null),
      labels: z.string().max(200).nullable().default(null),
      split: pathSchema.nullable().default(null),
      side: side.default('test'),
      output: pathSchema,
      force: z.boolean().default(false),
    }),
    response: jobSchema.extend({ evaluation: z.string() }),
  },
  /** The evaluations that are known here, newest first. */
  'research.evaluations': {
    request: nothing,
    response: z.array(z.object({ folder: z.string(), name: z.string(), finishedAt: z.string() })),
  },
  'research.evaluation': {
    request: z.strictObject({ folder: pathSchema, against: pathSchema.nullable().default(null) }),
    response: evaluationSchema,
  },
  /** Opens a case of an evaluation with its truth and the very mask that was scored. */
  'research.openCase': {
    request: z.strictObject({
      folder: pathSchema,
      case: z.string().max(1000),
      combination: combinationSchema,
    }),
    response: z.object({ case: openCaseSchema, truth: z.string(), scored: z.string() }),
  },
} as const;
