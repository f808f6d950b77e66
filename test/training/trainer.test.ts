import { readFileSync } from 'node:fs';
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MODALITIES } from '../../src/terms.js';
import type { LogLine } from '../../src/training/log.js';
import { type TrainingJob, type TrainingPlan, train } from '../../src/training/trainer.js';
import { parameterVector } from '../../src/training/vector.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';
import { LinearEngine } from './linearEngine.js';
import { volumeOf } from './volumes.js';

const disk = vi.hoisted(() => ({ full: false }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const handle = await real.open(...args);
      if (!disk.full || !String(args[0]).includes('checkpoint')) return handle;
      handle.writeFile = async (data) => {
        await handle.write(Buffer.from(data as Uint8Array).subarray(0, 100));
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      };
      return handle;
    },
  };
});

const root = temporaryFolder().path;
let folders = 0;

const PLAN: TrainingPlan = {
  seed: 3,
  steps: 12,
  batch: 2,
  objectives: { kind: 'sampled', count: 5 },
  decoupling: 'pcgrad',
  loss: 'dice+cross-entropy',
  learningRate: 0.05,
  schedule: { kind: 'polynomial', power: 0.9 },
  weightDecay: 0,
  indicatorsEvery: 0,
  validateEvery: 4,
  patience: 0,
};

const VALIDATION = volumeOf([16, 16, 16], (d, h, w) => Math.sin(d + 2 * h + 3 * w), {
  label: (d, h, w) => (Math.sin(d + 2 * h + 3 * w) > 0.2 ? 4 : 0),
});

/** Samples whose tumour is where any modality is bright; now and then a modality is lacking. */
function jobOf(plan: Partial<TrainingPlan> = {}, rest: Partial<TrainingJob> = {}): TrainingJob {
  const vector = parameterVector('dynamic', [new LinearEngine()], LinearEngine.specs(4), 4, 3, true);
  return {
    plan: { ...PLAN, ...plan },
    label: 'linear',
    modalities: MODALITIES,
    vector,
    memory: null,
    initial: new Float32Array(vector.length),
    source: {
      async draw(random) {
        const data = Float32Array.from({ length: 64 }, () => random.normal());
        const regions = Uint8Array.from({ length: 192 }, (_, i) => (data[i % 64] > 0.2 ? 1 : 0));
        const inputs = [0, 1, 2, 3].map(() =>
          random.chance(0.8) ? { data, shape: [4, 4, 4] as const } : null,
        );
        return { inputs, target: { regions, known: null } };
      },
    },
    validation: async function* () {
      yield VALIDATION;
    },
    folder: join(root, `run${folders++}`),
    checkpointEvery: 5,
    ...rest,
  };
}

/** The log without what depends on the clock. */
async function logOf(folder: string): Promise<LogLine[]> {
  const text = await readFile(join(folder, 'log.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), stepsPerSecond: 0 }));
}

/** The source of a job that breaks off at its n-th sample. */
function breakingAt(job: TrainingJob, sample: number): TrainingJob {
  let drawn = 0;
  const draw: TrainingJob['source']['draw'] = (random) => {
    drawn += 1;
    return drawn === sample ? Promise.reject(new Error('power cut')) : job.source.draw(random);
  };
  return { ...job, source: { draw } };
}

describe('training', () => {
  it('lowers the loss and logs losses, indicators and validations', async () => {
    const job = jobOf({ steps: 40, objectives: { kind: 'subsets' } });
    await train(job);
    const lines = await logOf(job.folder);
    const steps = lines.filter((line) => line.kind === 'step');
    const mean = (line: (typeof steps)[number]) =>
      Object.values(line.losses).reduce((sum, loss) => sum + loss, 0) / Object.keys(line.losses).length;
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(mean(steps[39])).toBeLessThan(0.7 * mean(steps[0]));
    const full = steps.find((line) => Object.keys(line.losses).length === 15)!;
    expect(full.losses['t1+flair']).toBeGreaterThan(0);
    expect(full.norms).toHaveLength(full.objectives!.length);
    expect(full.cosines!.every((row, j) => Math.abs(row[j] - 1) < 1e-6)).toBe(true);
    expect(full.normRatios).toHaveLength(full.objectives!.length);
    expect(steps[39].learningRate).toBeCloseTo(0.05 * (1 / 40) ** 0.9, 8);
    const validations = lines.filter((line) => line.kind === 'validation');
    expect(validations.map(({ step }) => step)).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 36, 40]);
    // The validation case has T1 and FLAIR alone.
    expect(Object.keys(validations[0].dice)).toEqual(['t1+flair', 't1', 'flair']);
    expect(validations[9].score).toBeGreaterThan(0.8);
  });

  it('keeps the best parameters by validation', async () => {
    const job = jobOf();
    const { best, parameters } = await train(job);
    const validations = (await logOf(job.folder)).filter((line) => line.kind === 'validation');
    const highest = Math.max(...validations.map(({ score }) => score));
    expect(best!.score).toBeCloseTo(highest, 6);
    expect(best!.step).toBe(validations.find(({ score }) => score === highest)!.step);
    expect(parameters).toEqual(best!.parameters);
  });

  it('validates and hands over the running mean of the parameters; a resumed run gives the same', async () => {
    const recipe = {
      optimiser: 'adamw',
      weightDecay: 0.01,
      warmUp: 3,
      clip: 0.5,
      averageDecay: 0.9,
      loss: 'batch-dice+cross-entropy',
      objectives: { kind: 'singles+sampled', count: 2 },
      validateEvery: 0,
    } as const;
    const whole = await train(jobOf(recipe));
    const raw = await train(jobOf({ ...recipe, averageDecay: 0 }));
    expect(whole.parameters).not.toEqual(raw.parameters);
    const broken = jobOf(recipe, { checkpointEvery: 1 });
    await expect(train(breakingAt(broken, 15))).rejects.toThrow('power cut');
    expect((await train(broken)).parameters).toEqual(whole.parameters);
    const best = await train(jobOf({ ...recipe, validateEvery: 12 }));
    expect(best.parameters).toEqual(whole.parameters);
  });

  it('stops early when validation no longer improves', async () => {
    const job = jobOf({ steps: 200, validateEvery: 2, patience: 3, learningRate: 0 });
    expect(await train(job)).toMatchObject({ steps: 8, stoppedEarly: true, best: { step: 2 } });
  });

  it('counts on after an interruption: it stops at the step at which it would have stopped', async () => {
    const plan = { steps: 200, validateEvery: 2, patience: 3, learningRate: 0 };
    const broken = jobOf(plan, { checkpointEvery: 1 });
    // The batch is 2: in the eighth step, with two fruitless validations behind it.
    await expect(train(breakingAt(broken, 15))).rejects.toThrow('power cut');
    expect(await train(broken)).toMatchObject({ steps: 8, stoppedEarly: true, best: { step: 2 } });
  });

  it('writes its log step by step, before any checkpoint', async () => {
    const seen: number[] = [];
    const job = jobOf(
      { steps: 4, validateEvery: 0 },
      {
        checkpointEvery: 100,
        onLine: ({ step }) => seen.push(readFileSync(log, 'utf8').split('\n').length - 1 - step),
      },
    );
    const log = join(job.folder, 'log.jsonl');
    await train(job);
    expect(seen).toEqual([0, 0, 0, 0]);
  });

  it('makes no step from samples that have nothing to train on', async () => {
    const inputs = [null, null, null, null];
    const draw = async () => ({ inputs, target: { regions: new Uint8Array(192), known: null } });
    const job = jobOf({ validateEvery: 0 }, { source: { draw } });
    expect((await train(job)).parameters).toEqual(job.initial);
  });

  it('refuses to go on with numbers that are not finite', async () => {
    const job = jobOf({}, { initial: new Float32Array(39).fill(Number.NaN) });
    expect(await problemOfRefusal(train(job))).toMatchObject({ code: 'ENGINE_FAILED' });
  });
});

