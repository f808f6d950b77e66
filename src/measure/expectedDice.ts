/** What Dice a mask is to be expected to have, by what it says of itself: fitted on whole brains, and how well it ranks others. */
import { byRegion } from '../evaluate/scores.js';
import { SMALLEST_ML, trustFeatures } from '../model/expectedDice.js';
import type { ExpectedDice, FalseVolume } from '../model/knowledgeSchema.js';
import type { ModelDescription } from '../model/schema.js';
import { mean, quantile } from '../statistics.js';
import type { Region } from '../terms.js';
import { POOR_DICE, RANGE_LEVEL, rounded } from './knowledge.js';
import type { BrainMeasure } from './wholeBrains.js';

/** With fewer patients who have the region nothing is said. */
export const EXPECTED_PATIENTS = 12;
/** More falsely marked ml than this make a result poor, whatever its Dice. */
export const POOR_FALSE_ML = 10;
/** Penalty on squared weights of standardised features; not tuned. */
const PENALTY = 30;

interface Result {
  readonly patient: string;
  readonly features: number[];
  readonly dice: number;
  /** log10(false ml + 0.5). */
  readonly falseLog: number;
}

/** Masks with something in them; what is found of a region that the patient does not have counts as Dice 0. */
export function resultsOf(
  rows: readonly BrainMeasure[],
  region: Region,
): (Result & { readonly row: BrainMeasure })[] {
  return rows.flatMap((row) => {
    const one = row.regions[region];
    if (!one || !(one.foundMl > 0)) return [];
    const features = trustFeatures({ members: row.members, agreement: one.agreement, ml: one.foundMl });
    const falseLog = Math.log10(one.falseMl + SMALLEST_ML);
    return [{ row, patient: row.patient, features, dice: one.dice ?? 0, falseLog }];
  });
}

/** Ridge regression per region; its error is measured by leaving one patient out. Null with too few patients. */
export function expectedDiceOf(
  rows: readonly BrainMeasure[],
): NonNullable<ModelDescription['knowledge']['expectedDice']> {
  return byRegion((region) => {
    const results = resultsOf(rows, region);
    const patients = new Set(rows.flatMap((row) => (row.regions[region]?.dice != null ? [row.patient] : [])));
    if (patients.size < EXPECTED_PATIENTS) return null;
    const errors = leftOut(results).map(({ dice, expected }) => Math.abs(dice - expected));
    const over = residuals(results, ({ falseLog }) => falseLog);
    const known: ExpectedDice = {
      ...named(ridge(results, ({ dice }) => dice)),
      falseVolume: {
        ...named(ridge(results, ({ falseLog }) => falseLog)),
        error: rounded(quantile(over, RANGE_LEVEL)),
        limitMl: POOR_FALSE_ML,
      },
      level: RANGE_LEVEL,
      error: rounded(quantile(errors, RANGE_LEVEL)),
      poorDice: POOR_DICE[region],
      patients: patients.size,
      results: results.length,
    };
    return known;
  });
}

/** Each patient's results by a fit on the others. */
export function leftOut(results: readonly Result[]): { dice: number; expected: number }[] {
  return predictedWithout(results, ({ dice }) => dice).map(({ value, expected }) => ({
    dice: value,
    expected,
  }));
}

/** By how much each result lies above what a fit on the other patients says. */
function residuals(results: readonly Result[], outcomeOf: (result: Result) => number): number[] {
  return predictedWithout(results, outcomeOf).map(({ value, expected }) => value - expected);
}

function predictedWithout(
  results: readonly Result[],
  outcomeOf: (result: Result) => number,
): { value: number; expected: number }[] {
  return [...new Set(results.map(({ patient }) => patient))].flatMap((patient) => {
    const others = results.filter((one) => one.patient !== patient);
    const weights = ridge(others, outcomeOf);
    return results
      .filter((one) => one.patient === patient)
      .map((one) => ({
        value: outcomeOf(one),
        expected: one.features.reduce(
          (sum, value, f) => sum + weights[f] * value,
          weights[one.features.length],
        ),
      }));
  });
}

/** Weights by the names that model.json gives them. */
function named(weights: readonly number[]): Omit<FalseVolume, 'error' | 'limitMl'> {
  const [t1, t1ce, t2, flair, alone, pair, agreement, volume, constant] = weights.map(rounded);
  return { constant, sequences: { t1, t1ce, t2, flair }, alone, pair, agreement, volume };
}

/** Weights of the features and then the constant, minimising squared errors + penalty · squared standardised weights. */
function ridge(results: readonly Result[], outcomeOf: (result: Result) => number): number[] {
  const width = results[0].features.length;
  const columns = Array.from({ length: width }, (_, f) => results.map(({ features }) => features[f]));
  const means = columns.map((column) => mean(column));
  const deviations = columns.map(
    (column, f) => Math.sqrt(mean(column.map((value) => (value - means[f]) ** 2))) + 1e-6,
  );
  const middle = mean(results.map(outcomeOf));
  const standard = results.map(({ features }) =>
    features.map((value, f) => (value - means[f]) / deviations[f]),
  );
  const normal = Array.from({ length: width }, (_, a) =>
    Array.from(
      { length: width },
      (__, b) => standard.reduce((sum, row) => sum + row[a] * row[b], 0) + (a === b ? PENALTY : 0),
    ),
  );
  const right = Array.from({ length: width }, (_, a) =>
    standard.reduce((sum, row, n) => sum + row[a] * (outcomeOf(results[n]) - middle), 0),
  );
  const weights = solve(normal, right).map((weight, f) => weight / deviations[f]);
  return [...weights, middle - weights.reduce((sum, weight, f) => sum + weight * means[f], 0)];
}

/** Gauss and Jordan; the matrix is positive definite, so no pivot is 0. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, n) => [...row, right[n]]);
  rows.forEach((pivot, p) => {
    const scale = pivot[p];
    for (let c = 0; c < pivot.length; c++) pivot[c] /= scale;
    rows.forEach((row, r) => {
      if (r === p) return;
      const factor = row[p];
      for (let c = 0; c < row.length; c++) row[c] -= factor * pivot[c];
    });
  });
  return rows.map((row) => row.at(-1)!);
}

/** How well a score ranks results: the lower the area under the risk-coverage curve, the better. */
export interface Ranking {
  readonly correlation: number;
  readonly area: number;
  /** The area of a random and of a perfect order. */
  readonly random: number;
  readonly perfect: number;
}

/**
 * Spearman's correlation of score and Dice, and the area under the risk-coverage curve: the mean over n of the mean risk (1 − Dice) of the
 * n results with the highest scores (Geifman and El-Yaniv 2017; Jaeger et al. 2023).
 */
export function rankingOf(results: readonly { readonly score: number; readonly dice: number }[]): Ranking {
  const area = (order: readonly { readonly dice: number }[]) => mean(riskCoverage(order));
  return {
    correlation: spearman(
      results.map(({ score }) => score),
      results.map(({ dice }) => dice),
    ),
    area: area(results.toSorted((a, b) => b.score - a.score)),
    random: mean(results.map(({ dice }) => 1 - dice)),
    perfect: area(results.toSorted((a, b) => b.dice - a.dice)),
  };
}

/** Mean risk of the first n, for every n. */
export function riskCoverage(order: readonly { readonly dice: number }[]): number[] {
  let sum = 0;
  return order.map(({ dice }, n) => {
    sum += 1 - dice;
    return sum / (n + 1);
  });
}

function spearman(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length + 1) / 2;
  const product = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, n) => sum + (value - middle) * (q[n] - middle), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

/** 1 for the smallest; equal values share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
}
