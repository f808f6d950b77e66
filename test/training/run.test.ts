import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../src/model/model.js';
import { readSafetensors } from '../../src/network/safetensors.js';
import { DEFAULT_AUGMENTATION } from '../../src/training/augmentation.js';
import type { TrainingEstimate } from '../../src/training/estimate.js';
import type { LogLine } from '../../src/training/log.js';
import type { TrainingRequest } from '../../src/training/prepareRun.js';
import { runTraining } from '../../src/training/run.js';
import { NARROW } from '../support/narrow.js';
import { transpiled } from '../support/transpiledSources.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';
import { lpsAffine, writeCase, writeDescription } from './datasetFolder.js';

const root = temporaryFolder().path;
const cubes = join(root, 'cubes');
const SPACING: [number, number, number] = [239 / 127, 239 / 127, 154 / 127];

/** Cut-outs of 16³ voxels whose tumour is a bright ball; the last two lack modalities. */
beforeAll(async () => {
  await writeDescription(cubes, {
    intensities: 'z-score',
    known: 'nonzero-box',
    patient: '^p\\d+',
    spacing: SPACING,
  });
  const lists = [
    ['t1', 't1ce', 't2', 'flair'],
    ['t1', 't1ce', 't2', 'flair'],
    ['t1', 'flair'],
    ['t1ce', 'flair'],
  ];
  for (const [index, modalities] of lists.entries()) {
    const inside = (v: number) => {
      const at = [v % 16, Math.floor(v / 16) % 16, Math.floor(v / 256)];
      return at.reduce((sum, x, axis) => sum + (x - 7 - ((index + axis) % 3)) ** 2, 0) < 20;
    };
    await writeCase(cubes, `p${index}_cube`, {
      size: [16, 16, 16],
      affine: lpsAffine(SPACING),
      modalities,
      labels: Array.from({ length: 4096 }, (_, v) => (inside(v) ? 4 : 0)),
      value: (modality, v) => (inside(v) ? 2 : -0.3) + Math.sin(v * 7.1 + modality.length) / 4,
    });
  }
});

const request = (out: string, rest: Partial<TrainingRequest> = {}): TrainingRequest => ({
  datasets: [{ folder: cubes, weight: 1 }],
  split: { folds: 4, fold: 1 },
  out: join(root, out),
  name: 'a test',
  size: NARROW,
  sharing: 'dynamic',
  fusion: 'mean',
  plan: {
    seed: 1,
    steps: 25,
    batch: 1,
    objectives: { kind: 'subsets' },
    decoupling: 'mean',
    loss: 'dice+cross-entropy',
    learningRate: 3e-3,
    schedule: { kind: 'polynomial', power: 0.9 },
    weightDecay: 0,
    indicatorsEvery: 0,
    validateEvery: 25,
    patience: 0,
  },
  augmentation: { ...DEFAULT_AUGMENTATION, window: { side: 16, shift: 2, tumourShare: 0.5 } },
  checkpointEvery: 100,
  caseMemory: 1e8,
  ...rest,
});

const logWithoutClock = async (out: string) =>
  (await readFile(join(root, `${out}.run`, 'log.jsonl'), 'utf8')).replaceAll(/"stepsPerSecond":[^}]*/g, '');
const diceOf = async (out: string) =>
  JSON.parse(await readFile(join(root, `${out}.run`, 'dice.json'), 'utf8'));

