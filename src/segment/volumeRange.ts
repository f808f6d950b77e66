import type { VolumeRanges } from '../model/knowledgeSchema.js';
import type { Region } from '../terms.js';

/** Added to volumes before logarithms are taken, in ml: nothing found is a volume too. */
const SMALLEST_ML = 0.1;

/**
 * How far the sequences' own volumes spread: standard deviation of ln(V_m + 0.1 ml) over the members; 0 with one.
 *
 * @param volumesMl what each member finds alone, before clean-up.
 */
export function logVolumeSpread(volumesMl: readonly number[]): number {
  const logs = volumesMl.map((ml) => Math.log(ml + SMALLEST_ML));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length);
}

/**
 * The nonconformity score of a volume: |ln true − ln found| in units of (spread + offset), 0.1 ml added to both
 * volumes. The conformal quantile of such scores is a combination's `factor`.
 */
export function volumeScore(foundMl: number, trueMl: number, spread: number, offset: number): number {
  const error = Math.log(trueMl + SMALLEST_ML) - Math.log(foundMl + SMALLEST_ML);
  return Math.abs(error) / (spread + offset);
}

/** The range in ml for a volume that was found; null where the model knows none. */
export function volumeRange(
  ranges: VolumeRanges | null,
  combination: string,
  region: Region,
  foundMl: number,
  spread: number,
): { readonly lower: number; readonly upper: number } | null {
  const known = ranges?.factors[combination]?.[region];
  if (!ranges || !known) return null;
  const width = Math.exp(known.factor * (spread + ranges.offset));
  const found = foundMl + SMALLEST_ML;
  return { lower: Math.max(0, found / width - SMALLEST_ML), upper: found * width - SMALLEST_ML };
}
