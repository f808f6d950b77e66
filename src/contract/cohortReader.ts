import { deviation, mean, median } from 'd3-array';
import { z } from 'zod';
import { perRegion, REGIONS, type Region } from '../terms.js';
import { perRegionSchema, problemSchema } from './basic.js';

/** A reader's masks – an expert's, or a second method's – beside a cohort's. */

const scoreSchema = z.object({
  /** 1 where neither marks any, by convention. */
  dice: z.number(),
  /** mm; null where one of both marks none. */
  hd95: z.number().nullable(),
  /** ml of both masks on the reader's grid. `quorum` is null where the region's number is not given. */
  ml: z.object({ reader: z.number(), quorum: z.number().nullable() }),
});
export type ReaderScore = z.output<typeof scoreSchema>;

/** The reader's mask of a case. */
export const caseReaderSchema = z.object({
  /** Absolute; null where none was found, and with neutral names. */
  file: z.string().nullable(),
  /** `finishedAt` of the result that it was compared with. */
  of: z.string().nullable(),
  /** A region that the reader's labels do not tell is null. */
  scores: perRegionSchema(scoreSchema.nullable()).nullable(),
  /** Why it could not be compared: another grid, other labels. */
  problem: problemSchema.nullable(),
});

export const cohortReaderSchema = z.object({
  /** Absolute; null with neutral names. */
  folder: z.string().nullable(),
  /** How the labels were read: a name of a scheme, or `WT=1+2+3,TC=2+3,ET=3`. */
  labels: z.string(),
  /** The same as a sentence. */
  reading: z.string(),
});
export type CohortReader = z.output<typeof cohortReaderSchema>;

interface Compared {
  readonly result: { readonly finishedAt: string } | null;
  readonly reader: z.output<typeof caseReaderSchema> | null;
}

/** What the reader's mask says of the result that a case has now; null where that was not compared. */
export function readerScore({ result, reader }: Compared, region: Region): ReaderScore | null {
  return result && reader?.of === result.finishedAt ? (reader.scores?.[region] ?? null) : null;
}

/** A pair of volumes as Bland and Altman draw them. */
export interface VolumePair {
  readonly name: string;
  /** ml of both, and Quorum's minus the reader's. */
  readonly mean: number;
  readonly difference: number;
}

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
