/**
 * `quorum train` and training/torch side by side: 200 steps from one start on the same cut-outs (their middle 16³) in the same order, without augmentation, and
 * the CPU's seconds of a step on whole cut-outs of 32³. Writes docs/results/logs/trainers.json, docs/results/figures/trainers.svg and docs/results/trainers.md.
 *
 *     npx tsx test/bench/trainers.ts PYTHON WORK     needs ../shared/data and a Python with torch; takes minutes. After a stop the same command goes on
 *     npx tsx test/bench/trainers.ts --page          writes figure and page anew from the log
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { WasmEngine } from '../../src/engine/wasm/engine.js';
import { PoolVectors } from '../../src/kernels/index.js';
import { constantFusion, descriptionTemplate } from '../../src/model/template.js';
import type { AugmentationRules } from '../../src/training/augmentation.js';
import { type DatasetCase, openDataset } from '../../src/training/dataset.js';
import type { Decoupling } from '../../src/training/decouple.js';
import type { LogLine, StepLine } from '../../src/training/log.js';
import type { TrainingRequest } from '../../src/training/prepareRun.js';
import { randomStream } from '../../src/training/random.js';
import { runTraining } from '../../src/training/run.js';
import { augmentedSource, type CaseGroup, CaseStore } from '../../src/training/source.js';
import { verifyDataset } from '../../src/training/verify.js';
import { AS_QUORUM_TRAIN, torchArguments } from '../support/torchOptions.js';
import { type Run, type Trainers, writePage } from './trainersPage.js';

const DATA = process.env.QUORUM_DATA ?? '../shared/data';
const LOG = 'docs/results/logs/trainers.json';
const CUTOUTS = 40;
const STEPS = 200;
/** On whole cut-outs, for their time alone. */
const TIMED_STEPS = { mean: 12, paper: 6 };
/** One each: on a machine that others use too, PyTorch's threads wait for one another far longer than they compute. */
const THREADS = 1;
const SEED = 1;
const RATE = 1e-3;
const PLAIN: AugmentationRules = {
  window: { side: 32, shift: 0, tumourShare: 0 },
  spatial: null,
  intensity: null,
};

if (process.argv[2] !== '--page') {
  const [python, work] = process.argv.slice(2);
  if (!python || !work) throw new Error('usage: npx tsx test/bench/trainers.ts PYTHON WORK');
  await writeFile(LOG, `${JSON.stringify(await compare(python, work))}\n`);
}
await writePage(JSON.parse(await readFile(LOG, 'utf8')) as Trainers);

async function compare(python: string, root: string): Promise<Trainers> {
  const [small, whole] = [await prepared(python, root, 16), await prepared(python, root, 32)];
  const both = async (folder: string, decoupling: 'mean' | 'paper', steps: number) => {
    const [quorum, torch] = await Promise.all([
      quorumTrain(folder, decoupling, decoupling, steps),
      torchTrain(python, folder, decoupling, steps),
    ]);
    return { quorum, torch };
  };
  return {
    threads: THREADS,
    torch: run(python, ['-c', 'import torch; print(torch.__version__)']).trim(),
    cutOuts: CUTOUTS,
    rate: RATE,
    curves: await both(small, 'mean', STEPS),
    times: {
      mean: await both(whole, 'mean', TIMED_STEPS.mean),
      paper: await both(whole, 'paper', TIMED_STEPS.paper),
    },
  };
}

/** A folder with cut-outs of a side, their order and the start. */
async function prepared(python: string, root: string, side: number): Promise<string> {
  const folder = join(root, `${side}`);
  if (existsSync(join(folder, 'order.json'))) return folder;
  const from = [`${DATA}/brats2020-cubes`, 'docs/results/split.json', folder, `${CUTOUTS}`, `${side}`];
  run(python, ['test/bench/trainersData.py', ...from]);
  await quorumTrain(folder, 'start', 'mean', 1);
  const fusion = { weights: constantFusion(1), biases: constantFusion(0) };
  await writeFile(join(folder, 'start', 'fusion.json'), JSON.stringify({ fusion }));
  await writeFile(join(folder, 'order.json'), JSON.stringify(await orderOf(folder)));
  return folder;
}

