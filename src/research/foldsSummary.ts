import { bootstrapInterval, type Interval, mean } from '../statistics.js';
import {
  allCombinations,
  combinationName,
  MODALITIES,
  MODALITY_TITLES,
  membersOf,
  perRegion,
  REGIONS,
  type Region,
} from '../terms.js';
import type { RunDice } from './dice.js';

/** Dice of one region of one combination over all folds. */
export interface FoldsDice {
  /** Over the patients, each by the fold that did not train on them. */
  readonly mean: number | null;
  readonly interval: Interval | null;
  readonly patients: number;
  /** The mean of each fold's own patients; null where it has none. */
  readonly folds: readonly (number | null)[];
  /** Sample standard deviation of these means; null with fewer than two. */
  readonly deviation: number | null;
}

export interface FoldsSummary {
  readonly folds: number;
  /** Patients who were validated in some fold. */
  readonly patients: number;
  readonly combinations: readonly {
    readonly combination: string;
    readonly regions: Readonly<Record<Region, FoldsDice>>;
  }[];
}

/**
 * Puts the folds together: every patient is scored by the one model that was not trained on them (out-of-fold).
 *
 * @param dice of each fold, in their order.
 */
export function summariseFolds(dice: readonly RunDice[]): FoldsSummary {
  const sides = dice.flatMap(({ validation }) => validation ?? []);
  const patients = new Set(
    sides.flatMap(({ combinations }) =>
      Object.values(combinations).flatMap((regions) => Object.keys(regions.WT.values)),
    ),
  );
  const there = allCombinations()
    .map(combinationName)
    .filter((name) => sides.some(({ combinations }) => combinations[name]));
  return {
    folds: dice.length,
    patients: patients.size,
    combinations: there.map((combination) => ({
      combination,
      regions: perRegion((_, region) =>
        together(dice.map(({ validation }) => validation?.combinations[combination]?.[region].values ?? {})),
      ),
    })),
  };
}

function together(byFold: readonly Readonly<Record<string, number>>[]): FoldsDice {
  const values = byFold.flatMap((own) => Object.values(own));
  const folds = byFold.map((own) => (Object.keys(own).length === 0 ? null : mean(Object.values(own))));
  const known = folds.flatMap((value) => value ?? []);
  return {
    mean: values.length === 0 ? null : mean(values),
    interval: values.length === 0 ? null : bootstrapInterval(values),
    patients: values.length,
    folds,
    deviation: known.length < 2 ? null : deviation(known),
  };
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Markdown: Dice in per cent with its interval, the folds' standard deviation, and the number of patients. */
export function foldsTable(summary: FoldsSummary): string {
  const titles = MODALITIES.map((m) => MODALITY_TITLES[m]);
  const header = [...titles, ...REGIONS.flatMap((region) => [`Dice ${region}`, '95 %', 'SD of folds', 'n'])];
  const rows = summary.combinations.map(({ combination, regions }) => {
    const members = membersOf(combination);
    return [
      ...MODALITIES.map((m) => (members.includes(m) ? '●' : '○')),
      ...REGIONS.flatMap((region) => cells(regions[region])),
    ];
  });
  const rule = header.map((_, column) => (column < MODALITIES.length ? ':-:' : '--:'));
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const note = `Dice in % on the model's grid over the ${summary.patients} patients, each by the model of the fold that did not train on them. Each fold's best validation was kept by these same patients, so the numbers are a little too high; the standard deviation is that of the ${summary.folds} folds' means.`;
  return `${[line(header), line(rule), ...rows.map(line), '', note].join('\n')}\n`;
}

function cells({ mean: dice, interval, deviation: spread, patients }: FoldsDice): string[] {
  if (dice === null || interval === null) return ['–', '–', '–', '0'];
  const percent = (value: number) => (100 * value).toFixed(1);
  const range = `${percent(interval.low)} to ${percent(interval.high)}`;
  return [percent(dice), range, spread === null ? '–' : percent(spread), String(patients)];
}
