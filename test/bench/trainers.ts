/**
 * `quorum train` and training/torch side by side: 200 steps from one start on the same cut-outs in the same order, without augmentation, and the seconds of
 * a step of both on this machine's CPU. Writes docs/results/logs/trainers.json, docs/results/figures/trainers.svg and docs/results/trainers.md.
 *
 *     npx tsx test/bench/trainers.ts [PYTHON]        needs ../shared/data and a Python with torch; takes minutes
 *     npx tsx test/bench/trainers.ts --page          writes figure and page anew from the log
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WasmEngine } from '../../src/engine/wasm/engine.js';
import { PoolVectors } from '../../src/kernels/index.js';
import { constantFusion, descriptionTemplate } from '../../src/model/template.js';
import type { AugmentationRules } from '../../src/training/augmentation.js';
import { type DatasetCase, openDataset } from '../../src/training/dataset.js';
import type { Decoupling } from '../../src/training/decouple.js';
import type { LogLine, StepLine } from '../../src/training/log.js';
import { randomStream } from '../../src/training/random.js';
import { runTraining } from '../../src/training/run.js';
import { augmentedSource, type CaseGroup, CaseStore } from '../../src/training/source.js';
import { verifyDataset } from '../../src/training/verify.js';
import { type Trainers, writePage } from './trainersPage.js';

const DATA = process.env.QUORUM_DATA ?? '../shared/data';
const LOG = 'docs/results/logs/trainers.json';
const CUTOUTS = 40;
const STEPS = 200;
/** Steps with the gradients of all 15 losses decoupled, for their time alone. */
const DECOUPLED_STEPS = 10;
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
  const trainers = await compare(process.argv[2] ?? 'python3');
  await writeFile(LOG, `${JSON.stringify(trainers)}\n`);
}
await writePage(JSON.parse(await readFile(LOG, 'utf8')) as Trainers);

async function compare(python: string): Promise<Trainers> {
  const root = await mkdtemp(join(tmpdir(), 'trainers-'));
  try {
    run(python, [
      'test/bench/trainersData.py',
      `${DATA}/brats2020-cubes`,
      'docs/results/split.json',
      root,
      `${CUTOUTS}`,
    ]);
    await writeFile(join(root, 'order.json'), JSON.stringify(await orderOf(root)));
    await quorumTrain(root, 'start', 'mean', 1);
    const fusion = { weights: constantFusion(1), biases: constantFusion(0) };
    await writeFile(join(root, 'start', 'fusion.json'), JSON.stringify({ fusion }));
    const start = join(root, 'start');
    const mean = {
      quorum: await quorumTrain(root, 'mean', 'mean', STEPS, start),
      torch: await torchTrain(python, root, 'mean', STEPS),
    };
    const decoupled = {
      quorum: await quorumTrain(root, 'paper', 'paper', DECOUPLED_STEPS, start),
      torch: await torchTrain(python, root, 'paper', DECOUPLED_STEPS),
    };
    return {
      threads: THREADS,
      torch: run(python, ['-c', 'import torch; print(torch.__version__)']).trim(),
      cutOuts: CUTOUTS,
      rate: RATE,
      mean,
      decoupled,
    };
  } finally {
    await rm(root, { recursive: true });
  }
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

async function quorumTrain(
  root: string,
  out: string,
  decoupling: Decoupling,
  steps: number,
  initial?: string,
) {
  await runTraining({
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
    checkpointEvery: STEPS,
    caseMemory: 1e9,
    initial: initial ?? null,
    openEngine: async (layers, modalityCount) => {
      const engine = new WasmEngine({ layers, modalityCount, threads: THREADS });
      return { engine, memory: new PoolVectors(engine.pool) };
    },
  });
  return linesOf(join(root, `${out}.run`));
}

async function torchTrain(python: string, root: string, decoupling: 'mean' | 'paper', steps: number) {
  const out = join(root, `${decoupling}-torch`);
  const all = decoupling === 'paper';
  const options = {
    split: join(root, 'split.json'),
    order: join(root, 'order.json'),
    initial: join(root, 'start'),
    out,
    steps,
    channels: '8,16,32,64,128',
    brains: 0,
    cubes: 1,
    augmentation: 'none',
    lr: RATE,
    schedule: 'constant',
    'warm-up': 1,
    beta2: 0.999,
    decay: 0,
    clip: 0,
    ema: 0,
    'fusion-rate': 0,
    singles: 1,
    distil: 0,
    hinge: 0,
    'decouple-from': all ? 0 : 2,
    decoupling: 'paper',
    k: 15,
    'log-every': 1,
    'save-every': STEPS,
    'validate-every': STEPS,
  };
  const list = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  run(python, ['-m', 'quorum_torch.train', join(root, 'cubes'), ...list], {
    PYTHONPATH: 'training/torch',
    OMP_NUM_THREADS: `${THREADS}`,
  });
  return linesOf(out);
}

/** Losses and seconds of every step. */
async function linesOf(folder: string): Promise<Trainers['mean']['quorum']> {
  const lines = (await readFile(join(folder, 'log.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
  const steps = lines.filter((line): line is StepLine => line.kind === 'step');
  return {
    losses: steps.map(({ losses }) => losses),
    seconds: steps.map(({ stepsPerSecond }) => Number((1 / stepsPerSecond).toFixed(4))),
  };
}

function run(command: string, options: readonly string[], more: Record<string, string> = {}): string {
  const env = { ...process.env, ...more };
  const { status, stdout, stderr } = spawnSync(command, options, {
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
    env,
  });
  if (status !== 0) throw new Error(`${command} ${options[0]} ended with ${status}: ${stderr}`);
  return stdout;
}