describe('resuming', () => {
  it('gives the numbers and the log of an uninterrupted run', async () => {
    const whole = jobOf();
    const expected = await train(whole);
    for (const sample of [3, 11, 16, 21, 24]) {
      const job = jobOf();
      await expect(train(breakingAt(job, sample))).rejects.toThrow('power cut');
      const outcome = await train(job);
      expect(outcome).toEqual(expected);
      expect(await logOf(job.folder)).toEqual(await logOf(whole.folder));
    }
  });

  it('gives the same after being cancelled, which saves where it was', async () => {
    const expected = await train(jobOf());
    const controller = new AbortController();
    const job = jobOf(
      {},
      { signal: controller.signal, onLine: (line) => line.step === 7 && controller.abort() },
    );
    expect(await problemOfRefusal(train(job))).toMatchObject({ code: 'CANCELLED' });
    expect(await readdir(job.folder)).toContain('checkpoint-000000007.safetensors');
    const { signal, onLine, ...rest } = job;
    expect(await train(rest)).toEqual(expected);
  });

  it('passes over a damaged checkpoint to the one before', async () => {
    const expected = await train(jobOf());
    const job = jobOf();
    await expect(train(breakingAt(job, 22))).rejects.toThrow('power cut');
    const newest = join(job.folder, 'checkpoint-000000010.safetensors');
    await truncate(newest, 200);
    const damaged: unknown[] = [];
    expect(await train({ ...job, onDamaged: (problem) => damaged.push(problem) })).toEqual(expected);
    expect(damaged).toMatchObject([{ code: 'WEIGHTS_INVALID', file: newest }]);
  });

  it('refuses when every checkpoint is damaged, or the plan is another', async () => {
    const job = jobOf();
    await expect(train(breakingAt(job, 22))).rejects.toThrow('power cut');
    const other = { ...job, plan: { ...job.plan, learningRate: 0.01 } };
    expect(await problemOfRefusal(train(other))).toMatchObject({ code: 'CHECKPOINT_INVALID', field: 'plan' });
    for (const step of ['05', '10']) {
      await truncate(join(job.folder, `checkpoint-0000000${step}.safetensors`), 100);
    }
    const problem = await problemOfRefusal(train(job));
    expect(problem).toMatchObject({ code: 'CHECKPOINT_INVALID' });
    expect(problem.also).toHaveLength(1);
  });

  it('a full disk at a checkpoint: an error, no half-written file, the last good one goes on', async () => {
    const expected = await train(jobOf());
    const job = jobOf();
    const filling: TrainingJob = {
      ...job,
      onLine: (line) => {
        disk.full = line.step >= 6;
      },
    };
    const problem = await problemOfRefusal(train(filling));
    disk.full = false;
    expect(problem).toMatchObject({ code: 'DISK_FULL' });
    expect((await readdir(job.folder)).sort()).toEqual(['checkpoint-000000005.safetensors', 'log.jsonl']);
    expect(await train(job)).toEqual(expected);
  });

  it('keeps the last two checkpoints', async () => {
    const job = jobOf();
    await train(job);
    expect((await readdir(job.folder)).sort()).toEqual([
      'checkpoint-000000010.safetensors',
      'checkpoint-000000012.safetensors',
      'log.jsonl',
    ]);
  });
});
