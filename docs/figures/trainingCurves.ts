/**
 * Draws the curves of a training run as SVG: `npm run figure -- RUN_DIR OUT.svg`. Loss, gradient norm per objective
 * (dominance) and share of conflicting pairs (negative cosines): every step faintly, and a running mean.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { membersOf } from '../../src/terms.js';
import type { LogLine, StepLine } from '../../src/training/log.js';
import { LOG_FILE } from '../../src/training/trainer.js';

/** One value of one curve. */
interface Point {
  readonly step: number;
  readonly curve: string;
  readonly value: number;
}

/** With more combinations than this their losses are averaged by size. */
const MOST_CURVES = 5;

/** Half the width of the running mean, as a share of all steps. */
const SMOOTHING = 0.02;

const [runFolder, output] = process.argv.slice(2);
if (!runFolder || !output) throw new Error('usage: npm run figure -- RUN_DIR OUT.svg');
const lines = readFileSync(join(runFolder, LOG_FILE), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as LogLine);
const steps = lines.filter((line): line is StepLine => line.kind === 'step');
writeFileSync(output, await svg(steps));

async function svg(steps: readonly StepLine[]): Promise<string> {
  const few = new Set(steps.flatMap(({ losses }) => Object.keys(losses))).size <= MOST_CURVES;
  const conflicts = steps.flatMap(conflictShare);
  const panels = [
    panel('Loss', steps.flatMap(few ? lossByCombination : lossBySize), steps.length),
    panel('Norm of each objective’s gradient', steps.flatMap(normPoints), steps.length, 'log'),
    panel('Share of pairs of objectives with a negative cosine', conflicts, steps.length),
  ];
  const specification: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    vconcat: panels.filter(({ data }) => data.values.length > 0),
    config: { font: 'sans-serif', axis: { labelFontSize: 11, titleFontSize: 12 } },
    resolve: { scale: { color: 'independent' } },
  };
  return new View(parse(compile(specification).spec), { renderer: 'none' }).toSVG();
}

/** Every value faintly, and its running mean. */
function panel(title: string, values: readonly Point[], steps: number, scale: 'linear' | 'log' = 'linear') {
  const half = Math.max(1, Math.round(SMOOTHING * steps));
  const several = new Set(values.map(({ curve }) => curve)).size > 1;
  const axis = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: null,
    scale: scale === 'log' ? { type: scale } : { zero: false },
  });
  const color = {
    field: 'curve',
    type: 'nominal' as const,
    title: null,
    sort: null,
    legend: several ? { symbolOpacity: 1, symbolStrokeWidth: 2 } : null,
  };
  const x = { field: 'step', type: 'quantitative' as const, title: 'step' };
  return {
    title: { text: title, anchor: 'start' as const, fontSize: 13 },
    width: 640,
    height: 170,
    data: { values: values as Point[] },
    layer: [
      {
        mark: { type: 'line' as const, strokeWidth: 1, opacity: 0.3 },
        encoding: { x, y: axis('value'), color },
      },
      {
        transform: [
          {
            window: [{ op: 'mean' as const, field: 'value', as: 'smooth' }],
            frame: [-half, half],
            groupby: ['curve'],
            sort: [{ field: 'step' }],
          },
        ],
        mark: { type: 'line' as const, strokeWidth: 2 },
        encoding: { x, y: axis('smooth'), color },
      },
    ],
  };
}

function lossByCombination({ step, losses }: StepLine): Point[] {
  return Object.entries(losses).map(([curve, value]) => ({ step, curve, value }));
}

/** Mean loss of the combinations of each size. */
function lossBySize({ step, losses }: StepLine): Point[] {
  const sizes = new Map<number, number[]>();
  for (const [combination, loss] of Object.entries(losses)) {
    const size = membersOf(combination).length;
    sizes.set(size, [...(sizes.get(size) ?? []), loss]);
  }
  return [...sizes]
    .sort(([a], [b]) => a - b)
    .map(([size, values]) => ({
      step,
      curve: `${size} sequences`,
      value: values.reduce((a, b) => a + b) / values.length,
    }));
}

function normPoints({ step, objectives = [], norms = [] }: StepLine): Point[] {
  return objectives.map((curve, j) => ({ step, curve, value: norms[j] })).filter(({ value }) => value > 0);
}

function conflictShare({ step, cosines = [] }: StepLine): Point[] {
  const pairs = cosines.flatMap((row, j) => row.slice(j + 1));
  if (pairs.length === 0) return [];
  return [{ step, curve: 'conflict', value: pairs.filter((cosine) => cosine < 0).length / pairs.length }];
}
