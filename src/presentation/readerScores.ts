import { deviation, mean, median } from 'd3-array';
import type { z } from 'zod';
import type { CohortResult } from '../contract/cohort.js';
import type { caseReaderSchema, ReaderScore } from '../contract/cohortReader.js';
import { perRegion, REGIONS, type Region } from '../terms.js';

/** What a reader's masks say of a cohort's. */

interface Compared {
  readonly result: Pick<CohortResult, 'finishedAt' | 'edited'> | null;
  readonly reader: z.output<typeof caseReaderSchema> | null;
}

/** Whether a case's mask as it is now was compared: a result that was made or corrected since was not. */
export function isCompared({ result, reader }: Compared): boolean {
  return (
    result !== null &&
    reader?.of === result.finishedAt &&
    reader.editedAt === (result.edited === null ? null : result.edited.at)
  );
}

/** What the reader's mask says of the mask that a case has now; null where that was not compared. */
export function readerScore(one: Compared, region: Region): ReaderScore | null {
  return isCompared(one) ? (one.reader?.scores?.[region] ?? null) : null;
}

/** Which of a case's masks was compared, as its row says it; null where none was. */
export function comparedMask(one: Compared): string | null {
  if (!isCompared(one) || !one.reader?.scores) return null;
  if (one.reader.mask === 'corrected') return /* @wc-include */ 'corrected by hand';
  return one.result?.edited
    ? 'as segmented: the correction is not kept for this grid'
    : /* @wc-include */ 'as segmented';
}

/** A pair of volumes as Bland and Altman draw them. */
export interface VolumePair {
  readonly name: string;
  /** ml of both, and Quorum's minus the reader's. */
  readonly mean: number;
  readonly difference: number;
}

/** Of each compared case the mean of both volumes of a region and their difference (Quorum less reader), in ml. */
export function volumePairs(
  cases: readonly (Compared & { readonly name: string })[],
  region: Region,
): VolumePair[] {
  return cases.flatMap((one) => {
    const { quorum, reader } = readerScore(one, region)?.ml ?? { quorum: null, reader: 0 };
    return quorum === null
      ? []
      : [{ name: one.name, mean: (quorum + reader) / 2, difference: quorum - reader }];
  });
}

export interface Limits {
  readonly bias: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Mean difference and 95 % limits of agreement in ml: mean ± 1.96 standard deviations (Bland and Altman, Lancet 1986; 327:307–310).
 * Null of fewer than two pairs.
 */
export function limitsOfAgreement(pairs: readonly VolumePair[]): Limits | null {
  const differences = pairs.map(({ difference }) => difference);
  const sd = deviation(differences);
  if (sd === undefined) return null;
  const bias = mean(differences)!;
  return { bias, lower: bias - 1.96 * sd, upper: bias + 1.96 * sd };
}

/** Scores over the cases that were compared, without regions whose number is not given: guesses. */
export function readerSummary(cases: readonly (Compared & { readonly name: string })[]) {
  return perRegion((_, region) => {
    const compared = cases.flatMap((one) => readerScore(one, region) ?? []);
    const scores = compared.filter(({ ml }) => ml.quorum !== null);
    const distances = scores.flatMap(({ hd95 }) => hd95 ?? []);
    return {
      cases: scores.length,
      dice: {
        mean: mean(scores, ({ dice }) => dice) ?? null,
        median: median(scores, ({ dice }) => dice) ?? null,
      },
      hd95: { median: median(distances) ?? null, cases: distances.length },
      limits: limitsOfAgreement(volumePairs(cases, region)),
    };
  });
}

/** The lowest Dice of a case's regions, by which the worst come first; null where it was not compared. */
export function worstDice(one: Compared): number | null {
  const all = REGIONS.flatMap((region) => readerScore(one, region)?.dice ?? []);
  return all.length === 0 ? null : Math.min(...all);
}
