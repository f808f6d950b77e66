import { z } from 'zod';
import type { Region } from '../terms.js';
import type { Expectation, Warning } from './results.js';
import { isGrave } from './warnings.js';

/** How far a region of a mask is to be trusted, by what was measured on other patients and by the warnings. */

export const RATINGS = ['good', 'look', 'avoid', 'unknown'] as const;

export const trustSchema = z.object({ rating: z.enum(RATINGS), text: z.string() });
export type Trust = z.infer<typeof trustSchema>;

const TITLES: Record<Trust['rating'], string> = {
  good: 'likely good',
  look: 'look closely',
  avoid: 'do not use',
  unknown: 'how good it is, is not known',
};

const REASONS: Record<NonNullable<Expectation['reason']>, string> = {
  sequences: 'few or weak sequences',
  agreement: 'the sequences agree little',
  volume: 'it is small',
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

/** Warnings about contrast agent say nothing of the whole tumour. */
const OF_THE_CORE: readonly Warning['code'][] = [
  'NO_CONTRAST_UPTAKE',
  'ENHANCEMENT_NOT_BRIGHT',
  'UPTAKE_NOT_COVERED',
];

function speaksAgainst(warning: Warning, region: Region): boolean {
  if (HARMLESS.includes(warning.code)) return false;
  if (OF_THE_CORE.includes(warning.code)) return region !== 'WT';
  return warning.code !== 'LOW_AGREEMENT' || warning.region === region;
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
  const measured =
    expected &&
    `expected Dice ${expected.dice.toFixed(2)} (${expected.lower.toFixed(2)}–${expected.upper.toFixed(2)})`;
  const rating = forbids
    ? 'avoid'
    : expected === null
      ? against.length > 0
        ? 'look'
        : 'unknown'
      : expected.rating === 'good' && against.length > 0
        ? 'look'
        : expected.rating;
  const reason =
    forbids || (against.length > 0 && expected?.rating !== 'avoid')
      ? 'see the warnings'
      : rating !== 'good' && expected?.reason
        ? REASONS[expected.reason]
        : null;
  const details = [reason, forbids ? null : measured].filter(Boolean).join('; ');
  return { rating, text: details ? `${TITLES[rating]}: ${details}` : TITLES[rating] };
}
