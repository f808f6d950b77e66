/** The PyTorch trainer against the authors’ numbers and against `quorum train`; skipped, by name, where python3 has no torch. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { poolByPatient } from '../../src/evaluate/scores.js';
import { readModel } from '../../src/model/model.js';
import type { NetworkSize } from '../../src/model/schema.js';
import { constantFusion, descriptionTemplate } from '../../src/model/template.js';
import { REGIONS } from '../../src/terms.js';
import { openDataset } from '../../src/training/dataset.js';
import type { Decoupling } from '../../src/training/decouple.js';
import type { LogLine } from '../../src/training/log.js';
import type { TrainingRequest } from '../../src/training/prepareRun.js';
import { runTraining } from '../../src/training/run.js';
import { scorePredictions } from '../../src/training/scorePredictions.js';
import { verifyDataset } from '../../src/training/verify.js';
import { NARROW } from '../support/narrow.js';
import { AS_QUORUM_TRAIN, torchArguments } from '../support/torchOptions.js';
import { haveTorch, PYTHON } from '../support/torchPython.js';
import { temporaryFolder } from '../volume/folder.js';
import { lpsAffine, writeCase, writeDescription } from './datasetFolder.js';

const hasTorch = haveTorch('training/torch against test/reference and quorum train');

/** The moments of Adam are in all but the first. */
const STEPS = 5;

// One thread each: several on small tensors wait for one another far longer than they compute.
const env = { ...process.env, OMP_NUM_THREADS: '1' };
const python = (...options: string[]) =>
  spawnSync(PYTHON, options, { cwd: 'training/torch', encoding: 'utf8', maxBuffer: 2 ** 26, env });

describe.skipIf(!hasTorch)('training/torch', () => {
  it('has the logits, losses, Gram matrix and projections of the authors’ code', () => {
    const { status, stdout, stderr } = python('-m', 'quorum_torch.check', '../../test/reference');
    console.info(stdout);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }, 300_000);

  it('passes its own tests', () => {
    const { status, stderr } = python('-m', 'unittest', 'discover', '-s', 'tests');
    expect(status, stderr).toBe(0);
  }, 300_000);
});

describe.skipIf(!hasTorch)('masks of a baseline', () => {
  it('are scored by quorum evaluate as the package scores them itself', async () => {
    const root = temporaryFolder().path;
    const cubes = join(root, 'cubes');
    const spacing: [number, number, number] = [239 / 127, 239 / 127, 154 / 127];
    await writeDescription(cubes, {
      intensities: 'z-score',
      known: 'nonzero-box',
      patient: '^(p\\d)',
      spacing,
      labels: 'brats',
    });
    const inside = (v: number) => ((v % 16) - 7) ** 2 + (((v >> 4) % 16) - 8) ** 2 + ((v >> 8) - 6) ** 2 < 20;
    for (const name of ['p1_a', 'p2_a', 'p2_b'])
      await writeCase(cubes, name, {
        size: [16, 16, 16],
        affine: lpsAffine(spacing),
        modalities: ['t1', 't1ce', 't2', 'flair'],
        labels: Array.from({ length: 4096 }, (_, v) => (inside(v) ? [1, 2, 4][v % 3] : 0)),
        // The first planes are not tissue.
        value: (modality, v) =>
          v < 512
            ? 0
            : (inside(v) ? modality.length : -1) + Math.round(Math.sin(v * name.charCodeAt(3))) / 8 || 0.125,
      });
    const split = join(root, 'split.json');
    await writeFile(split, JSON.stringify({ train: ['p1'], validation: ['p2'], test: [] }));
    const options = [
      ...['--split', split, '--out', join(root, 'out'), '--methods', 'early-fusion', '--seeds', '1'],
      ...['--steps', '3', '--side', '16', '--reduce', '1', '--batch', '1'],
    ];
    const { status, stderr } = python('-m', 'quorum_torch.baselines.compare', cubes, ...options);
    expect(status, stderr).toBe(0);
    const folder = join(root, 'out', 'early-fusion-1');
    const run = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'));
    const data = await verifyDataset(await openDataset(cubes));
    const validation = data.cases.filter(({ patient }) => patient === 'p2');
    const { cases } = await scorePredictions(data, validation, join(folder, 'masks'));
    const pooled = poolByPatient(cases);
    expect(pooled).toHaveLength(15);
    expect(Math.max(...pooled.map(({ regions }) => regions.WT!.dice))).toBeGreaterThan(0.05);
    for (const { combination, regions } of pooled)
      for (const region of REGIONS)
        expect(run.patients[combination][region][0]).toBeCloseTo(regions[region]!.dice, 4);
  }, 300_000);
});

