import { QuorumError } from '../errors.js';
import { maskOfRuns } from '../masks/runs.js';
import type { Model } from '../model/model.js';
import { type Combination, type Modality, membersOf } from '../terms.js';
import { traced } from '../trace.js';
import type { NiftiForm } from '../volume/read.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import { removeSpecks, restoreSpecks, type Speck } from './cleanUp.js';
import { type CombineOptions, combine, type PatternCounts } from './combine.js';
import { bitsOf, type Fusion, fusionOf, type MemberBits, membersOfBits } from './fusion.js';
import type { ModalityLogits } from './logits.js';
import { oneMask } from './oneMask.js';

/** One combination's mask, and the parts that are below the model's minimum volume: removed, or, where they are kept, in it. */
export interface CleanMask {
  /** BraTS labels on the Case's grid, x fastest. */
  readonly labels: Uint8Array;
  readonly specks: readonly Speck[];
}

/** A finished segmentation: from this every mask, number and file is arithmetic. */
export interface Result {
  readonly model: Model;
  /** The Case's grid, and its exact NIfTI geometry. */
  readonly grid: Grid;
  readonly form: NiftiForm | undefined;
  /** The sequences that went in, in MODALITIES order. */
  readonly present: readonly Modality[];
  readonly logits: ModalityLogits;
  readonly fusion: Fusion;
  /** At the model's threshold, before clean-up. */
  readonly patterns: PatternCounts;
  /** Masks at the model's threshold that are held; others are made when they are asked for. */
  readonly masks: ReadonlyMap<MemberBits, CleanMask>;
}

/** Which mask of a result. */
export interface MaskChoice {
  /** Name of the combination. */
  readonly combination: Combination;
  /** Null: the model's. */
  readonly threshold: number | null;
  readonly keepSpecks: boolean;
}

/**
 * Combines the sequences' logits, and cleans and holds some of the masks.
 *
 * @param held the combinations whose masks are held; all when absent.
 * @throws QuorumError CANCELLED.
 */
export async function makeResult(
  model: Model,
  grid: Grid,
  form: NiftiForm | undefined,
  logits: ModalityLogits,
  { held, ...options }: CombineOptions & { readonly held?: readonly MemberBits[] } = {},
): Promise<Result> {
  const present = logits.maps.map(({ modality }) => modality);
  const fusion = fusionOf(model.description, present);
  const subsets = held ?? Array.from({ length: (1 << present.length) - 1 }, (_, i) => i + 1);
  const { labels, patterns } = await traced('combine', () => combine(logits, grid, fusion, subsets, options));
  const masks = new Map<MemberBits, CleanMask>();
  for (const [bits, map] of labels) {
    masks.set(bits, {
      labels: map,
      specks: traced('clean up', () => removeSpecks(map, grid, model.description.cleanUp)),
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { model, grid, form, present, logits, fusion, patterns, masks };
}

/**
 * One mask of a result. One that is held is there already; another is combined again from its members' logits.
 *
 * @throws QuorumError SEQUENCE_NOT_AVAILABLE for a member that the result does not have.
 */
export async function maskOf(
  result: Result,
  combination: Combination,
  threshold: number | null,
  keepSpecks: boolean,
): Promise<CleanMask> {
  const bits = memberBits(result, combination);
  const { model, logits, present, grid } = result;
  const held = isModelThreshold(result, threshold) ? result.masks.get(bits) : undefined;
  if (held) {
    if (!keepSpecks) return held;
    const labels = held.labels.slice();
    restoreSpecks(labels, held.specks);
    return { labels, specks: held.specks };
  }
  const members = membersOfBits(bits, present);
  const subset: ModalityLogits = { ...logits, maps: membersOfBits(bits, logits.maps) };
  const runs = oneMask(subset, grid, fusionOf(model.description, members, threshold ?? undefined));
  const labels = maskOfRuns(runs, voxelCount(grid.size));
  const cleaned = keepSpecks ? labels.slice() : labels;
  return { labels, specks: removeSpecks(cleaned, grid, model.description.cleanUp) };
}

/** Whether a threshold is the model’s own; null is. */
export function isModelThreshold({ model }: Pick<Result, 'model'>, threshold: number | null): boolean {
  return threshold === null || threshold === model.description.threshold;
}

/** The members of a combination's name as bits of the result's sequences. */
export function memberBits({ present }: Pick<Result, 'present'>, combination: Combination): MemberBits {
  const members = membersOf(combination);
  const missing = members.find((m) => !present.includes(m));
  if (missing !== undefined) {
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `some of ${present.join(', ')}`,
      found: missing,
    });
  }
  return bitsOf(members, present);
}
