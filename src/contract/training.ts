import { z } from 'zod';

/** What `quorum train` and `quorum evaluate` ask for. Every default of training stands here. */

const fraction = z.number().min(0).max(1);
const channel = z.int().min(8).max(1024).multipleOf(8);

/** What a refusal of `channelsSchema` asks for. */
export const CHANNELS_EXPECTED =
  'five multiples of 8: the second twice the first or 32 × n away from it, the others multiples of 32, e.g. 8,16,64,128,256';

/**
 * Channels of the five levels. The decoder halves them and what it joins, and GroupNorm's eight groups divide each of these
 * (`network/layers.ts`).
 */
export const channelsSchema = z
  .tuple([channel, channel, channel, channel, channel])
  .refine(([c0, c1, ...deeper]) => (c1 - 2 * c0) % 32 === 0 && deeper.every((c) => c % 32 === 0), {
    message: CHANNELS_EXPECTED,
  });

const splitSchema = z.union([
  /** JSON: `{"train": […], "validation": […], "test": […]}`, patients' or cases' names. */
  z.strictObject({ file: z.string().min(1) }),
  /** Fold `fold`, counted from 0, of `folds` validates; the others train. */
  z.strictObject({ folds: z.int().min(2), fold: z.int().min(0) }),
]);

export const trainRequestSchema = z.strictObject({
  datasets: z
    .array(z.strictObject({ folder: z.string().min(1), weight: z.number().positive().default(1) }))
    .min(1),
  /** Null: every case trains, none validates. */
  split: splitSchema.nullable().default(null),
  /** The Model folder to make. */
  output: z.string().min(1),
  /** Where checkpoints and the log are kept; null is `<output>.run`. */
  runFolder: z.string().min(1).nullable().default(null),
  /** The model's name; null is the output folder's. */
  name: z.string().min(1).nullable().default(null),
  /** A Model folder or an earlier run's folder to start from, dynamic sharing only; null: random parameters. */
  initial: z.string().min(1).nullable().default(null),
  width: z.union([z.literal(0.25), z.literal(0.5), z.literal(1)]).default(0.25),
  /** In place of the width's; null: the width's. */
  channels: channelsSchema.nullable().default(null),
  objectives: z
    .union([
      z.strictObject({ kind: z.enum(['subsets', 'singles']) }),
      z.strictObject({ kind: z.literal('sampled'), count: z.int().min(1).max(15) }),
      z.strictObject({ kind: z.literal('singles+sampled'), count: z.int().min(1).max(11) }),
    ])
    .default({ kind: 'sampled', count: 5 }),
  decoupling: z.enum(['paper', 'pcgrad', 'mean']).default('paper'),
  loss: z.enum(['dice', 'dice+cross-entropy', 'batch-dice+cross-entropy']).default('dice+cross-entropy'),
  steps: z.int().positive().default(4000),
  learningRate: z.number().positive().default(1e-3),
  schedule: z.enum(['cosine', 'polynomial', 'constant']).default('cosine'),
  weightDecay: z.number().min(0).default(0),
  /** Where the decay acts: in Adam's gradient, or beside the step and on convolution weights alone. */
  optimiser: z.enum(['adam', 'adamw']).default('adam'),
  /** Steps over which the learning rate rises to its first value. */
  warmUp: z.int().min(0).default(0),
  /** Largest norm of a step's gradient; 0: any. */
  clip: z.number().min(0).default(0),
  /** Decay of the running mean of the parameters, which is then validated and written; 0: the parameters themselves. */
  averageDecay: z.number().min(0).lt(1).default(0),
  /** Samples a step. */
  batch: z.int().positive().default(4),
  /** Side in voxels of crops from whole cases. */
  crop: z.int().positive().multipleOf(16).default(64),
  /** Share of crops that are centred on a tumour voxel; the others on any brain voxel. */
  tumourShare: fraction.default(2 / 3),
  /** At each face of a whole case up to so many planes of air more, at random. */
  margin: z.int().min(0).max(64).default(0),
  /** What happens to a sample besides shifting it: everything, flips alone, or nothing. */
  augmentation: z.enum(['full', 'flips', 'none']).default('full'),
  seed: z.int().min(0).max(0x7fffffff).default(1),
  checkpointEvery: z.int().positive().default(100),
  /** 0: never. */
  validateEvery: z.int().min(0).default(500),
  /** Score the split's test side too, once, at the end. */
  scoreTest: z.boolean().default(false),
  /** Stop after so many validations without a better one; 0: never. */
  patience: z.int().min(0).default(0),
  /** With the mean loss: gradient norms and cosines every so many steps; 0: never. */
  indicatorsEvery: z.int().min(0).default(0),
  sharing: z.enum(['dynamic', 'shared-norms', 'separate', 'early-fusion']).default('dynamic'),
  regionWeights: z.enum(['none', 'learned', 'fitted']).default('none'),
  /** How much memory cases may take, in MB; never changes a number. */
  caseMemoryMb: z.int().positive().default(2048),
  device: z.string().default('cpu'),
  /** CPU threads; null is all. Never changes a number. */
  threads: z.int().positive().nullable().default(null),
});
export type TrainRequest = z.output<typeof trainRequestSchema>;

export const evaluateRequestSchema = z.strictObject({
  dataset: z.string().min(1),
  /** Whose masks are scored: a model's (null is the shipped one), or those in a folder. */
  of: z.union([
    z.strictObject({ model: z.string().nullable() }),
    /** `labels`: what the masks' numbers mean, a scheme or `WT=1+2+3,TC=2+3,ET=3`; null finds it out or stops in doubt. */
    z.strictObject({ predictions: z.string().min(1), labels: z.string().max(200).nullable().default(null) }),
  ]),
  /** Only the cases on one side of a split file; null is all. */
  split: z
    .strictObject({ file: z.string().min(1), side: z.enum(['train', 'validation', 'test']).default('test') })
    .nullable()
    .default(null),
  /** Must not be there yet, or be empty. */
  output: z.string().min(1),
  /** The folder of an earlier evaluation to compare with, pair by pair. */
  against: z.string().min(1).nullable().default(null),
  /** Accept whole cases that are not skull-stripped or not about 1 mm, as `segment --force` does. */
  force: z.boolean().default(false),
  device: z.string().default('auto'),
  /** CPU threads; null is all. Never changes a mask. */
  threads: z.int().positive().nullable().default(null),
});
export type EvaluateRequest = z.output<typeof evaluateRequestSchema>;

export const measureRequestSchema = z.strictObject({
  /** A model folder. */
  model: z.string().min(1),
  datasets: z.array(z.string().min(1)).min(1),
  /** Null: every case is measured. */
  split: z
    .strictObject({
      file: z.string().min(1),
      side: z.enum(['train', 'validation', 'test']).default('validation'),
    })
    .nullable()
    .default(null),
  /** Support, gains, agreement and ranges on whole cases; or the checks of the images, on cut-outs and whole cases. */
  what: z.enum(['support', 'checks']).default('support'),
  /** Into model.json; of the validation side alone. */
  write: z.boolean().default(false),
  /** A new JSON file for what the numbers follow from. */
  output: z.string().min(1).nullable().default(null),
  force: z.boolean().default(false),
  device: z.string().default('auto'),
  /** CPU threads; null is all. Never changes a number. */
  threads: z.int().positive().nullable().default(null),
});
export type MeasureRequest = z.output<typeof measureRequestSchema>;
