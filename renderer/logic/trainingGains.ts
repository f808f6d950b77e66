import type { InstalledModel } from '../../src/services/contract.js';
import { REGION_TITLES } from '../../src/services/contract.js';
import { type Modality, REGIONS } from '../../src/terms.js';
import { signed } from './format.js';

/** What a missing sequence brought in validation, e.g. `Enhancing tumour +0.21, whole tumour ±0.00 (Dice, n = 58)`; null when unknown. */
export function gainSentence(model: InstalledModel | null, sequence: Modality): string | null {
  const gains = model?.gains[sequence];
  if (!gains) return null;
  const known = REGIONS.flatMap((region) => {
    const entry = gains[region];
    return entry ? [{ text: `${REGION_TITLES[region]} ${signed(entry.gain)}`, ...entry }] : [];
  }).sort((a, b) => Math.abs(b.gain) - Math.abs(a.gain));
  if (known.length === 0) return null;
  const patients = Math.min(...known.map((entry) => entry.patients));
  const text = known.map((entry) => entry.text).join(', ');
  return `${text[0].toUpperCase()}${text.slice(1)} (Dice, n = ${patients})`;
}
