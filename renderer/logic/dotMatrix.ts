import type { CaseCombination } from '../../src/contract/index.js';
import {
  allCombinations,
  type Combination,
  combinationName,
  MODALITIES,
  type Modality,
  membersOf,
  type Region,
} from '../../src/terms.js';

/** What was found in the combinations of a result, at one threshold. */
export type Found = Readonly<Record<string, CaseCombination>>;

/** One column of the dot matrix. */
export interface Column {
  readonly name: Combination;
  /** Filled dots, in MODALITIES order. */
  readonly dots: readonly boolean[];
  /** Whether the last result holds it. */
  readonly available: boolean;
}

/** The 15 combinations, fewest sequences first, as columns. */
export function columns(found: Found | null): Column[] {
  return allCombinations()
    .reverse()
    .map((members) => ({
      name: combinationName(members),
      dots: MODALITIES.map((m) => members.includes(m)),
      available: found?.[combinationName(members)] !== undefined,
    }))
    .sort((a, b) => a.dots.filter(Boolean).length - b.dots.filter(Boolean).length || order(a) - order(b));
}

/** Within a size: T1 before T1ce before T2 before FLAIR. */
function order({ dots }: Column): number {
  return -dots.reduce((sum, dot, index) => sum + (dot ? 2 ** (3 - index) : 0), 0);
}

export type Measure = 'volume' | 'agreement' | 'dice';

/** The bar of a combination: ml, agreement with all sequences, or Dice with the truth; null where there is none. */
export function barValue(
  found: Found,
  scores: Record<string, Record<Region, number>> | null,
  measure: Measure,
  name: string,
  region: Region,
): number | null {
  const entry = found[name];
  if (!entry) return null;
  if (measure === 'dice') return scores?.[name]?.[region] ?? null;
  return measure === 'agreement' ? entry.agreementWithAll[region] : entry.volumes[region].ml;
}

/** The combination without one sequence, or null when nothing is left or it was not part of it. */
export function without(name: Combination, sequence: Modality): Combination | null {
  const members = membersOf(name);
  const rest = members.filter((m) => m !== sequence);
  return rest.length === 0 || rest.length === members.length ? null : combinationName(rest);
}