describe.skipIf(!hasTorch)('five steps of training/torch and of quorum train from one start', () => {
  const root = temporaryFolder().path;
  const cubes = join(root, 'cubes');
  const split = join(root, 'split.json');
  const start = join(root, 'start');
  const quarter = join(root, 'quarter');

  const request = (out: string, decoupling: Decoupling, steps: number): TrainingRequest => ({
    datasets: [{ folder: cubes, weight: 1 }],
    split: { file: split },
    out,
    name: 'a test',
    size: NARROW,
    sharing: 'dynamic',
    fusion: 'mean',
    plan: {
      seed: 1,
      steps,
      batch: 1,
      objectives: { kind: 'subsets' },
      decoupling,
      loss: 'dice+cross-entropy',
      learningRate: 1e-3,
      schedule: { kind: 'constant' },
      weightDecay: 0,
      indicatorsEvery: 0,
      validateEvery: 0,
      patience: 0,
    },
    augmentation: { window: { side: 16, shift: 0, tumourShare: 0 }, spatial: null, intensity: null },
    checkpointEvery: 100,
    caseMemory: 1e8,
  });

  const DECOUPLINGS = ['paper', 'pcgrad', 'mean'] as const satisfies readonly Decoupling[];
  const theirs = (decoupling: Decoupling) => join(root, `${decoupling}-torch`);
  /** Each training by PyTorch as its own command would run it, one after the other in one process: PyTorch is loaded once. */
  const TRAIN =
    'import json, sys\nfrom quorum_torch.model_folder import write_model\nfrom quorum_torch.network import DynamicSharing, channels_of_width\n' +
    'from quorum_torch.options import parsed\nfrom quorum_torch.train import Trainer\n' +
    'for arguments in json.loads(sys.argv[1]):\n    Trainer(parsed(arguments)).run()\n' +
    'write_model(DynamicSharing(channels_of_width(.25)), sys.argv[2], "a test", "made up", "cubes")';
  const argumentsOf = (decoupling: Decoupling) => {
    const options = {
      ...AS_QUORUM_TRAIN,
      ...{ split, out: theirs(decoupling), initial: start, steps: STEPS, cube: 16, lr: 1e-3 },
      ...{ decoupling, 'decouple-from': 0, channels: NARROW.join(',') },
    };
    return [cubes, ...torchArguments(options)];
  };

  beforeAll(async () => {
    const spacing: [number, number, number] = [239 / 127, 239 / 127, 154 / 127];
    await writeDescription(cubes, { intensities: 'z-score', known: 'nonzero-box', patient: '^p', spacing });
    const inside = (v: number) => ((v % 16) - 7) ** 2 + (((v >> 4) % 16) - 8) ** 2 + ((v >> 8) - 6) ** 2 < 20;
    // In steps of 1/8, as the packs hold them.
    const noise = (v: number) => Math.round(Math.sin(v * 7.1) * 3) / 8;
    await writeCase(cubes, 'p_cube', {
      size: [16, 16, 16],
      affine: lpsAffine(spacing),
      modalities: ['t1', 't1ce', 't2', 'flair'],
      labels: Array.from({ length: 4096 }, (_, v) => (inside(v) ? [1, 2, 4][v % 3] : 0)),
      // T1 is blind at some voxels that the others see.
      value: (modality, v) =>
        modality === 't1' && v % 97 === 0
          ? 0
          : (inside(v) ? modality.length / 2 : -0.5) + noise(v * modality.length) || 0.125,
    });
    await writeFile(split, JSON.stringify({ train: ['p'], validation: [], test: [] }));
    await runTraining(request(start, 'mean', 1));
    const table = JSON.stringify({ fusion: { weights: constantFusion(1), biases: constantFusion(0) } });
    await writeFile(join(start, 'fusion.json'), table);
    const { status, stderr } = python('-c', TRAIN, JSON.stringify(DECOUPLINGS.map(argumentsOf)), quarter);
    expect(status, stderr).toBe(0);
  }, 300_000);

  const lossesOf = async (file: string) =>
    (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LogLine)
      .flatMap((line) => (line.kind === 'step' ? [line.losses] : []));

  it.each(DECOUPLINGS)(
    'have the same losses with %s',
    async (decoupling) => {
      const mine = join(root, `${decoupling}-ts`);
      await runTraining({ ...request(mine, decoupling, STEPS), initial: start });
      const [a, b] = [
        await lossesOf(join(`${mine}.run`, 'log.jsonl')),
        await lossesOf(join(theirs(decoupling), 'log.jsonl')),
      ];
      expect([a.length, b.length]).toEqual([STEPS, STEPS]);
      const differences = a.flatMap((losses, step) =>
        Object.entries(losses).map(([name, value]) => Math.abs(value - b[step][name])),
      );
      expect(differences).toHaveLength(15 * STEPS);
      console.info(
        `${decoupling}: losses fall from ${a[0]['t1+t1ce+t2+flair']} to ${a[STEPS - 1]['t1+t1ce+t2+flair']}, apart by at most ${Math.max(...differences).toExponential(1)}`,
      );
      expect(Math.max(...differences)).toBeLessThan(1e-3);
    },
    300_000,
  );

  it.each<[string, string, NetworkSize]>([
    ['narrow', join(root, 'paper-torch', 'model'), NARROW],
    ['of a width of the paper’s', quarter, 0.25],
  ])('end in a Model folder as quorum import would make it, %s', async (_, folder, size) => {
    const { description } = await readModel(folder);
    const about = { ...description, trainingData: description.knowledge.trainingData };
    const { weightsSha256, ...rest } = description;
    expect(rest).toEqual(descriptionTemplate(about, size));
    expect(weightsSha256).toMatch(/^[0-9a-f]{64}$/);
  });
});
