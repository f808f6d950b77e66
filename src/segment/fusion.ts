import type { ModelDescription } from '../model/schema.js';
import { type Modality, REGIONS } from '../terms.js';

/**
 * The fused logit of a set S and region r is z_S = Σ_{m∈S} w_{m,r} (z_{m,r} + b_{m,r}) / Σ_{m∈S} w_{m,r} (docs/method.md, "Region weights";
 * all w = 1, b = 0 is the paper's mean of logits).
 *
 * At a lattice point where its own input is 0 a sequence is blind. Where another member of S is not, it abstains: it is left out of
 * both sums, so that it does not outvote what another sees. Where all are blind, z_m is the model's `outsideLogit`. Between lattice
 * points both sums are interpolated and z_S is their ratio (`Abstention`). On the Case's grid there is no tumour where every
 * image of S is air (`tissueOf`).
 */
export interface Fusion {
  /** Weights and biases [modality in the order given][region WT, TC, ET]. */
  readonly weights: readonly (readonly number[])[];
  readonly biases: readonly (readonly number[])[];
  /** The logit that p must exceed: ln(t / (1 − t)). */
  readonly thresholdLogit: number;
}

/** What of a model decides how logits become masks. */
export type FusionRules = Pick<ModelDescription, 'fusion' | 'threshold'>;

/** The model's fusion for these modalities, in their order. */
export function fusionOf(
  description: FusionRules,
  modalities: readonly Modality[],
  threshold = description.threshold,
): Fusion {
  const table = (from: ModelDescription['fusion']['weights']) =>
    modalities.map((m) => REGIONS.map((r) => from[m]![r]));
  return {
    weights: table(description.fusion.weights),
    biases: table(description.fusion.biases),
    thresholdLogit: Math.log(threshold / (1 - threshold)),
  };
}

/** A set of the present modalities as bits: bit i is the i-th present modality. */
export type MemberBits = number;

/** Bits of `members` among `present` (both in MODALITIES order). */
export function bitsOf(members: readonly Modality[], present: readonly Modality[]): MemberBits {
  return members.reduce((bits, m) => bits | (1 << present.indexOf(m)), 0);
}

/** The members of a set of bits. */
export function membersOfBits<T>(bits: MemberBits, present: readonly T[]): T[] {
  return present.filter((_, i) => bits & (1 << i));
}

/**
 * The terms Σ_{m∈S} w (z + b − t) of a set at one voxel, from the interpolated logits; positive where S finds the region. From the
 * last member to the first, as `subsetSums` adds them.
 *
 * @param share how much of the voxel's weight lies where a member abstains (`Abstention.share`).
 */
export function fusedTerm(
  { weights, biases, thresholdLogit }: Fusion,
  members: MemberBits,
  region: number,
  logit: (member: number) => number,
  share: (member: number) => number,
  outsideLogit: number,
): number {
  let sum = 0;
  for (let m = weights.length - 1; m >= 0; m--) {
    if ((members & (1 << m)) === 0) continue;
    const shift = biases[m][region] - thresholdLogit;
    sum += weights[m][region] * (logit(m) + shift - share(m) * (outsideLogit + shift));
  }
  return sum;
}

/**
 * Sums over every subset: `sums[S]` = Σ_{m∈S} terms[m]. The members of S are always added in the same order (highest bit first),
 * whichever others exist, so that a subset's sum is the same number in every case.
 */
export function subsetSums(terms: Float64Array, count: number, sums: Float64Array): void {
  for (let bits = 1; bits < 1 << count; bits++) {
    const lowest = bits & -bits;
    sums[bits] = sums[bits ^ lowest] + terms[31 - Math.clz32(lowest)];
  }
}
