import { bin, extent } from 'd3-array';
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import type { CohortRow } from '../../src/contract/index.js';
import { commonCombination, commonMl } from '../../src/presentation/index.js';
import { REGIONS, type Region } from '../../src/terms.js';
import { rowWarnings, shownMl } from './cohortRows.js';

/** What a cohort's plots show; the table has the same numbers. */

/** By all sequences that each case has, or by those that all cases have. */
export type By = 'all' | 'common';

export const MEASURES = [...REGIONS, 'agreement', 'warnings', 'sequences'] as const;
export type Measure = (typeof MEASURES)[number];
export const MEASURE_TITLES: Readonly<Record<Measure, string>> = {
  WT: 'Whole tumour, ml',
  TC: 'Tumour core, ml',
  ET: 'Enhancing tumour, ml',
  agreement: 'Agreement (whole tumour)',
  warnings: 'Warnings',
  sequences: 'Sequences',
};

/** Null where a case has no such number, or it is not given. */
export function measured(
  row: CohortRow,
  measure: Measure,
  by: By,
  rows: readonly CohortRow[],
): number | null {
  if (!row.result) return null;
  if (measure === 'agreement') return row.result.agreement.WT;
  if (measure === 'warnings') return rowWarnings(row).length;
  if (measure === 'sequences') return row.sequences.length;
  return by === 'all' ? shownMl(row, measure) : commonMl(row, commonCombination(rows), measure);
}

export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** How many cases have a volume between two round numbers. */
export function histogram(rows: readonly CohortRow[], region: Region, by: By): Bar[] {
  const values = rows.flatMap((row) => measured(row, region, by, rows) ?? []);
  if (values.length === 0) return [];
  const x = axis(values, [0, 1], true);
  const [low, high] = x.domain();
  const bins = bin()
    .domain([low, high])
    .thresholds(x.ticks(12).filter((tick) => tick < high))(values);
  return bins.map(({ x0, x1, length }) => ({ from: x0!, to: x1!, count: length }));
}

/** A scale from a little before the least to a little behind the most, with round ends. */
export function axis(
  values: readonly number[],
  [from, to]: readonly [number, number],
  fromZero: boolean,
): ScaleLinear<number, number> {
  const [least = 0, most = 1] = extent(values) as [number?, number?];
  const low = fromZero ? Math.min(0, least) : least;
  return scaleLinear([low, most > low ? most : low + 1], [from, to]).nice(8);
}

export interface Point {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** Cases that have both numbers. */
export function points(rows: readonly CohortRow[], x: Measure, y: Measure, by: By): Point[] {
  return rows.flatMap((row) => {
    const at = [measured(row, x, by, rows), measured(row, y, by, rows)];
    return at[0] === null || at[1] === null ? [] : [{ name: row.name, x: at[0], y: at[1] }];
  });
}

export interface RangeOfCase {
  readonly name: string;
  readonly ml: number;
  /** Null: the model gives none. */
  readonly range: { readonly lower: number; readonly upper: number } | null;
}

/** Each case's volume by all its sequences with the range that the model gives, the largest first. */
export function ranges(rows: readonly CohortRow[], region: Region): RangeOfCase[] {
  return rows
    .flatMap(({ name, result }) => {
      const about = result?.volumes[region];
      return about?.ml == null ? [] : [{ name, ml: about.ml, range: about.range }];
    })
    .sort((a, b) => b.ml - a.ml);
}
