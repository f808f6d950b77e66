import type { InstalledModel } from '../../src/contract/index.js';
import { REGION_TITLES } from '../../src/contract/index.js';
import { type Modality, REGIONS } from '../../src/terms.js';
import { signed } from './format.js';

/** A smaller gain of Dice is not mentioned. */
const LEAST = 0.01;

export interface Gain {
  /** The region that it helped most. */
  readonly most: string;
  readonly figures: string;
}

/**
 * What a missing sequence brought in validation when it came to those in use, with figures as `enhancing tumour +0.21 (half of the
 * patients +0.10 to +0.30), whole tumour ±0.00 (−0.01 to +0.02) (Dice, n = 58)`; null when unknown, or when it helped nothing.
 *
 * @param combination the sequences in use, e.g. `t1+flair`.
 */
export function gainOf(model: InstalledModel | null, combination: string, sequence: Modality): Gain | null {
  const gains = model?.gains?.[combination]?.[sequence];
  if (!gains) return null;
  const known = REGIONS.flatMap((region) => {
    const entry = gains[region];
    return entry ? [{ region, ...entry }] : [];
  }).sort((a, b) => b.median - a.median);
  if (known.length === 0 || known[0].median < LEAST) return null;
  const patients = Math.min(...known.map((entry) => entry.patients));
  const text = known
    .map(({ region, median, lower, upper }, i) => {
      const spread = `${signed(lower)} to ${signed(upper)}`;
      return `${REGION_TITLES[region]} ${signed(median)} (${i === 0 ? `half of the patients ${spread}` : spread})`;
    })
    .join(', ');
  return { most: REGION_TITLES[known[0].region], figures: `${text} (Dice, n = ${patients})` };
}
