/**
 * Counts the runs of ablation.sh: `npx tsx docs/results/ablation.ts --runs RUNS [--out docs/results/ablation.json]`. RUNS holds
 * `ARM-SEED.scores/summary.json` (of `quorum evaluate`) and `ARM-SEED.run/log.jsonl` of every arm and seed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { REGIONS, type Region } from '../../src/terms.js';
import type { LogLine, StepLine } from '../../src/training/log.js';
import { LOG_FILE } from '../../src/training/trainer.js';
import { compareArms, processOf } from './measure/ablation.js';

const PAIRS = [
  ['paper', 'mean'],
  ['pcgrad', 'mean'],
] as const;
const SAME_SECONDS = [
  ['paper', 'mean-long'],
  ['pcgrad', 'mean-long'],
] as const;

const { values: options } = parseArgs({
  options: { runs: { type: 'string' }, out: { type: 'string', default: 'docs/results/ablation.json' } },
});
if (!options.runs) throw new Error('--runs FOLDER');
const folder = options.runs;
const runs = readdirSync(folder)
  .flatMap((name) => /^(.+)-(\d+)\.scores$/.exec(name) ?? [])
  .flatMap((_, i, all) => (i % 3 === 0 ? [{ arm: all[i + 1], seed: Number(all[i + 2]) }] : []))
  .sort((a, b) => a.arm.localeCompare(b.arm) || a.seed - b.seed)
  .map(({ arm, seed }) => {
    const { mean } = JSON.parse(readFileSync(join(folder, `${arm}-${seed}.scores`, 'summary.json'), 'utf8'));
    const dice = Object.fromEntries(REGIONS.map((region) => [region, mean[region].dice]));
    const steps = stepsOf(join(folder, `${arm}-${seed}.run`, LOG_FILE));
    return {
      arm,
      seed,
      steps: steps.length,
      seconds: steps.reduce((sum, { stepsPerSecond }) => sum + 1 / stepsPerSecond, 0),
      dice: dice as Record<Region, number>,
      process: processOf(steps),
    };
  });
const content = {
  kind: 'ablation',
  runs,
  comparisons: compareArms(runs, PAIRS),
  sameSeconds: compareArms(runs, SAME_SECONDS),
};
writeFileSync(options.out, `${JSON.stringify(content, null, 1)}\n`);
for (const { arm, seed, dice } of runs) console.log(arm, seed, JSON.stringify(dice));
for (const row of [...content.comparisons, ...content.sameSeconds]) console.log(JSON.stringify(row));

function stepsOf(file: string): StepLine[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogLine).filter((line) => line.kind === 'step');
}
