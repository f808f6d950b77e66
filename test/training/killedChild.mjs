/** A training run in a process of its own, so that a test can kill it: the sources as JavaScript, data set, output and steps as arguments. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [sources, data, out, steps] = process.argv.slice(2);
/** @param {string} module */
const source = (module) => import(pathToFileURL(join(sources, module)).href);
const { DEFAULT_AUGMENTATION } = await source('augmentation.js');
const { runTraining } = await source('run.js');

await runTraining(
  {
    datasets: [{ folder: data, weight: 1 }],
    split: { folds: 3, fold: 0 },
    out,
    name: 'test',
    size: [8, 16, 32, 32, 32],
    sharing: 'dynamic',
    fusion: 'learned',
    plan: {
      seed: 5,
      steps: Number(steps),
      batch: 1,
      objectives: { kind: 'sampled', count: 2 },
      decoupling: 'pcgrad',
      loss: 'dice',
      learningRate: 1e-3,
      schedule: { kind: 'cosine' },
      weightDecay: 1e-5,
      indicatorsEvery: 0,
      validateEvery: 4,
      patience: 0,
    },
    augmentation: { ...DEFAULT_AUGMENTATION, window: { side: 16, shift: 2, tumourShare: 0.5 } },
    checkpointEvery: 3,
    caseMemory: 1e8,
  },
  { onLine: (line) => process.stdout.write(`${line.kind} ${line.step}\n`) },
);
