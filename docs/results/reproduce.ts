/**
 * Everything after training, one step after the other: `npm run results -- --trained IMPORTED [--to MODEL]`.
 * Chooses the clean-up of an imported Model folder and writes MODEL (new; `out/model` by default), measures it, and writes the results page and the model card. Test patients are
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
    version: { type: 'string', default: '2' },
    /** How the network was trained, and on what, for the model card. */
    description: { type: 'string' },
    'training-data': { type: 'string' },
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
const measure = (out: string, sets: readonly string[], more: readonly string[]) => {
  const output = join(LOGS, out);
  return () => {
    // `quorum measure` replaces no file; this one is its own earlier log.
    rmSync(output, { force: true });
    run('src/cli/main.ts', [
      ...['measure', options.to, ...sets.map((name) => join(options.data, name))],
      ...['--out', output, '--device', 'cpu', '--threads', options.threads, '--force', ...more],
    ]);
  };
};
const BRAINS = ['brains', 'brains3', 'partial', 'whole'];
const onSplit = ['--split', split];
const steps: readonly (readonly [name: string, step: () => void])[] = [
  ['tune', tune],
  ['validation', measure('whole-validation.json', BRAINS, [...onSplit, '--write'])],
  ['checks', measure('checks.json', ['brats2020-cubes', 'partial'], [...onSplit, '--checks', '--write'])],
  ['features', script('features', ['--model', options.to, ...common])],
  ['test-whole', measure('whole-test.json', BRAINS, [...onSplit, '--side', 'test'])],
  // Of no data set of the split: aligned and stripped by others, its truth a fusion of algorithms.
  ['test-raw', measure('whole-raw.json', ['raw/TCGA-FG-6692/stripped'], [])],
  ['test-cut-outs', evaluate('brats2020-cubes', 'test-cut-outs', ['--split', split, '--side', 'test'])],
  ['stability', script('stability', ['--model', options.to, ...common])],
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
  const about = (['description', 'training-data'] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  run(join(RESULTS, 'tune.ts'), [
    ...['--model', options.trained, '--to', options.to, '--version', options.version, ...common, '--fp16'],
    ...about,
  ]);
}

function run(file: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', file, ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${file} failed`);
}
