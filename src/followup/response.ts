import type { RanoRegion, SizeJudgement } from '../contract/followUp.js';
import { inFilesOrNull } from '../numbers.js';

/**
 * Limits of RANO 2.0 in per cent (Wen et al., J Clin Oncol 2023;41:5187): progression is an increase from the nadir, response a decrease
 * from the baseline. `area` is the sum of the products of the targets' diameters. Minor response exists for non-enhancing disease alone;
 * by volume it is never suggested, since no limit for it could be confirmed. We did not have the paper itself: the limits of volume are
 * as two groups that follow it cite them (the data descriptor of CFB-GBM 2.0; the 3D Slicer extension RANO2.0-assist), that of minor
 * response by area as the earlier criteria for low-grade glioma have it (van den Bent et al., Lancet Oncol 2011;12:583).
 */
export const LIMITS = {
  area: { progression: 25, partial: -50, minor: -25 },
  volume: { progression: 40, partial: -65, minor: null },
} as const;
export type SizeMeasure = keyof typeof LIMITS;

/** Sums are of decimals: a limit that is met to this is met. */
const EXACT = 1e-6;

/** Per cent from an earlier size; null where nothing was there, or either is not known. */
export function percentChange(from: number | null, to: number | null): number | null {
  return from === null || to === null || from === 0 ? null : (100 * (to - from)) / from;
}

/**
 * Within whose limits a size lies, by that size alone: never a response assessment, which needs what images do not tell.
 *
 * @param sizes of this measure (mm² or ml), from the baseline to the time point that is judged, in order; null: not known.
 * @param hasNew a measurable lesion is there that was not there before: progression, whatever the sum says.
 * @param because why nothing may be suggested; null where it may.
 */
export function judgeSize(
  measure: SizeMeasure,
  region: RanoRegion,
  sizes: readonly (number | null)[],
  hasNew: boolean,
  because: SizeJudgement['reason'],
): SizeJudgement {
  const now = sizes.at(-1) ?? null;
  const earlier = sizes.slice(0, -1).filter((size) => size !== null);
  const baseline = sizes.length > 1 ? sizes[0] : null;
  const nadir = earlier.length > 0 ? Math.min(...earlier) : null;
  const fromBaseline = percentChange(baseline, now);
  const fromNadir = percentChange(nadir, now);
  const changes = { fromBaseline: inFilesOrNull(fromBaseline), fromNadir: inFilesOrNull(fromNadir) };
  const told = (suggestion: SizeJudgement['suggestion'], reason: SizeJudgement['reason'] = null) => ({
    ...changes,
    suggestion,
    reason,
  });
  if (sizes.length < 2) return told('not-known', 'first');
  if (because === 'not-supported' || because === 'combination-changed' || because === 'model-changed')
    return { fromBaseline: null, fromNadir: null, suggestion: 'not-known', reason: because };
  if (hasNew) return told('progression', 'new-lesion');
  if (because !== null) return told('not-known', because);
  if (now === null || baseline === null || nadir === null) return told('not-known', 'not-supported');
  // What had gone and is there again has no per cent; that it grew from its nadir is certain.
  if (nadir === 0 && now > 0)
    return baseline === 0 ? told('not-known', 'nothing-before') : told('progression');
  if (baseline === 0) return told('not-known', 'nothing-before');
  const limits = LIMITS[measure];
  if (fromNadir !== null && fromNadir >= limits.progression - EXACT) return told('progression');
  if (now === 0) return told('complete');
  if (fromBaseline! <= limits.partial + EXACT) return told('partial');
  // A volume changes by more than an area: below the limit of area there is no minor response by volume either.
  const mayBeMinor = region === 'WT' && fromBaseline! <= LIMITS.area.minor + EXACT;
  if (mayBeMinor) return limits.minor === null ? told('stable', 'minor-unknown') : told('minor');
  return told('stable');
}
