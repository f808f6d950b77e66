import type { Region } from '../terms.js';
import type { ModelDescription } from './schema.js';

type Knowledge = ModelDescription['knowledge'];

/** Whether anybody measured, on patients that it was not trained on, what the model finds with these sequences. */
export function isMeasured({ combinations }: Pick<Knowledge, 'combinations'>, combination: string): boolean {
  return Object.values(combinations[combination] ?? {}).some(({ dice, wholeCases }) => dice ?? wholeCases);
}

/**
 * Whether a region may be given a number with these sequences: model.json supports it, and a Dice stands behind that. What
 * nobody measured is not supported.
 */
export function supports(
  { combinations }: Pick<Knowledge, 'combinations'>,
  combination: string,
  region: Region,
): boolean {
  const known = combinations[combination]?.[region];
  return known?.supported === true && (known.dice ?? known.wholeCases ?? null) !== null;
}
