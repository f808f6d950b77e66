import { QuorumError } from '../errors.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../terms.js';

/**
 * The sequences that are wanted, in MODALITIES order; all that are available where nobody said.
 *
 * @throws QuorumError SEQUENCE_NOT_AVAILABLE when one that is wanted is not available, or none is.
 */
export function sequencesToUse(
  available: readonly Modality[],
  wanted: readonly Modality[] | null,
): Modality[] {
  const use = MODALITIES.filter((m) => (wanted ?? available).includes(m));
  const missing = use.filter((m) => !available.includes(m));
  if (missing.length === 0 && use.length > 0) return use;
  const named = (list: readonly Modality[]) => list.map((m) => MODALITY_TITLES[m]).join(', ') || 'none';
  throw new QuorumError({
    code: 'SEQUENCE_NOT_AVAILABLE',
    expected: `some of ${named(available)}`,
    found: named(missing),
  });
}
