import { MODALITIES, type Modality, type Region } from '../terms.js';
import type { ExpectedDice, FalseVolume } from './knowledgeSchema.js';
import type { ModelDescription } from './schema.js';

/** What a mask says of itself. */
export interface MaskFacts {
  readonly members: readonly Modality[];
  /** Mean Dice with each member left out; null with one. */
  readonly agreement: number | null;
  readonly ml: number;
}

/** What a weight stands for, for the sentence that names the one that weighs most. */
export type TrustReason = 'sequences' | 'agreement' | 'volume' | 'outline';

/** The expected Dice of one region, with the interval that `level` of the results lay in. */
export interface Expectation {
  readonly dice: number;
  readonly lower: number;
  readonly upper: number;
  /** At most this many ml of it were false in `level` of the results; null: not known. */
  readonly falseMl: number | null;
  /** `good`: hardly ever poor, by Dice and by false ml; `avoid`: more likely poor than not far from it; `look`: between them. */
  readonly rating: 'good' | 'look' | 'avoid';
  /**
   * `outline`: the false ml alone make it less than good. Else what lowers the Dice most against all four sequences that agree on 30 ml; null
   * where nothing does.
   */
  readonly reason: TrustReason | null;
}

/** Agreement and log10(ml + 0.5) about which the weights are: usual ones. */
const USUAL_AGREEMENT = 0.8;
export const SMALLEST_ML = 0.5;
const USUAL_ML = 30;

/** The features in the order of `weightsOf`. */
export function trustFeatures({ members, agreement, ml }: MaskFacts): number[] {
  return [
    ...MODALITIES.map((m) => (members.includes(m) ? 1 : 0)),
    members.length === 1 ? 1 : 0,
    members.length === 2 ? 1 : 0,
    agreement === null ? 0 : agreement - USUAL_AGREEMENT,
    Math.log10(ml + SMALLEST_ML),
  ];
}

function weightsOf({
  sequences,
  alone,
  pair,
  agreement,
  volume,
}: Omit<ExpectedDice | FalseVolume, 'error'>): number[] {
  return [...MODALITIES.map((m) => sequences[m]), alone, pair, agreement, volume];
}

/** What Dice a region's mask is to be expected to have; null where it is not known, or there is no mask. */
export function expectationOf(
  { expectedDice }: Pick<ModelDescription['knowledge'], 'expectedDice'>,
  region: Region,
  facts: MaskFacts,
): Expectation | null {
  const known = expectedDice?.[region];
  if (!known || facts.ml === 0) return null;
  const weights = weightsOf(known);
  const terms = (of: MaskFacts) => trustFeatures(of).map((value, n) => value * weights[n]);
  const own = terms(facts);
  const usual = terms({ members: MODALITIES, agreement: USUAL_AGREEMENT, ml: USUAL_ML });
  const clipped = (value: number) => Math.min(1, Math.max(0, value));
  const dice = clipped(known.constant + sum(own));
  const lost = own.map((term, n) => usual[n] - term);
  const parts: Partial<Record<TrustReason, number>> = {
    sequences: sum(lost.slice(0, 6)),
    agreement: lost[6],
    volume: lost[7],
  };
  const [reason, most] = (Object.entries(parts) as [TrustReason, number][]).reduce((a, b) =>
    b[1] > a[1] ? b : a,
  );
  const falseMl = falseMlOf(known, facts);
  const byDice = dice < known.poorDice ? 'avoid' : dice - known.error >= known.poorDice ? 'good' : 'look';
  const isBlurred = byDice === 'good' && falseMl !== null && falseMl > known.falseVolume!.limitMl;
  return {
    dice,
    lower: clipped(dice - known.error),
    upper: clipped(dice + known.error),
    falseMl,
    rating: isBlurred ? 'look' : byDice,
    reason: isBlurred ? 'outline' : most > 0 ? reason : null,
  };
}

/** The upper end of what may be false, never more than what was found. */
function falseMlOf({ falseVolume }: ExpectedDice, facts: MaskFacts): number | null {
  if (!falseVolume) return null;
  const weights = weightsOf(falseVolume);
  const log = falseVolume.constant + sum(trustFeatures(facts).map((value, n) => value * weights[n]));
  return Math.max(0, Math.min(facts.ml, 10 ** (log + falseVolume.error) - SMALLEST_ML));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