describe('a whole training run on the wasm engine', () => {
  it('learns, and ends in a Model folder that can be read, with what is known about it', async () => {
    const lines: LogLine[] = [];
    const estimates: TrainingEstimate[] = [];
    const { plan } = request('model');
    const job = request('model', { plan: { ...plan, objectives: { kind: 'singles' } } });
    await runTraining(job, {
      onLine: (line) => lines.push(line),
      onEstimate: (estimate) => estimates.push(estimate),
    });
    const losses = lines.flatMap((line) =>
      line.kind === 'step' ? [Math.max(...Object.values(line.losses))] : [],
    );
    expect(losses[24]).toBeLessThan(0.75 * losses[0]);
    expect(estimates).toHaveLength(1);
    expect(estimates[0].seconds).toBeCloseTo(25 * estimates[0].secondsPerStep, 9);
    const { description } = await readModel(job.out);
    expect(description).toMatchObject({
      name: 'a test',
      channels: NARROW,
      modalities: ['t1', 't1ce', 't2', 'flair'],
    });
    expect(description.knowledge.trainingData).toBe('cubes (3 cases)');
    const flair = description.knowledge.combinations.flair.WT.dice!;
    expect(flair.patients).toBe(1);
    expect(flair.mean).toBeGreaterThan(0.3);
    expect(await readFile(join(job.out, 'README.md'), 'utf8')).toContain('not a medical device');
  });

  it('refuses an output that is there, a split without training cases, and a broken data set, before it starts', async () => {
    expect(await problemOfRefusal(runTraining(request('cubes')))).toMatchObject({ code: 'OUTPUT_EXISTS' });
    const broken = join(root, 'broken');
    await writeCase(broken, 'a', { labels: [3, 4] });
    const datasets = [{ folder: broken, weight: 1 }];
    const problem = await problemOfRefusal(runTraining(request('never', { datasets, split: null })));
    expect(problem).toMatchObject({ code: 'LABELS_INVALID', file: join(broken, 'a', 'a_seg.nii.gz') });
    const file = join(root, 'split.json');
    await writeFile(file, JSON.stringify({ validation: ['p0', 'p1'] }));
    const empty = await problemOfRefusal(runTraining(request('never', { split: { file } })));
    expect(empty).toMatchObject({ code: 'SPLIT_INVALID', field: 'train' });
    expect(await readdir(root)).not.toContain('never.run');
  });

  it.each([
    ['shared-norms', 'mean', 'paper'],
    ['dynamic', 'learned', 'pcgrad'],
  ] as const)('%s, %s fusion, %s', async (sharing, fusion, decoupling) => {
    const base = request(`${sharing}-${fusion}`);
    const plan = {
      ...base.plan,
      steps: 2,
      validateEvery: 0,
      decoupling,
      objectives: { kind: 'singles' },
    } as const;
    await runTraining({ ...base, sharing, fusion, plan, split: null });
    const { description, parameters } = await readModel(base.out);
    const norms = [0, 1, 2, 3].map((m) => parameters.get(`module.inc.norm1.norm_${m}.weight`)!);
    const alike = norms.every((norm) => norm.every((value, i) => value === norms[0][i]));
    expect(alike).toBe(sharing === 'shared-norms');
    expect(description.knowledge.combinations.flair.WT.dice).toBeNull();
  });

  it('separate networks train and keep their checkpoints, without a Model folder', async () => {
    const base = request('separate', { sharing: 'separate' });
    const outcome = await runTraining({ ...base, plan: { ...base.plan, steps: 2, validateEvery: 2 } });
    expect(outcome.best!.score).toBeGreaterThan(0);
    expect(await readdir(root)).not.toContain('separate');
    expect(await readdir(`${base.out}.run`)).toContain('checkpoint-000000002.safetensors');
    const { tensors } = await readSafetensors(join(`${base.out}.run`, 'parameters.safetensors'));
    const stored = Float32Array.from(
      tensors.get('flair/module.inc.conv1.module.weight')!.data as Float32Array,
    );
    const networkLength = outcome.parameters.length / 4;
    expect(stored).toEqual(outcome.parameters.slice(3 * networkLength, 3 * networkLength + 8 * 27));
    expect(tensors.get('fusion.weights')!.shape).toEqual([4, 3]);
  });

  it('fits the fusion and scores the test side when asked to, and refuses that when there is none', async () => {
    const file = join(root, 'three-sides.json');
    await writeFile(file, JSON.stringify({ train: ['p0'], validation: ['p1'], test: ['p2', 'p3'] }));
    const base = request('scored', { size: 0.25, split: { file }, scoreTest: true, fusion: 'fitted' });
    await runTraining({ ...base, plan: { ...base.plan, steps: 1, validateEvery: 0 } });
    const { validation, test } = await diceOf('scored');
    expect(Object.keys(validation.combinations)).toHaveLength(15);
    expect(Object.keys(test.combinations)).toEqual(['t1+flair', 't1ce+flair', 't1', 't1ce', 'flair']);
    expect(test.combinations.flair.WT.patients).toBe(2);
    const { fusion, knowledge, width } = (await readModel(base.out)).description;
    expect(width).toBe(0.25);
    expect(validation.combinations.flair.WT.mean).toBe(knowledge.combinations.flair.WT.dice!.mean);
    expect(fusion.weights.t1!.WT).not.toBe(1);
    const refusal = await problemOfRefusal(runTraining(request('unscored', { scoreTest: true })));
    expect(refusal).toMatchObject({ code: 'SPLIT_INVALID', field: 'test' });
  });
});

