/**
 * The split-conformal quantile: the ⌈(n + 1)·level⌉-th smallest score, or Infinity when n is too small for it. A new
 * score, exchangeable with these, is at most that large with probability ≥ level.
 *
 * Source: Lei et al., "Distribution-Free Predictive Inference for Regression", JASA 113 (2018), theorem 2.2.
 *
 * @param scores nonconformity scores, one per patient.
 * @param level in (0, 1).
 */
export function conformalQuantile(scores: readonly number[], level: number): number {
  // The product may lie a rounding error above a whole number.
  const rank = Math.ceil((scores.length + 1) * level - 1e-9);
  if (rank > scores.length) return Number.POSITIVE_INFINITY;
  return [...scores].sort((a, b) => a - b)[rank - 1];
}

/**
 * Share of the scores that the quantile of the others covers: leaving one patient out in turn, what the method
 * covers on patients like these. Null with fewer than two.
 */
export function leaveOneOutCoverage(scores: readonly number[], level: number): number | null {
  if (scores.length < 2) return null;
  const covered = scores.filter((score, i) => score <= conformalQuantile(scores.toSpliced(i, 1), level));
  return covered.length / scores.length;
}
