/** Result of the paired Wilcoxon signed-rank test. */
export interface SignedRankTest {
  /** Sums of the ranks of positive and of negative differences. */
  readonly positiveRanks: number;
  readonly negativeRanks: number;
  /** Number of pairs that differ. */
  readonly pairs: number;
  /** Two-sided. 1 when no pair differs. */
  readonly pValue: number;
  readonly method: 'exact' | 'normal';
}

/** Above this many differing pairs the normal approximation is used. */
const LARGEST_EXACT = 50;

/**
 * Paired two-sided Wilcoxon signed-rank test. Pairs that do not differ are left out (Wilcoxon 1945), equal absolute
 * differences share their mean rank. The p-value is exact for up to 50 differing pairs without ties, else from the
 * normal approximation with the variance corrected for ties and no continuity correction (as scipy does).
 *
 * @param first one value per patient.
 * @param second the same patients in the same order.
 */
export function wilcoxonSignedRank(first: readonly number[], second: readonly number[]): SignedRankTest {
  const differences = first.map((value, i) => value - second[i]).filter((difference) => difference !== 0);
  const pairs = differences.length;
  const { ranks, tieTerm } = midranks(differences.map(Math.abs));
  const positiveRanks = differences.reduce((sum, d, i) => sum + (d > 0 ? ranks[i] : 0), 0);
  const negativeRanks = (pairs * (pairs + 1)) / 2 - positiveRanks;
  const smaller = Math.min(positiveRanks, negativeRanks);
  const exact = tieTerm === 0 && pairs <= LARGEST_EXACT;
  const pValue = exact ? exactPValue(smaller, pairs) : normalPValue(smaller, pairs, tieTerm);
  return { positiveRanks, negativeRanks, pairs, pValue, method: exact ? 'exact' : 'normal' };
}

/** Ranks from 1, ties sharing their mean, and Σ(t³ − t) over groups of t ties. */
function midranks(values: readonly number[]): { ranks: number[]; tieTerm: number } {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length);
  let tieTerm = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end]] === values[order[start]]) end += 1;
    for (let i = start; i < end; i++) ranks[order[i]] = (start + 1 + end) / 2;
    tieTerm += (end - start) ** 3 - (end - start);
    start = end;
  }
  return { ranks, tieTerm };
}

/** 2·P(W ≤ w), from the number of subsets of 1..n with each sum. */
function exactPValue(w: number, pairs: number): number {
  const largest = (pairs * (pairs + 1)) / 2;
  const counts = new Float64Array(largest + 1);
  counts[0] = 1;
  for (let rank = 1; rank <= pairs; rank++) {
    for (let sum = largest; sum >= rank; sum--) counts[sum] += counts[sum - rank];
  }
  let below = 0;
  for (let sum = 0; sum <= w; sum++) below += counts[sum];
  return Math.min(1, (2 * below) / 2 ** pairs);
}

function normalPValue(w: number, pairs: number, tieTerm: number): number {
  const expected = (pairs * (pairs + 1)) / 4;
  const variance = (pairs * (pairs + 1) * (2 * pairs + 1)) / 24 - tieTerm / 48;
  return Math.min(1, 2 * normalTail((expected - w) / Math.sqrt(variance)));
}

/**
 * P(Z > z) for z ≥ 0: a power series near 0 and a continued fraction in the tail (Abramowitz and Stegun, Handbook of
 * Mathematical Functions, 26.2.11 and 26.2.14).
 */
function normalTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 4) {
    let fraction = z;
    for (let k = 60; k >= 1; k--) fraction = z + k / fraction;
    return density / fraction;
  }
  let term = z;
  let sum = z;
  for (let n = 3; term > 1e-17 * sum; n += 2) {
    term *= (z * z) / n;
    sum += term;
  }
  return 0.5 - density * sum;
}
