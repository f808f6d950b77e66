import type { Change, PointVolume } from '../contract/followUp.js';
import { inFiles } from '../numbers.js';
import { percentChange } from './response.js';

type Sized = Pick<PointVolume, 'ml' | 'range'>;

/**
 * How a volume changed, in per cent. Where both volumes have a range, the least and the most that both ranges allow: from the upper end
 * of the earlier to the lower end of the later, and the other way round.
 */
function changeBetween(from: Sized, to: Sized): Change | null {
  const percent = percentChange(from.ml, to.ml);
  if (percent === null) return null;
  const least = from.range && to.range ? percentChange(from.range.upper, to.range.lower) : null;
  const most = from.range && to.range ? percentChange(from.range.lower, to.range.upper) : null;
  return {
    percent: inFiles(percent),
    lower: least === null || most === null ? null : inFiles(least),
    upper: least === null || most === null ? null : inFiles(most),
  };
}

/** The smallest known volume of those before; the earliest of equal ones. */
function nadirOf<S extends Sized>(earlier: readonly S[]): S | null {
  return earlier.reduce<S | null>(
    (least, one) => (one.ml !== null && (least === null || one.ml < least.ml!) ? one : least),
    null,
  );
}

/** Volumes in order, each with its change from the first and from the smallest before it. */
export function withChanges(
  volumes: readonly Omit<PointVolume, 'fromBaseline' | 'fromNadir'>[],
): PointVolume[] {
  return volumes.map((volume, n) => {
    const nadir = nadirOf(volumes.slice(0, n));
    return {
      ...volume,
      fromBaseline: n === 0 ? null : changeBetween(volumes[0], volume),
      fromNadir: nadir ? changeBetween(nadir, volume) : null,
    };
  });
}
