import { z } from 'zod';
import { type PerRegion, perRegion, type Region } from '../terms.js';
import type { CaseCombination, Expectation, Warning } from './results.js';
import { inOrder, isGrave } from './warnings.js';

/** How far a region of a mask is to be trusted, by what was measured on other patients and by the warnings. */

const RATINGS = ['good', 'look', 'avoid', 'unknown'] as const;

export const trustSchema = z.object({ rating: z.enum(RATINGS), text: z.string() });
export type Trust = z.infer<typeof trustSchema>;

const TITLES: Record<Trust['rating'], string> = {
  good: 'likely good',
  look: 'look closely',
  avoid: 'do not use',
  unknown: 'not known how good it is, look before you use it',
};

const REASONS: Record<NonNullable<Expectation['reason']>, string> = {
  sequences: 'few or weak sequences',
  agreement: 'the sequences agree little',
  volume: 'it is small',
  outline: 'more than 10 ml of it may be false',
};

/** Warnings that say nothing against a mask that was made. */
const HARMLESS: readonly Warning['code'][] = [
  'REGION_NOT_SUPPORTED',
  'SEQUENCE_LOST',
  'REPEATED_ON_CPU',
  'ORIENTATION_UNKNOWN',
  'VOXEL_SIZE_FROM_PIXDIM',
  'SFORM_UNUSABLE',
  'AIR_SET_TO_ZERO',
  'HEADER_CONTRADICTED',
];

/** Why nothing is known of a region that the sequences support. */
const NOT_MEASURED = 'it was not measured on enough patients';
const NONE_TEXT = 'none was found, and how often one is missed is not known: look';

/** Warnings about contrast agent say nothing of the whole tumour. */
const OF_THE_CORE: readonly Warning['code'][] = [
  'NO_CONTRAST_UPTAKE',
  'ENHANCEMENT_NOT_BRIGHT',
  'UPTAKE_NOT_COVERED',
];

function speaksAgainst(warning: Warning, region: Region): boolean {
  if (HARMLESS.includes(warning.code)) return false;
  if (OF_THE_CORE.includes(warning.code)) return region !== 'WT';
  const isOfRegion = warning.code === 'LOW_AGREEMENT' || warning.code === 'SEQUENCES_DISAGREE';
  return !isOfRegion || warning.region === region;
}

/**
 * The rating of one region: that of the expected Dice, and never better than the warnings allow: one that forbids a number makes it "do
 * not use", any other that speaks against the mask at most "look closely".
 *
 * @param expected null: not known.
 * @param warnings of the case and the mask.
 */
export function trustIn(region: Region, expected: Expectation | null, warnings: readonly Warning[]): Trust {
  const against = warnings.filter((warning) => speaksAgainst(warning, region));
  const forbids = against.some(isGrave);
  const measured = expected && measuredText(expected);
  const byDice = expected?.rating ?? 'unknown';
  const isMarred = against.length > 0 && (byDice === 'good' || byDice === 'unknown');
  const rating = forbids ? 'avoid' : isMarred ? 'look' : byDice;
  const reason =
    rating === 'unknown'
      ? NOT_MEASURED
      : forbids || (against.length > 0 && expected?.rating !== 'avoid')
        ? 'see the warnings'
        : rating !== 'good' && expected?.reason
          ? REASONS[expected.reason]
          : null;
  const details = [reason, forbids ? null : measured].filter(Boolean).join('; ');
  return { rating, text: details ? `${TITLES[rating]}: ${details}` : TITLES[rating] };
}

function measuredText({ dice, lower, upper, falseMl }: Expectation): string {
  const interval = `expected Dice ${dice.toFixed(2)} (${lower.toFixed(2)}–${upper.toFixed(2)})`;
  return falseMl === null ? interval : `${interval}, up to ${falseMl.toFixed(0)} ml false`;
}

/**
 * The rating of every region of an automatic mask; null where the sequences do not support it. A part of a whole tumour that is not to be used
 * is not to be used either.
 *
 * @param ofCase the warnings about the case.
 */
export function ratingsOf(
  { volumes, warnings }: Pick<CaseCombination, 'volumes' | 'warnings'>,
  ofCase: readonly Warning[],
): PerRegion<Trust | null> {
  const all = inOrder(ofCase, warnings);
  const own = (region: Region): Trust | null => {
    const { ml, supported, expected } = volumes[region];
    if (!supported) return null;
    const trust = trustIn(region, expected, all);
    return ml === 0 && trust.rating === 'unknown' ? { rating: 'unknown', text: NONE_TEXT } : trust;
  };
  return perRegion((_, region) => {
    const trust = own(region);
    const isUnusable = region !== 'WT' && own('WT')?.rating === 'avoid';
    return trust && isUnusable && trust.rating !== 'avoid'
      ? { rating: 'avoid', text: `${TITLES.avoid}: the whole tumour around it is not to be used` }
      : trust;
  });
}
