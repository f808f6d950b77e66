import type { Modality } from '../terms.js';
import type { FoundSeries } from './candidate.js';
import { isOpenT1, joined } from './examination.js';
import { byTime, hasTime, nameOf } from './seriesTimes.js';

/** Which of two T1 of one examination shows contrast agent beside the other. */
export type Compared = 'first' | 'second' | 'unknown';

/** How often the comparison by voxels was right where it told: docs/results/logs/contrast.json. */
const MEASURED_PAIRS = 'never wrong where it told, in 54 stripped pairs and one with its skull';

/** Two T1 are compared at most so often. */
const MOST_PAIRS = 4;

/**
 * Pairs of T1 whose voxels would settle what is in doubt, the earlier first: each open one with one after contrast agent, else one before,
 * else the open one that is farthest in time.
 */
export function pairsInDoubt(series: readonly FoundSeries[]): (readonly [FoundSeries, FoundSeries])[] {
  const t1 = series.filter((one) => isOpenT1(one) && one.setAside === null).sort(byTime);
  const open = t1.filter(({ doubt }) => doubt !== null);
  const known = (sequence: Modality) => t1.find((one) => one.doubt === null && one.sequence === sequence);
  const other = known('t1ce') ?? known('t1');
  const pairs = other
    ? open.map((one) => [one, other] as const)
    : open.length > 1
      ? [[open[0], open.at(-1)!] as const]
      : [];
  return pairs.slice(0, MOST_PAIRS).map(([a, b]) => (byTime(a, b) <= 0 ? [a, b] : [b, a]));
}

/** The series after the voxels of the pair in doubt were compared. */
export function settleByVoxels(
  series: readonly FoundSeries[],
  pair: readonly [FoundSeries, FoundSeries],
  compared: Compared,
): FoundSeries[] {
  if (compared === 'unknown') return series.map((one) => notTold(one, pair));
  const enhanced = compared === 'first' ? pair[0] : pair[1];
  const plain = compared === 'first' ? pair[1] : pair[0];
  const later = byTime(plain, enhanced) <= 0;
  return series.map((one) => {
    if (one.doubt === null || !isOpenT1(one)) return one;
    const [as, reason]: [boolean | null, string] =
      one.id === enhanced.id
        ? [true, `its voxels show contrast agent beside the other T1 ${nameOf(plain)} (${MEASURED_PAIRS})`]
        : one.id === plain.id
          ? [
              false,
              `its voxels show no contrast agent beside the other T1 ${nameOf(enhanced)} (${MEASURED_PAIRS})`,
            ]
          : [
              later && hasTime(one) ? betweenOf(one, plain, enhanced) : null,
              'by its time among the other T1',
            ];
    if (as === null) return one;
    return {
      ...one,
      doubt: null,
      sequence: as ? 't1ce' : 't1',
      confidence: 0.6,
      reason: joined(one.judgement!.reason, reason),
    };
  });
}

/** The doubt with the word that voxels were asked. */
function notTold(one: FoundSeries, pair: readonly FoundSeries[]): FoundSeries {
  if (one.doubt === null || !pair.some(({ id }) => id === one.id)) return one;
  return { ...one, doubt: `${one.doubt}; their voxels do not tell either` };
}

function betweenOf(one: FoundSeries, plain: FoundSeries, enhanced: FoundSeries): boolean | null {
  if (byTime(one, plain) <= 0) return false;
  return byTime(one, enhanced) >= 0 ? true : null;
}
