/**
 * Compares training runs: `npx tsx docs/results/ablation.ts --plan RUNS.json --out docs/results/ablation.json`.
 * RUNS.json: `{"about": "width 0.25, …", "side": "validation", "comparisons": [["GMD (paper)", "mean loss"]], "runs": [{"method": "GMD (paper)",
 * "seed": 1, "folder": "a.run"}, …]}`; each folder is a run's, with `dice.json` and `log.jsonl`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { LogLine } from '../../src/training/log.js';
import { DICE_FILE } from '../../src/training/runResults.js';
import { LOG_FILE } from '../../src/training/trainer.js';
import { indicatorCurve, methodRows, pairedTests, type RunSide } from './measure/ablation.js';

const planSchema = z.strictObject({
  about: z.string(),
  side: z.enum(['validation', 'test']),
  comparisons: z.array(z.tuple([z.string(), z.string()])).min(1),
  runs: z.array(z.strictObject({ method: z.string(), seed: z.int(), folder: z.string() })).min(2),
});

const { values: options } = parseArgs({
  options: {
    plan: { type: 'string' },
    out: { type: 'string', default: 'docs/results/ablation.json' },
  },
});
if (!options.plan) throw new Error('--plan RUNS.json');
const plan = planSchema.parse(JSON.parse(readFileSync(options.plan, 'utf8')));
const runs = plan.runs.map(({ method, seed, folder }) => {
  const path = resolve(dirname(options.plan!), folder);
  const dice = JSON.parse(readFileSync(join(path, DICE_FILE), 'utf8'));
  const side = dice[plan.side] as RunSide | null;
  if (!side) throw new Error(`${folder} was not scored on the ${plan.side} side`);
  return { method, seed, description: dice.description as string, side, lines: linesOf(path) };
});
const content = {
  kind: 'ablation',
  about: plan.about,
  side: plan.side,
  methods: methodRows(runs),
  tests: pairedTests(runs, plan.comparisons),
  runs: runs.map(({ method, seed, description, lines }) => ({
    method,
    seed,
    description,
    steps: lines.filter(({ kind }) => kind === 'step').length,
    curve: indicatorCurve(lines, 60),
  })),
};
writeFileSync(options.out, `${JSON.stringify(content, null, 1)}\n`);
for (const { method, mean } of content.methods) console.log(method, JSON.stringify(mean));
for (const test of content.tests) console.log(JSON.stringify(test));

function linesOf(folder: string): LogLine[] {
  const file = join(folder, LOG_FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogLine);
}
