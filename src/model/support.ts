import type { Region } from '../terms.js';
import type { ModelDescription } from './schema.js';

type Knowledge = ModelDescription['knowledge'];

/** Whether anybody measured, on patients that it was not trained on, what the model finds with these sequences. */
export function isMeasured({ combinations }: Pick<Knowledge, 'combinations'>, combination: string): boolean {
  return Object.values(combinations[combination] ?? {}).some(({ dice, wholeCases }) => dice ?? wholeCases);
}

/** What a region needs to be supported: this lower bound of the mean Dice (95 %) over at least so many patients' whole brains. */
export const SUPPORT_DICE: Readonly<Record<Region, number>> = { WT: 0.7, TC: 0.6, ET: 0.5 };
export const SUPPORT_BRAINS = 8;

/** Whether a Dice measured on whole brains of patients that were not trained on earns a region its support. */
export function earnsSupport(
  region: Region,
  wholeBrains: { readonly lower: number; readonly patients: number } | null,
): boolean {
  return (
    wholeBrains !== null && wholeBrains.patients >= SUPPORT_BRAINS && wholeBrains.lower > SUPPORT_DICE[region]
  );
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