describe('early fusion with modality dropout', () => {
  const sides = join(root, 'two-sides.json');
  beforeAll(() => writeFile(sides, JSON.stringify({ train: ['p0', 'p2', 'p3'], validation: ['p1'] })));
  const fusion = (out: string) => {
    const base = request(out, { sharing: 'early-fusion', split: { file: sides }, checkpointEvery: 10 });
    return {
      ...base,
      plan: { ...base.plan, steps: 40, validateEvery: 20, batch: 2, learningRate: 1e-2, weightDecay: 1e-4 },
    };
  };
  const parametersOf = (out: string) => readFile(join(root, `${out}.run`, 'parameters.safetensors'));

  it('learns, and leaves its parameters and the Dice of all 15 combinations in the run’s folder', async () => {
    const losses: number[] = [];
    const outcome = await runTraining(fusion('early'), {
      onLine: (line) => {
        if (line.kind === 'step') losses.push(line.losses.dropout);
      },
    });
    expect(losses).toHaveLength(40);
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-5))).toBeLessThan(0.75 * mean(losses.slice(0, 5)));
    expect(await readdir(root)).not.toContain('early');
    const { validation, test } = await diceOf('early');
    expect(Object.keys(validation.combinations)).toHaveLength(15);
    expect(validation.score).toBeCloseTo(outcome.best!.score, 12);
    expect(validation.score).toBeGreaterThan(0.3);
    expect(test).toBeNull();
    const { tensors } = await readSafetensors(join(root, 'early.run', 'parameters.safetensors'));
    const first = tensors.get('module.inc.conv1.module.weight')!;
    expect(first.shape).toEqual([8, 4, 3, 3, 3]);
    expect(Float32Array.from(first.data as Float32Array)).toEqual(outcome.parameters.slice(0, 8 * 4 * 27));
    expect([...tensors.keys()].filter((name) => name.includes('norm_1'))).toEqual([]);
  });

  it('stopped and started again, ends in the same numbers', async () => {
    const stop = new AbortController();
    const stopped = runTraining(fusion('interrupted'), {
      signal: stop.signal,
      onLine: ({ step }) => {
        if (step === 7) stop.abort();
      },
    });
    expect(await problemOfRefusal(stopped)).toMatchObject({ code: 'CANCELLED' });
    const steps: number[] = [];
    await runTraining(fusion('interrupted'), { onLine: ({ step }) => steps.push(step) });
    expect(steps[0]).toBe(8);
    expect((await parametersOf('interrupted')).equals(await parametersOf('early'))).toBe(true);
    expect(await logWithoutClock('interrupted')).toBe(await logWithoutClock('early'));
    expect(await diceOf('interrupted')).toEqual(await diceOf('early'));
  });

  it.each(['learned', 'fitted'] as const)('refuses %s region weights before it starts', async (weights) => {
    const refusal = problemOfRefusal(runTraining({ ...fusion('never'), fusion: weights }));
    expect(await refusal).toMatchObject({ code: 'REQUEST_INVALID', field: 'regionWeights', found: weights });
    expect(await readdir(root)).not.toContain('never.run');
  });
});

describe('a run that is killed', () => {
  const start = (out: string, killAfter: string | null) =>
    new Promise<{ code: number | null; signal: string | null; lines: string[] }>((resolve, reject) => {
      const script = new URL('./killedChild.mjs', import.meta.url).pathname;
      const sources = dirname(transpiled('training/run'));
      const child = spawn(process.execPath, [script, sources, cubes, join(root, out), '10']);
      let text = '';
      let errors = '';
      child.stderr.on('data', (data) => {
        errors += data;
      });
      child.stdout.on('data', (data) => {
        text += data;
        if (killAfter !== null && text.includes(killAfter)) child.kill('SIGKILL');
      });
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        if (code !== null && code !== 0) reject(new Error(errors));
        else resolve({ code, signal, lines: text.trimEnd().split('\n') });
      });
    });
  it('kill -9 and a second start end in the same numbers as one run', async () => {
    await start('whole', null);
    const killed = await start('killed', 'step 8');
    expect(killed.signal).toBe('SIGKILL');
    const resumed = await start('killed', null);
    expect(resumed.lines[0]).toMatch(/^step [67]$/);
    expect((await readModel(join(root, 'killed'))).hash).toBe((await readModel(join(root, 'whole'))).hash);
    expect(await logWithoutClock('killed')).toBe(await logWithoutClock('whole'));
  }, 240_000);
});

describe('starting from earlier parameters', () => {
  const noStep = { ...request('x').plan, steps: 1, learningRate: 1e-12, validateEvery: 0 };
  const parametersOf = async (name: string) =>
    [...(await readModel(join(root, name))).parameters.values()].flatMap((values) => [...values]);

  beforeAll(async () => {
    await runTraining(request('first', { size: 0.25, plan: { ...noStep, steps: 3, learningRate: 3e-3 } }));
  });

  it.each([
    ['a Model folder', 'first'],
    ['a run’s folder', 'first.run'],
  ])('takes them from %s', async (_, from) => {
    const out = `${from}-again`;
    await runTraining(request(out, { size: 0.25, initial: join(root, from), plan: { ...noStep, seed: 7 } }));
    const [before, after] = [await parametersOf('first'), await parametersOf(out)];
    expect(before.length).toBeGreaterThan(800_000);
    expect(after.every((value, i) => Math.abs(value - before[i]) < 1e-6)).toBe(true);
  });

  it('refuses another width and a folder that holds neither', async () => {
    const other = runTraining(request('wide', { initial: join(root, 'first'), size: 0.5 }));
    expect(await problemOfRefusal(other)).toMatchObject({ code: 'MODEL_INVALID', field: 'width' });
    const nothing = runTraining(request('none', { initial: cubes }));
    expect(await problemOfRefusal(nothing)).toMatchObject({ code: 'CHECKPOINT_INVALID', file: cubes });
  });
});
