/**
 * Everything after training, one step after the other: `npx tsx docs/results/reproduce.ts --trained TRAINED [--to MODEL]`.
 * Tunes a trained Model folder into MODEL (new; `out/model` by default), measures it, and writes the results page and the model card. Test patients are
 * looked at in the steps `test-…`, after every choice has been made. `--from STEP` goes on from a step.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    trained: { type: 'string' },
    to: { type: 'string', default: 'out/model' },
    data: { type: 'string', default: '../shared/data' },
    threads: { type: 'string', default: '2' },
    from: { type: 'string', default: 'tune' },
    /** How the network was trained, for the model card. */
    description: { type: 'string' },
    /** Rounds of fitting region weights to the finished network; 0 for none. */
    rounds: { type: 'string', default: '20' },
  },
});
const RESULTS = 'docs/results';
const LOGS = join(RESULTS, 'logs');
const split = join(RESULTS, 'split.json');
const common = ['--data', options.data, '--threads', options.threads];
const evaluate = (data: string, out: string, side: string[]) => {
  const dataset = join(options.data, data);
  const output = join(LOGS, out);
  return () => {
    // `quorum evaluate` writes into an empty folder only; this one is its own earlier result.
    rmSync(output, { recursive: true, force: true });
    run('src/cli/main.ts', [
      'evaluate',
      dataset,
      ...['--model', options.to, '--out', output, '--device', 'cpu', '--threads', options.threads],
      ...side,
    ]);
  };
};
const script = (name: string, args: string[]) => () => run(join(RESULTS, `${name}.ts`), args);
const steps: readonly (readonly [name: string, step: () => void])[] = [
  ['tune', tune],
  ['knowledge', script('knowledge', ['--model', options.to, ...common, '--write'])],
  ['checks', script('checks', ['--model', options.to, ...common, '--write'])],
  ['validation-whole', evaluate('partial', 'partial-validation', ['--split', split, '--side', 'validation'])],
  ['test-cut-outs', evaluate('brats2020-cubes', 'test-cut-outs', ['--split', split, '--side', 'test'])],
  ['test-whole', evaluate('whole', 'whole', ['--split', split, '--side', 'test'])],
  ['robustness', script('robustness', ['--model', options.to, ...common])],
  ['page', script('page', ['--model', options.to, '--card'])],
];
const first = steps.findIndex(([name]) => name === options.from);
if (first < 0) throw new Error(`--from one of ${steps.map(([name]) => name).join(', ')}`);
for (const [name, step] of steps.slice(first)) {
  const started = performance.now();
  console.log(`== ${name}`);
  step();
  console.log(`== ${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

function tune(): void {
  if (!options.trained) throw new Error('--trained TRAINED');
  const description = options.description ? ['--description', options.description] : [];
  run(join(RESULTS, 'tune.ts'), [
    ...['--model', options.trained, '--to', options.to, ...common, '--rounds', options.rounds, '--fp16'],
    ...description,
  ]);
}

function run(file: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', file, ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${file} failed`);
}
