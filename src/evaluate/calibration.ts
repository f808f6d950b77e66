/** Counts for the calibration error: per bin of predicted probability, how many voxels, their sum, how many are true. */
export interface CalibrationBins {
  readonly counts: Float64Array;
  readonly probabilities: Float64Array;
  readonly positives: Float64Array;
}

/** Empty bins of equal width over [0, 1]; 15 as in Guo et al. (below). */
export function calibrationBins(count = 15): CalibrationBins {
  return {
    counts: new Float64Array(count),
    probabilities: new Float64Array(count),
    positives: new Float64Array(count),
  };
}

/**
 * Adds one region's voxels.
 *
 * @param probabilities in [0, 1].
 * @param truth as long, 0 or 1.
 * @param counted as long; voxels where it is 0 are left out (air, or unknown). All count when it is null.
 */
export function addToCalibration(
  bins: CalibrationBins,
  probabilities: Float32Array,
  truth: Uint8Array,
  counted: Uint8Array | null,
): void {
  const size = bins.counts.length;
  for (let v = 0; v < probabilities.length; v++) {
    if (counted && counted[v] === 0) continue;
    const p = probabilities[v];
    const bin = Math.min(size - 1, Math.floor(p * size));
    bins.counts[bin] += 1;
    bins.probabilities[bin] += p;
    if (truth[v] !== 0) bins.positives[bin] += 1;
  }
}

/**
 * Expected calibration error: Σ_bins (n_b / n) |mean predicted probability − fraction that is true|; null without
 * voxels. Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, for a binary prediction.
 */
export function expectedCalibrationError({
  counts,
  probabilities,
  positives,
}: CalibrationBins): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  return probabilities.reduce((sum, p, bin) => sum + Math.abs(p - positives[bin]), 0) / total;
}
