import { diceOfCounts } from '../masks/dice.js';
import { type Modality, type PerRegion, perRegion } from '../terms.js';
import type { PatternCounts } from './combine.js';
import { bitsOf, type MemberBits } from './fusion.js';

/** Voxel counts of two masks and of their overlap. */
interface Overlap {
  readonly a: number;
  readonly b: number;
  readonly both: number;
}

/** Counts for subsets `a` and `b` of one region, from the pattern table. */
function overlapOf(patterns: Uint32Array, a: MemberBits, b: MemberBits): Overlap {
  let inA = 0;
  let inB = 0;
  let both = 0;
  for (let pattern = 1; pattern < patterns.length; pattern++) {
    const voxels = patterns[pattern];
    if (voxels === 0) continue;
    const hasA = pattern & (1 << a);
    const hasB = pattern & (1 << b);
    if (hasA) inA += voxels;
    if (hasB) inB += voxels;
    if (hasA && hasB) both += voxels;
  }
  return { a: inA, b: inB, both };
}

const diceOf = ({ a, b, both }: Overlap) => diceOfCounts(a, b, both);

/** What leaving modality m out of the set would change, in ml per region. */
export interface Contribution {
  readonly modality: Modality;
  /** In the mask only because of m. */
  readonly added: PerRegion<number>;
  /** Not in the mask only because of m. */
  readonly removed: PerRegion<number>;
}

/**
 * How far the members of a set agree: per region the mean over m of Dice(z_S, z_{S∖m}), from the thresholded masks before
 * clean-up. With one sequence there is nothing to agree with: null, never 1.
 */
export function agreementOf(
  patterns: PatternCounts,
  members: readonly Modality[],
  present: readonly Modality[],
): PerRegion<number | null> {
  const whole = bitsOf(members, present);
  return perRegion((r) => {
    if (members.length < 2) return null;
    const scores = members.map((m) => diceOf(overlapOf(patterns[r], whole, whole ^ bitsOf([m], present))));
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  });
}

/**
 * Per region the Dice of a set's mask with that of each of its members alone, in their order; before clean-up. Null with one sequence.
 */
export function aloneOf(
  patterns: PatternCounts,
  members: readonly Modality[],
  present: readonly Modality[],
): PerRegion<number[] | null> {
  const whole = bitsOf(members, present);
  return perRegion((r) =>
    members.length < 2
      ? null
      : members.map((m) => diceOf(overlapOf(patterns[r], whole, bitsOf([m], present)))),
  );
}

/** Mean over the members by weights; null where none has one. */
export function weightedMean(
  values: readonly number[],
  members: readonly Modality[],
  weights: Readonly<Partial<Record<Modality, number>>>,
): number | null {
  const own = members.map((m) => weights[m] ?? 0);
  const all = own.reduce((sum, weight) => sum + weight, 0);
  return all === 0 ? null : values.reduce((sum, value, n) => sum + value * own[n], 0) / all;
}

/**
 * Per modality the ml that it alone decides: the voxels of z_S that flip when m is left out (closed form, no further pass),
 * before clean-up. Null with one sequence: nothing is left without it.
 */
export function contributionsOf(
  patterns: PatternCounts,
  members: readonly Modality[],
  present: readonly Modality[],
  mlPerVoxel: number,
): Contribution[] | null {
  if (members.length < 2) return null;
  const whole = bitsOf(members, present);
  return members.map((modality) => {
    const overlaps = perRegion((r) => overlapOf(patterns[r], whole, whole ^ bitsOf([modality], present)));
    return {
      modality,
      added: perRegion((_, region) => (overlaps[region].a - overlaps[region].both) * mlPerVoxel),
      removed: perRegion((_, region) => (overlaps[region].b - overlaps[region].both) * mlPerVoxel),
    };
  });
}

/** Per region what each member finds alone, in ml, before clean-up. */
export function singleVolumesOf(
  patterns: PatternCounts,
  members: readonly Modality[],
  present: readonly Modality[],
  mlPerVoxel: number,
): PerRegion<number[]> {
  return perRegion((r) =>
    members.map((m) => {
      const alone = bitsOf([m], present);
      return overlapOf(patterns[r], alone, alone).a * mlPerVoxel;
    }),
  );
}

/** Dice between two subsets' masks before clean-up, per region. */
export function agreementBetween(patterns: PatternCounts, a: MemberBits, b: MemberBits): PerRegion<number> {
  return perRegion((r) => diceOf(overlapOf(patterns[r], a, b)));
}
