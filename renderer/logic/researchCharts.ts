import type { TopLevelSpec } from 'vega-lite';
import type { Evaluation, RunCurves } from '../../src/contract/research.js';
import { MODALITIES, MODALITY_TITLES, type Modality, type Region } from '../../src/terms.js';
import { SEQUENCE_COLOURS } from './colours.js';
import { combinationTitle } from './format.js';

/** What the research view draws, as figures of vega-lite. Each one's numbers also stand in a table, or in the run's own log. */

interface Point {
  readonly step: number;
  readonly value: number;
  readonly series: string;
}

const WIDE = { width: 'container', height: 190, autosize: { type: 'fit', contains: 'padding' } } as const;
const STEP = {
  ...{ field: 'step', type: 'quantitative', title: 'Step' },
  axis: { tickMinStep: 1 },
} as const;

function points(windows: RunCurves['windows'], values: readonly (number | null)[], series: string): Point[] {
  return values.flatMap((value, i) => (value === null ? [] : [{ step: windows[i][1], value, series }]));
}

function lines(
  values: readonly Point[],
  title: string,
  colour: { domain?: readonly string[]; range?: readonly string[] } = {},
  scale: object = {},
): TopLevelSpec {
  // All names are seen, however many they are.
  const isMany = new Set(values.map(({ series }) => series)).size > 8;
  const legend = isMany ? { columns: 2, rowPadding: 0, symbolSize: 40, labelFontSize: 10 } : {};
  const scaled = colour.domain ? { scale: { domain: [...colour.domain], range: [...colour.range!] } } : {};
  return {
    ...WIDE,
    data: { values: [...values] },
    mark: { type: 'line', point: values.length < 60 ? { size: 18 } : false, tooltip: true },
    encoding: {
      x: STEP,
      y: { field: 'value', type: 'quantitative', title, scale: { zero: false, ...scale } },
      color: { field: 'series', type: 'nominal', title: null, sort: null, legend, ...scaled },
    },
  } as TopLevelSpec;
}

const nameOf = (combination: string) =>
  MODALITIES.some((m) => combination.includes(m)) ? combinationTitle(combination) : combination;

/** Loss of each combination that the log has, and of how many. */
export function lossChart({ windows, loss }: RunCurves): TopLevelSpec {
  const values = Object.entries(loss).flatMap(([name, own]) => points(windows, own, nameOf(name)));
  return lines(values, 'Loss');
}

/** Mean Dice of each combination over the regions, and the score that early stopping watches. */
export function validationChart({ validations }: RunCurves): TopLevelSpec {
  const values = validations.flatMap(({ step, score, dice }) => [
    ...(score === null ? [] : [{ step, value: score, series: 'All combinations' }]),
    ...Object.entries(dice).flatMap(([name, regions]) => {
      const known = regions.filter((value) => value !== null);
      if (known.length === 0) return [];
      const value = known.reduce((sum, one) => sum + one, 0) / known.length;
      return [{ step, value, series: nameOf(name) }];
    }),
  ]);
  return lines(values, 'Validation Dice', {}, { domain: [0, 1] });
}

/** Modality dominance: how large the gradient of each single sequence is. */
export function normsChart({ windows, norms }: RunCurves): TopLevelSpec {
  const there = MODALITIES.filter((m) => norms[m]);
  const values = there.flatMap((m) => points(windows, norms[m]!, MODALITY_TITLES[m]));
  const colour = (m: Modality) => SEQUENCE_COLOURS[m];
  return lines(values, 'Gradient norm', {
    domain: there.map((m) => MODALITY_TITLES[m]),
    range: there.map(colour),
  });
}

export function conflictChart({ windows, conflicts, removed }: RunCurves): TopLevelSpec {
  const values = [
    ...points(windows, conflicts, 'Pairs in conflict'),
    ...points(windows, removed, 'Removed by decoupling'),
  ];
  return lines(values, 'Share', {}, { domain: [0, 1] });
}

/** Cosines of all pairs of gradients in one window of steps. */
export function cosineChart(conflict: NonNullable<RunCurves['conflict']>, window: number): TopLevelSpec {
  const { cosines } = conflict.windows[window];
  const names = conflict.objectives.map(combinationTitle);
  const values = cosines.flatMap((row, j) =>
    row.flatMap((cosine, k) =>
      cosine === null || j === k ? [] : [{ one: names[j], other: names[k], cosine }],
    ),
  );
  const side = (field: string) =>
    ({ field, type: 'nominal', sort: names, scale: { domain: names }, title: null }) as const;
  return {
    width: { step: 22 },
    height: { step: 22 },
    data: { values },
    mark: { type: 'rect', tooltip: true },
    encoding: {
      x: { ...side('other'), axis: { labelAngle: -60, orient: 'top' } },
      y: side('one'),
      color: {
        field: 'cosine',
        type: 'quantitative',
        title: 'Cosine',
        scale: { scheme: 'purpleorange', domain: [-1, 1], reverse: true },
      },
    },
  } as TopLevelSpec;
}

/** What decoupling took from each objective in one window of steps. */
export function removedChart(conflict: NonNullable<RunCurves['conflict']>, window: number): TopLevelSpec {
  const names = conflict.objectives.map(combinationTitle);
  const values = conflict.windows[window].removed.flatMap((value, i) =>
    value === null ? [] : [{ objective: names[i], value }],
  );
  return {
    width: 200,
    height: { step: 22 },
    data: { values },
    mark: { type: 'bar', tooltip: true },
    encoding: {
      y: { field: 'objective', type: 'nominal', sort: names, scale: { domain: names }, title: null },
      x: {
        field: 'value',
        type: 'quantitative',
        title: 'Removed by decoupling',
        scale: { domain: [0, 1] },
      },
    },
  } as TopLevelSpec;
}