/** Which cut-out `quorum train` draws at each step. */
async function orderOf(root: string): Promise<string[][]> {
  const dataset = await verifyDataset(await openDataset(join(root, 'cubes')));
  const names: string[] = [];
  class Noting extends CaseStore {
    override load(of: CaseGroup['dataset'], one: DatasetCase) {
      names.push(one.name);
      return super.load(of, one);
    }
  }
  const about = { name: 'a comparison', version: '1', description: '', trainingData: '' };
  const store = new Noting(descriptionTemplate(about, 0.25), 1e9);
  const source = augmentedSource([{ dataset, cases: dataset.cases, weight: 1 }], store, PLAIN);
  for (let step = 0; step < STEPS; step++) await source.draw(randomStream(SEED, step, 0));
  return names.map((name) => [name]);
}

async function quorumTrain(root: string, out: string, decoupling: Decoupling, steps: number): Promise<Run> {
  const times = join(root, `${out}.json`);
  const log = join(root, `${out}.run`);
  if (await finished(log, steps)) return runOf(log, times);
  const seconds: number[] = [];
  let before = process.cpuUsage();
  const onLine = () => {
    const used = process.cpuUsage(before);
    before = process.cpuUsage();
    seconds.push(Number(((used.user + used.system) / 1e6).toFixed(4)));
  };
  const request: TrainingRequest = {
    datasets: [{ folder: join(root, 'cubes'), weight: 1 }],
    split: { file: join(root, 'split.json') },
    out: join(root, out),
    name: 'a comparison',
    size: 0.25,
    sharing: 'dynamic',
    fusion: 'mean',
    plan: {
      seed: SEED,
      steps,
      batch: 1,
      objectives: { kind: 'subsets' },
      decoupling,
      loss: 'dice+cross-entropy',
      learningRate: RATE,
      schedule: { kind: 'constant' },
      weightDecay: 0,
      indicatorsEvery: 0,
      validateEvery: 0,
      patience: 0,
    },
    augmentation: PLAIN,
    checkpointEvery: 20,
    caseMemory: 1e9,
    initial: out === 'start' ? null : join(root, 'start'),
    openEngine: async (layers, modalityCount) => {
      const engine = new WasmEngine({ layers, modalityCount, threads: THREADS });
      return { engine, memory: new PoolVectors(engine.pool) };
    },
  };
  await runTraining(request, { onLine });
  // The first step's time has the reading of the data in it.
  await writeFile(times, JSON.stringify(seconds.slice(1)));
  return runOf(log, times);
}

async function torchTrain(
  python: string,
  root: string,
  decoupling: 'mean' | 'paper',
  steps: number,
): Promise<Run> {
  const out = join(root, `${decoupling}-torch`);
  const times = `${out}.json`;
  if (await finished(out, steps)) return runOf(out, times);
  if (!existsSync(join(out, 'state.pt'))) await rm(out, { recursive: true, force: true });
  const all = decoupling === 'paper';
  const list = torchArguments({
    ...AS_QUORUM_TRAIN,
    split: join(root, 'split.json'),
    order: join(root, 'order.json'),
    initial: join(root, 'start'),
    out,
    steps,
    cube: Number(basename(root)),
    lr: RATE,
    singles: 1,
    distil: 0,
    hinge: 0,
    'decouple-from': all ? 0 : 2,
    decoupling: 'paper',
    'save-every': 20,
    'validate-every': STEPS,
  });
  await promisify(execFile)(python, ['test/bench/trainersSteps.py', times, join(root, 'cubes'), ...list], {
    env: { ...process.env, PYTHONPATH: 'training/torch', OMP_NUM_THREADS: `${THREADS}` },
    maxBuffer: 2 ** 27,
  });
  return runOf(out, times);
}

async function stepsOf(folder: string): Promise<StepLine[]> {
  const file = join(folder, 'log.jsonl');
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
  return lines.filter((line): line is StepLine => line.kind === 'step');
}

async function finished(folder: string, steps: number): Promise<boolean> {
  return (await stepsOf(folder)).length === steps;
}

/** Losses of every step, and the CPU's seconds where they were taken. */
async function runOf(folder: string, times: string): Promise<Run> {
  const losses = (await stepsOf(folder)).map((line) => line.losses);
  return { losses, seconds: existsSync(times) ? JSON.parse(await readFile(times, 'utf8')) : [] };
}

function run(command: string, options: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${options[0]} ended with ${status}: ${stderr}`);
  return stdout;
}
