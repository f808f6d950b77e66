import { quantile } from '../statistics.js';

/** How well a warning does that is given below a cut-off. */
export interface FlagRates {
  readonly below: number;
  /** Share of the poor results that are flagged. */
  readonly detection: number;
  /** Share of the good results that are flagged. */
  readonly falseAlarms: number;
  readonly poor: number;
  readonly good: number;
}

/**
 * The cut-off under which the `falseAlarms` lowest of the good results lie, and how many of the poor ones it finds.
 * Null when one of the groups is empty.
 *
 * @param results a score that is meant to foretell the quality, and whether the quality was poor.
 */
export function flagBelow(
  results: readonly { readonly score: number; readonly poor: boolean }[],
  falseAlarms: number,
): FlagRates | null {
  const good = results.filter(({ poor }) => !poor).map(({ score }) => score);
  const poor = results.filter((result) => result.poor).map(({ score }) => score);
  if (good.length === 0 || poor.length === 0) return null;
  const below = quantile(good, falseAlarms);
  const share = (scores: readonly number[]) => scores.filter((score) => score < below).length / scores.length;
  return {
    below,
    detection: share(poor),
    falseAlarms: share(good),
    poor: poor.length,
    good: good.length,
  };
}
