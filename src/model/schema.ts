import { z } from 'zod';
import { allCombinations, combinationName, MODALITIES, REGIONS } from '../terms.js';
import { knowledgeSchema, perModality, perRegion } from './knowledgeSchema.js';

const positive = z.number().positive();
const channel = z.int().min(8).max(1024).multipleOf(8);
const percentile = z.number().min(0).max(100);

/** The lattice on which the network sees a head: fixed to the world, so that the field of view does not move it. */
const gridSchema = z.strictObject({
  /** Spacing in mm along the model's x, y, z. */
  spacing: z.tuple([positive, positive, positive]),
  /** Where x, y, z grow to: L or R, P or A, S or I, each once. The nearest axes of an oblique image are taken. */
  orientation: z.string().refine(isOrientation, 'three letters, one each of L/R, P/A, S/I'),
  /** Which model axes are the tensor's D, H, W. */
  tensorAxes: z.literal('xyz'),
  /** RAS position in mm of one lattice point. */
  anchor: z.tuple([z.number(), z.number(), z.number()]),
  /** Trilinear after normalisation; a point with at most half of its weight on non-zero voxels is air, exactly 0. */
  resampling: z.literal('linear, air by majority'),
});

/** The box of the modality's own non-zero voxels is seen whole, zeros added at the far ends. */
const patchSchema = z.strictObject({
  kind: z.literal('non-zero-box'),
  /** Sides are padded up to multiples of this. */
  multipleOf: z.literal(16),
  /** The logit of every region outside the box. */
  outsideLogit: z.number().negative(),
  /** The box is seen a second time, mirrored left to right, and the logits are the mean of both; absent: it is not. */
  mirrored: z.boolean().optional(),
});

/** (value − mean) / standard deviation over the non-zero voxels of the image's own grid; air stays 0. */
const normalisationSchema = z.strictObject({
  kind: z.literal('z-score'),
  voxels: z.literal('non-zero'),
  /** Percentiles over the same voxels to which values are clipped before, or null for none. */
  clip: z.tuple([percentile, percentile]).nullable(),
});

const fusionSchema = z.strictObject({
  weights: perModality(perRegion(positive)),
  biases: perModality(perRegion(z.number())),
});

/** `fusion.json` beside weights that were trained outside Quorum; what else it says is ignored. */
export const fusionFileSchema = z.object({ fusion: fusionSchema });

/**
 * `model.json`: everything that changes an answer, and what is known about the model.
 * Source of fusion weights and biases: docs/method.md, "Region weights"; all weights 1 and biases 0 is the paper.
 */
export const modelSchema = z
  .strictObject({
    format: z.literal(1),
    name: z.string().min(1),
    version: z.string().min(1),
    description: z.string(),
    modalities: z.array(z.enum(MODALITIES)).min(1).max(4),
    regions: z.tuple([z.literal(REGIONS[0]), z.literal(REGIONS[1]), z.literal(REGIONS[2])]),
    /** The paper's network: channels are 32w … 512w. This or `channels`. */
    width: z.union([z.literal(0.25), z.literal(0.5), z.literal(1)]).optional(),
    /** Channels c0 … c4 of the five levels, the bottleneck having c4 / 2 (`buildLayers`). This or `width`. */
    channels: z.tuple([channel, channel, channel, channel, channel]).optional(),
    grid: gridSchema,
    patch: patchSchema,
    normalisation: normalisationSchema,
    fusion: fusionSchema,
    /** A voxel belongs to a region when its fused probability is greater than this. */
    threshold: z.number().gt(0).lt(1),
    cleanUp: z.strictObject({
      connectivity: z.union([z.literal(6), z.literal(26)]),
      /** Connected parts of a region smaller than this many ml are removed (0: none). */
      minimumMl: perRegion(z.number().min(0)),
    }),
    knowledge: knowledgeSchema,
    /** SHA-256 of weights.safetensors, lower-case hexadecimal. */
    weightsSha256: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .superRefine((model, context) => {
    if ((model.width === undefined) === (model.channels === undefined)) {
      context.addIssue({ code: 'custom', path: ['width'], message: 'either width or channels' });
    }
    if (model.patch.mirrored && !'LR'.includes(model.grid.orientation[0])) {
      const message = 'the first axis of the grid must be left-right to mirror along it';
      context.addIssue({ code: 'custom', path: ['patch', 'mirrored'], message });
    }
    const expected = MODALITIES.filter((m) => model.modalities.includes(m));
    if (expected.join() !== model.modalities.join()) {
      context.addIssue({
        code: 'custom',
        path: ['modalities'],
        message: `each once, in the order ${MODALITIES.join(', ')}`,
      });
    }
    for (const m of model.modalities) {
      if (!model.fusion.weights[m])
        context.addIssue({ code: 'custom', path: ['fusion', 'weights', m], message: 'missing' });
      if (!model.fusion.biases[m])
        context.addIssue({ code: 'custom', path: ['fusion', 'biases', m], message: 'missing' });
    }
    for (const combination of allCombinations(model.modalities).map(combinationName)) {
      if (!model.knowledge.combinations[combination]) {
        context.addIssue({
          code: 'custom',
          path: ['knowledge', 'combinations', combination],
          message: 'missing',
        });
      }
    }
  });

export type ModelDescription = z.infer<typeof modelSchema>;

/** How large a network is: a width of the paper's, or the channels of its levels. */
export type NetworkSize = NonNullable<ModelDescription['width'] | ModelDescription['channels']>;

/** The one of `width` and `channels` that a description has. */
export function networkSizeOf({
  width,
  channels,
}: Pick<ModelDescription, 'width' | 'channels'>): NetworkSize {
  return channels ?? width!;
}

function isOrientation(code: string): boolean {
  const axes = [...code].map((letter) => ['LR', 'PA', 'SI'].findIndex((pair) => pair.includes(letter)));
  return code.length === 3 && [0, 1, 2].every((axis) => axes.includes(axis));
}
