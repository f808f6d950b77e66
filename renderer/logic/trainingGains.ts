import type { InstalledModel } from '../../src/services/contract.js';
import { REGION_TITLES } from '../../src/services/contract.js';
import { type Modality, REGIONS } from '../../src/terms.js';
import { signed } from './format.js';

/**
 * What a missing sequence brought in validation when it came to those in use, e.g. `Enhancing tumour +0.21 (half of the
 * patients +0.10 to +0.30), whole tumour ±0.00 (−0.01 to +0.02) (Dice, n = 58)`; null when unknown.
 *
 * @param combination the sequences in use, e.g. `t1+flair`.
 */
export function gainSentence(
  model: InstalledModel | null,
  combination: string,
  sequence: Modality,
): string | null {
  const gains = model?.gains?.[combination]?.[sequence];
  if (!gains) return null;
  const known = REGIONS.flatMap((region) => {
    const entry = gains[region];
    return entry ? [{ region, ...entry }] : [];
  }).sort((a, b) => Math.abs(b.median) - Math.abs(a.median));
  if (known.length === 0) return null;
  const patients = Math.min(...known.map((entry) => entry.patients));
  const text = known
    .map(({ region, median, lower, upper }, i) => {
      const spread = `${signed(lower)} to ${signed(upper)}`;
      return `${REGION_TITLES[region]} ${signed(median)} (${i === 0 ? `half of the patients ${spread}` : spread})`;
    })
    .join(', ');
  return `${text[0].toUpperCase()}${text.slice(1)} (Dice in cut-outs around the tumour, n = ${patients})`;
}
