/** The checks of the images: fitted on training cut-outs, cut-offs and rates on validation cut-outs. */

import type { InputChecks } from '../model/knowledgeSchema.js';
import { contrastUptake, pairFeatures, pairScore } from '../segment/imageChecks.js';
import { quantile } from '../statistics.js';
import { combinationName, MODALITIES, type Modality } from '../terms.js';
import { rounded } from './knowledge.js';
import { solveSymmetric } from './linear.js';

/** Normalised images of one cut-out. */
export type CutOutImages = Readonly<Partial<Record<Modality, Float32Array>>>;

/** Share of validation cut-outs below or above a cut-off, on the side that warns. */
export const FALSE_ALARMS = 0.01;
/** A check that finds fewer is not shown. */
export const LEAST_DETECTION = 0.5;
/** Share of the diagonal that is added to the covariance. */
const SHRINKAGE = 0.05;

/**
 * Weights that tell two images from their swap: Σ⁻¹μ over the training cut-outs (Fisher's linear discriminant; the
 * swapped class has mean −μ and the same covariance). The cut-off is the 1st percentile of validation, at most 0. Null where there are
 * no cut-outs with both, or too few or too much alike to tell.
 */
export function fitSwapCheck(
  train: readonly CutOutImages[],
  validation: readonly CutOutImages[],
  [a, b]: readonly [Modality, Modality],
): NonNullable<InputChecks['swapped'][string]> | null {
  const featuresOf = (cases: readonly CutOutImages[]) =>
    cases.flatMap((images) => {
      const [first, second] = [images[a], images[b]];
      const features = first && second && pairFeatures(first, second);
      return features ? [features] : [];
    });
  const fitted = featuresOf(train);
  const held = featuresOf(validation);
  if (fitted.length === 0 || held.length === 0) return null;
  const average = fitted[0].map((_, i) => fitted.reduce((sum, row) => sum + row[i], 0) / fitted.length);
  const covariance = average.map((_, i) =>
    average.map((__, j) => {
      const sum = fitted.reduce((total, row) => total + (row[i] - average[i]) * (row[j] - average[j]), 0);
      return (sum / fitted.length) * (i === j ? 1 + SHRINKAGE : 1);
    }),
  );
  const solved = solveSymmetric(covariance, average);
  if (!solved) return null;
  const weights = solved.map((weight) => Number(weight.toPrecision(6)));
  const scores = held.map((features) => pairScore(features, weights));
  const below = Math.min(0, quantile(scores, FALSE_ALARMS));
  const share = (values: readonly number[]) =>
    rounded(values.filter((s) => s < below).length / values.length);
  return {
    weights,
    below: Number(below.toPrecision(6)),
    detection: share(scores.map((score) => -score)),
    falseAlarms: share(scores),
    cases: held.length,
  };
}

/** The cut-off of contrast uptake; null where no cut-out has T1 and T1ce. Detection is that of T1 given in the place of T1ce with another noise. */
export function fitUptakeCheck(
  validation: readonly CutOutImages[],
  noise: () => number,
): InputChecks['uptake'] {
  const pairs = validation.flatMap(({ t1, t1ce }) => (t1 && t1ce ? [{ t1, t1ce }] : []));
  const uptakes = pairs.flatMap(({ t1, t1ce }) => contrastUptake(t1, t1ce) ?? []);
  if (uptakes.length === 0) return null;
  const none = pairs.flatMap(({ t1 }) => {
    const again = t1.map((value) => (value === 0 ? 0 : value + 0.1 * noise()));
    return contrastUptake(t1, again) ?? [];
  });
  const below = quantile(uptakes, FALSE_ALARMS);
  const share = (values: readonly number[]) =>
    rounded(values.filter((u) => u < below).length / values.length);
  return {
    below: Number(below.toPrecision(4)),
    detection: share(none),
    falseAlarms: share(uptakes),
    cases: uptakes.length,
  };
}

/** All pairs; those that find fewer than half of the swaps are null. */
export function fitSwapChecks(train: readonly CutOutImages[], validation: readonly CutOutImages[]) {
  const pairs = MODALITIES.flatMap((a, i) => MODALITIES.slice(i + 1).map((b) => [a, b] as const));
  const found = pairs.map((pair) => [combinationName(pair), fitSwapCheck(train, validation, pair)] as const);
  const shown = found.map(([name, check]) => [
    name,
    check && check.detection >= LEAST_DETECTION ? check : null,
  ]);
  return { found: Object.fromEntries(found), shown: Object.fromEntries(shown) as InputChecks['swapped'] };
}
