import type { CohortCase } from '../contract/cohort.js';
import { titles } from '../contract/warnings.js';
import {
  type Combination,
  combinationName,
  MODALITIES,
  type Modality,
  membersOf,
  type Region,
} from '../terms.js';

/** How cases that were segmented from different sequences are compared: by those that all have. */

type Case = Pick<CohortCase, 'name' | 'state' | 'result'>;

/** The sequences that every finished case has; empty where they have none in common. */
export function commonSequences(cases: readonly Case[]): Modality[] {
  const used = cases.flatMap(({ result }) => (result ? [membersOf(result.combination)] : []));
  return used.length === 0 ? [] : MODALITIES.filter((m) => used.every((members) => members.includes(m)));
}

/** The combination of the sequences that every segmented case has; null where they have none in common. */
export function commonCombination(cases: readonly Case[]): Combination | null {
  const common = commonSequences(cases);
  return common.length === 0 ? null : combinationName(common);
}

/** What is to be said where cases were segmented from different sequences; null where they were not. */
export function mixedSentence(cases: readonly Case[]): string | null {
  const used = new Set(cases.flatMap(({ result }) => (result ? [result.combination] : [])));
  if (used.size < 2) return null;
  const common = commonSequences(cases);
  const how =
    common.length === 0
      ? 'no sequence is common to all, so there is none to compare all by'
      : `compare by what all have, ${titles(common)}: the columns “common”`;
  return `These volumes come from ${used.size} different sets of sequences and are not comparable with each other; ${how}.`;
}

/** ml of a region by the sequences that all cases have; null: not supported by these, or not computed. */
export function commonMl({ result }: Case, common: Combination | null, region: Region): number | null {
  if (!result || common === null) return null;
  if (result.combination === common) return result.volumes[region].ml;
  return result.subsets?.[common]?.[region].ml ?? null;
}
