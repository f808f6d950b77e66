/** Runs of one size compared: tables, paired tests and curves. */

import { wilcoxonSignedRank } from '../../../src/evaluate/wilcoxon.js';
import { holm, mean } from '../../../src/statistics.js';
import { allCombinations, combinationName, REGIONS, type Region } from '../../../src/terms.js';
import type { LogLine } from '../../../src/training/log.js';

/** `dice.json` of a run, one side. */
export interface RunSide {
  readonly combinations: Readonly<
    Record<string, Readonly<Record<Region, { readonly values: Readonly<Record<string, number>> }>>>
  >;
}

/** One run: a method under one seed. */
export interface Run {
  readonly method: string;
  readonly seed: number;
  readonly side: RunSide;
}

/** Mean Dice over combinations by patient, the seeds of a method averaged. */
function byPatient(runs: readonly Run[], region: Region): Map<string, number> {
  const values = new Map<string, number[]>();
  for (const { side } of runs) {
    for (const combination of Object.values(side.combinations)) {
      for (const [patient, dice] of Object.entries(combination[region].values))
        values.set(patient, [...(values.get(patient) ?? []), dice]);
    }
  }
  return new Map([...values].map(([patient, dices]) => [patient, mean(dices)]));
}

export interface MethodRow {
  readonly method: string;
  readonly seeds: readonly number[];
  /** Mean over the combinations, each the mean over patients; per seed, in the order of `seeds`. */
  readonly mean: Readonly<Record<Region, readonly number[]>>;
  /** Mean over the seeds per combination. */
  readonly combinations: Readonly<Record<string, Readonly<Record<Region, number>>>>;
}

/** One row per method, in the order in which they come. */
export function methodRows(runs: readonly Run[]): MethodRow[] {
  return [...new Set(runs.map(({ method }) => method))].map((method) => {
    const own = runs.filter((run) => run.method === method);
    const diceOf = (run: Run, name: string, region: Region) =>
      mean(Object.values(run.side.combinations[name][region].values));
    const names = allCombinations()
      .map(combinationName)
      .filter((name) => own.every(({ side }) => side.combinations[name]));
    const perRegion = <T>(value: (region: Region) => T) =>
      Object.fromEntries(REGIONS.map((region) => [region, value(region)])) as Record<Region, T>;
    return {
      method,
      seeds: own.map(({ seed }) => seed),
      mean: perRegion((region) =>
        own.map((run) => rounded(mean(names.map((name) => diceOf(run, name, region))))),
      ),
      combinations: Object.fromEntries(
        names.map((name) => [
          name,
          perRegion((region) => rounded(mean(own.map((run) => diceOf(run, name, region))))),
        ]),
      ),
    };
  });
}

export interface PairedTest {
  readonly first: string;
  readonly second: string;
  readonly region: Region;
  readonly patients: number;
  /** Mean of first minus second. */
  readonly difference: number;
  readonly pValue: number;
  /** After Holm's correction over all tests. */
  readonly adjusted: number;
}

/**
 * Methods against each other, region by region: Wilcoxon's signed-rank test over patients, of each the mean Dice
 * over combinations and seeds; Holm's correction over all of them.
 */
export function pairedTests(
  runs: readonly Run[],
  comparisons: readonly (readonly [first: string, second: string])[],
): PairedTest[] {
  const of = (method: string, region: Region) => {
    const own = runs.filter((run) => run.method === method);
    if (own.length === 0) throw new Error(`no run of ${method}`);
    return byPatient(own, region);
  };
  const rows = comparisons.flatMap(([first, second]) =>
    REGIONS.map((region) => {
      const [ofFirst, ofSecond] = [of(first, region), of(second, region)];
      const patients = [...ofFirst.keys()].filter((patient) => ofSecond.has(patient));
      const a = patients.map((patient) => ofFirst.get(patient)!);
      const b = patients.map((patient) => ofSecond.get(patient)!);
      return {
        first,
        second,
        region,
        patients: patients.length,
        difference: rounded(mean(a) - mean(b)),
        pValue: wilcoxonSignedRank(a, b).pValue,
      };
    }),
  );
  const adjusted = holm(rows.map(({ pValue }) => pValue));
  return rows.map((row, i) => ({ ...row, adjusted: adjusted[i] }));
}

/** A stretch of steps of a run with gradient indicators. */
export interface CurvePoint {
  readonly step: number;
  /** Largest over smallest gradient norm among the objectives, mean over the stretch: dominance. */
  readonly dominance: number;
  /** Share of pairs of objectives with a negative cosine: conflict. */
  readonly conflict: number;
}

/** Dominance and conflict of a run in at most `points` stretches of equal length. */
export function indicatorCurve(lines: readonly LogLine[], points: number): CurvePoint[] {
  const steps = lines.flatMap((line) => {
    if (line.kind !== 'step' || !line.norms || !line.cosines || line.norms.length < 2) return [];
    const norms = line.norms.filter((norm) => norm > 0);
    const pairs = line.cosines.flatMap((row, j) => row.slice(j + 1));
    return [
      {
        step: line.step,
        dominance: Math.max(...norms) / Math.min(...norms),
        conflict: pairs.filter((cosine) => cosine < 0).length / pairs.length,
      },
    ];
  });
  const length = Math.max(1, Math.ceil(steps.length / points));
  return Array.from({ length: Math.ceil(steps.length / length) }, (_, i) => {
    const part = steps.slice(i * length, (i + 1) * length);
    return {
      step: part[part.length - 1].step,
      dominance: rounded(mean(part.map((point) => point.dominance))),
      conflict: rounded(mean(part.map((point) => point.conflict))),
    };
  });
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