/** A heat map over time has so many rows at most. */
const MOST_PAIRS = 16;

/** Cosines of pairs of gradients over time: the pairs that were most in conflict, the worst first. */
export function cosinesOverTime({ objectives, windows }: NonNullable<RunCurves['conflict']>): TopLevelSpec {
  const pairs = objectives.flatMap((one, j) =>
    objectives.slice(j + 1).map((other, n) => {
      const cells = windows.flatMap(({ from, to, cosines }) => {
        const value = cosines[j][j + 1 + n];
        return value === null ? [] : [{ from, to, value }];
      });
      const mean = cells.reduce((sum, { value }) => sum + value, 0) / cells.length;
      return { name: `${combinationTitle(one)} – ${combinationTitle(other)}`, cells, mean };
    }),
  );
  const shown = pairs
    .filter(({ cells }) => cells.length > 0)
    .sort((a, b) => a.mean - b.mean)
    .slice(0, MOST_PAIRS);
  return overTime(shown, 'Cosine', { scheme: 'purpleorange', domain: [-1, 1], reverse: true });
}

/** What decoupling took from each objective, over time. */
export function removedOverTime({ objectives, windows }: NonNullable<RunCurves['conflict']>): TopLevelSpec {
  const rows = objectives.map((name, j) => ({
    name: combinationTitle(name),
    cells: windows.flatMap(({ from, to, removed }) => {
      const value = removed[j];
      return value === null ? [] : [{ from, to, value }];
    }),
  }));
  const most = Math.max(0.05, ...rows.flatMap(({ cells }) => cells.map(({ value }) => value)));
  return overTime(rows, 'Removed by decoupling', { scheme: 'viridis', domain: [0, most] });
}

function overTime(
  rows: readonly {
    readonly name: string;
    readonly cells: readonly { from: number; to: number; value: number }[];
  }[],
  title: string,
  scale: object,
): TopLevelSpec {
  const names = rows.map(({ name }) => name);
  const values = rows.flatMap(({ name, cells }) => cells.map((cell) => ({ name, ...cell })));
  return {
    width: 'container',
    height: { step: 16 },
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
    mark: { type: 'rect', tooltip: true },
    encoding: {
      x: { field: 'from', type: 'ordinal', title: 'Step', axis: { labelAngle: 0, labelOverlap: true } },
      y: {
        ...{ field: 'name', type: 'nominal', sort: names, scale: { domain: names }, title: null },
        axis: { labelFontSize: 10, labelLimit: 260 },
      },
      color: { field: 'value', type: 'quantitative', title, scale },
      tooltip: [
        { field: 'name', title: 'Of' },
        { field: 'from', title: 'From step' },
        { field: 'to', title: 'To step' },
        { field: 'value', title, format: '.3f' },
      ],
    },
  } as TopLevelSpec;
}

/** Mean loss, or the score of validations, of several runs. */
export function comparisonChart(
  runs: readonly { readonly name: string; readonly curves: RunCurves }[],
  what: 'loss' | 'score',
): TopLevelSpec {
  const values = runs.flatMap(({ name, curves }) =>
    what === 'loss'
      ? points(curves.windows, curves.meanLoss, name)
      : curves.validations.flatMap(({ step, score }) =>
          score === null ? [] : [{ step, value: score, series: name }],
        ),
  );
  return lines(values, what === 'loss' ? 'Mean loss' : 'Validation Dice');
}

/** Dice of the patients for every combination. */
export function boxChart({ dice, combinations }: Evaluation, region: Region): TopLevelSpec {
  const names = combinations.map(({ combination }) => combinationTitle(combination));
  const values = dice
    .filter((one) => one.region === region)
    .map((one) => ({ combination: combinationTitle(one.combination), dice: one.dice }));
  return {
    width: 'container',
    height: { step: 19 },
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
    mark: { type: 'boxplot', extent: 1.5, size: 11 },
    encoding: {
      y: { field: 'combination', type: 'nominal', sort: names, scale: { domain: names }, title: null },
      x: { field: 'dice', type: 'quantitative', title: `Dice ${region}`, scale: { domain: [0, 1] } },
    },
  } as TopLevelSpec;
}

/** Found against true volume of the cases for one combination, and the line on which both are the same. */
export function volumeChart({ cases }: Evaluation, region: Region, combination: string): TopLevelSpec {
  const values = cases
    .filter((one) => one.region === region && one.combination === combination)
    .map((one) => ({ name: one.case, truth: one.trueMl, found: one.foundMl }));
  const most = Math.max(1, ...values.flatMap(({ truth, found }) => [truth, found]));
  return {
    width: 'container',
    height: 260,
    autosize: { type: 'fit', contains: 'padding' },
    layer: [
      {
        data: { values: [0, most].map((both) => ({ truth: both, found: both })) },
        mark: { type: 'line', strokeDash: [4, 4], color: '#888888', strokeWidth: 1 },
        encoding: {
          x: { field: 'truth', type: 'quantitative' },
          y: { field: 'found', type: 'quantitative' },
        },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, opacity: 0.75, size: 45, tooltip: true },
        encoding: {
          x: { field: 'truth', type: 'quantitative', title: 'True volume, ml' },
          y: { field: 'found', type: 'quantitative', title: 'Found volume, ml' },
          tooltip: [{ field: 'name' }, { field: 'truth', format: '.1f' }, { field: 'found', format: '.1f' }],
        },
      },
    ],
  } as TopLevelSpec;
}
