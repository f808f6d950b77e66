import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readModel } from '../../src/model/model.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { NARROW } from '../support/narrow.js';
import { writeCubes } from '../support/syntheticCubes.js';
import { lpsAffine, writeCase, writeDescription } from '../training/datasetFolder.js';
import { temporaryFolder } from '../volume/folder.js';
import { type Outcome, problemIn, quorum, start } from './run.js';

const root = temporaryFolder().path;
const at = (...parts: string[]) => join(root, ...parts);
const cubes = at('cubes');
beforeAll(() => writeCubes(cubes));

const CHANNELS = ['--channels', NARROW.join(',')];
/** A run short enough for a test, with everything that has a state: validation, moments, learned fusion. */
const SHORT = [
  ...CHANNELS,
  ...['--folds', '4', '--fold', '1', '--steps', '8', '--batch', '1', '--validate-every', '4'],
  ...['--objectives', 'sampled:2', '--region-weights', 'learned', '--checkpoint-every', '2', '--seed', '5'],
];
const weightsOf = (model: string) => readFileSync(join(model, 'weights.safetensors'));

/** The log without what depends on the clock. */
const logOf = (run: string) =>
  readFileSync(join(run, 'log.jsonl'), 'utf8').replaceAll(/"stepsPerSecond":[\d.e-]+/g, '"stepsPerSecond":0');

/** Resolves once the file is there. */
async function appearance(file: string): Promise<void> {
  while (!existsSync(file)) await pause(5);
}

const checkpoint = (step: number) => `checkpoint-${String(step).padStart(9, '0')}.safetensors`;

/** Trains until the checkpoint of a step is there and is then killed by kill -9; says which checkpoints are left. */
async function killedAt(step: number, args: readonly string[], run: string): Promise<string[]> {
  const { child, outcome } = start(args);
  await Promise.race([appearance(join(run, checkpoint(step))), outcome]);
  child.kill('SIGKILL');
  expect((await outcome).code).toBeNull();
  return readdirSync(run).filter((name) => name.startsWith('checkpoint'));
}

describe('quorum train', () => {
  let whole: Outcome;
  beforeAll(async () => {
    whole = await quorum('train', cubes, '--out', at('whole'), ...SHORT);
  });

  it('ends in a model folder, having said beforehand what it takes', async () => {
    expect(whole.code).toBe(0);
    expect(whole.stderr).toMatch(
      /estimate: [\d.]+ s a step, [\d.]+ s for all 8 steps, validation not counted; [\d.]+ GB/,
    );
    expect(whole.stderr).toMatch(/validation after step 4: mean Dice 0\.\d+/);
    expect(whole.stdout).toContain(`Model: ${at('whole')}`);
    const { description } = await readModel(at('whole'));
    expect(description).toMatchObject({ name: 'whole', channels: NARROW });
    expect(description.fusion.weights.t1!.WT).not.toBe(1);
    expect(description.knowledge.combinations.flair.WT.dice).toMatchObject({ patients: 1 });
    const lines = logOf(at('whole.run'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ kind }) => kind === 'step').map(({ step }) => step)).toEqual(
      Array.from({ length: 8 }, (_, i) => i + 1),
    );
  });

  it('killed by kill -9, goes on from its checkpoint and ends in the same numbers', async () => {
    const args = [
      'train',
      cubes,
      '--out',
      at('killed'),
      '--run',
      at('elsewhere'),
      '--name',
      'whole',
      ...SHORT,
    ];
    const left = await killedAt(4, args, at('elsewhere'));
    expect(left).toContain(checkpoint(4));
    expect(existsSync(at('killed'))).toBe(false);
    const { code, stderr } = await quorum(...args, '--threads', '1');
    expect([code, stderr.includes('damaged'), stderr.includes('estimate')]).toEqual([0, false, false]);
    expect(weightsOf(at('killed')).equals(weightsOf(at('whole')))).toBe(true);
    expect(readFileSync(at('killed/model.json'))).toEqual(readFileSync(at('whole/model.json')));
    expect(logOf(at('elsewhere'))).toBe(logOf(at('whole.run')));
  });

  it('Ctrl-C keeps a checkpoint and exits with 130; the same command goes on', async () => {
    const args = ['train', cubes, '--out', at('stopped'), '--name', 'whole', ...SHORT];
    const { child, outcome } = start([...args]);
    await appearance(at('stopped.run', checkpoint(2)));
    child.kill('SIGINT');
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toContain('The checkpoint is in');
    expect(existsSync(at('stopped'))).toBe(false);
    expect((await quorum(...args)).code).toBe(0);
    expect(weightsOf(at('stopped')).equals(weightsOf(at('whole')))).toBe(true);
  });

  it('trains the early-fusion baseline, and says where its parameters and Dice are', async () => {
    const split = at('three-sides.json');
    await writeFile(split, JSON.stringify({ train: ['p0'], validation: ['p1'], test: ['p2', 'p3'] }));
    const plan = ['--sharing', 'early-fusion', '--steps', '2', ...CHANNELS];
    const options = [...plan, '--split', split, '--score-test'];
    const { code, stdout } = await quorum('train', cubes, '--out', at('early'), ...options);
    expect(code).toBe(0);
    expect(stdout).toContain('No model folder');
    expect(stdout).toContain(at('early.run'));
    expect(existsSync(at('early'))).toBe(false);
    expect(existsSync(at('early.run/parameters.safetensors'))).toBe(true);
    const dice = JSON.parse(readFileSync(at('early.run/dice.json'), 'utf8'));
    expect(Object.keys(dice.validation.combinations)).toHaveLength(15);
    expect(dice.test.combinations['t1+flair'].WT.patients).toBe(1);
  });

  it('refuses to go on from the checkpoint of another plan', async () => {
    const outcome = await quorum(
      ...['train', cubes, '--out', at('other'), '--run', at('whole.run'), ...SHORT, '--lr', '0.5', '--json'],
    );
    expect(outcome.code).toBe(1);
    expect(problemIn(outcome)).toMatchObject({ code: 'CHECKPOINT_INVALID', field: 'plan' });
  });

  it('never replaces a model, and finds that out before anything else', async () => {
    const before = weightsOf(at('whole'));
    const outcome = await quorum('train', at('no such data'), '--out', at('whole'), '--json');
    expect(outcome.code).toBe(1);
    expect(problemIn(outcome)).toMatchObject({ code: 'OUTPUT_EXISTS', file: at('whole') });
    expect(weightsOf(at('whole')).equals(before)).toBe(true);
  });

  it('refuses to write into the data', async () => {
    const outcome = await quorum('train', cubes, '--out', join(cubes, 'model'), '--json');
    expect(problemIn(outcome).code).toBe('OUTPUT_INSIDE_INPUT');
    expect(readdirSync(cubes)).not.toContain('model.run');
  });

  it('refuses a device that cannot train', async () => {
    const outcome = await quorum('train', cubes, '--out', at('gpu'), '--device', 'onnx-cuda', '--json');
    expect(problemIn(outcome)).toMatchObject({ code: 'DEVICE_NOT_AVAILABLE', found: 'onnx-cuda' });
  });

  it('takes a configuration file, says its own beside the run, and ends in the same numbers', async () => {
    const own = parse(readFileSync(at('whole.run/config.yaml'), 'utf8'));
    expect(own).toMatchObject({ datasets: [cubes], out: at('whole'), objectives: 'sampled:2', steps: 8 });
    expect(own).not.toHaveProperty('lr');
    await mkdir(at('configs'));
    // Relative to the file; what is typed beside it wins.
    const file = {
      ...own,
      datasets: '../cubes',
      out: '../configured',
      run: undefined,
      seed: 4,
      name: 'whole',
    };
    await writeFile(at('configs/a.yaml'), stringify(file));
    const { code } = await quorum('train', '--config', at('configs/a.yaml'), '--seed', '5');
    expect(code).toBe(0);
    expect(weightsOf(at('configured')).equals(weightsOf(at('whole')))).toBe(true);
  });

  it('refuses a name in a configuration that is none, with the nearest', async () => {
    await writeFile(at('wrong.yaml'), `datasets: cubes\nout: m\nvalidate-evry: 3\n`);
    const outcome = await quorum('train', '--config', at('wrong.yaml'), '--json');
    expect(outcome.code).toBe(2);
    expect(problemIn(outcome)).toMatchObject({ field: 'validate-evry' });
    expect(problemIn(outcome).expected).toContain('validate-every');
  });

  it.each([
    ['--objectives', 'sampled:16'],
    ['--weights', '1,2'],
    ['--fold', '3'],
    ['--folds', '1'],
    ['--patience', '3'],
    ['--crop', '40'],
    ['--sharing', 'late-fusion'],
  ])('wrong usage %s %s exits with 2', async (...option) => {
    const { code, stderr } = await quorum('train', cubes, '--out', at('usage'), ...option);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
    expect(existsSync(at('usage.run'))).toBe(false);
  });
});

describe('every fold in one command', () => {
  const args = [
    ...['train', cubes, '--out', at('folds'), '--folds', '2', '--steps', '4', '--batch', '1', '--seed', '5'],
    ...['--objectives', 'sampled:2', '--validate-every', '2', '--checkpoint-every', '2'],
    ...CHANNELS,
  ];
  const read = (...parts: string[]) => JSON.parse(readFileSync(at('folds', ...parts), 'utf8'));

  it('killed in the second, goes on there, and puts all patients together', async () => {
    const { child, outcome } = start(args);
    await Promise.race([appearance(at('folds/fold-1.run', checkpoint(2))), outcome]);
    child.kill('SIGKILL');
    await outcome;
    const first = weightsOf(at('folds/fold-0'));
    expect(existsSync(at('folds/folds.json'))).toBe(false);
    const { code, stdout } = await quorum(...args);
    expect(code).toBe(0);
    expect(weightsOf(at('folds/fold-0')).equals(first)).toBe(true);
    const splits = [0, 1].map((fold) => read('splits', `fold-${fold}.json`));
    expect([...splits[0].validation, ...splits[1].validation].sort()).toEqual(['p0', 'p1', 'p2', 'p3']);
    expect(splits[0].train).toEqual(splits[1].validation);
    const dice = [0, 1].map((fold) => read(`fold-${fold}.run`, 'dice.json').validation.combinations.flair.WT);
    const values = dice.flatMap(({ values }) => Object.values<number>(values));
    const { folds, combinations } = read('folds.json');
    const flair = combinations.find(({ combination }: { combination: string }) => combination === 'flair');
    expect([folds, flair.regions.WT.patients]).toEqual([2, 4]);
    expect(flair.regions.WT.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 4, 12);
    expect(flair.regions.WT.folds).toEqual(dice.map(({ mean }) => mean));
    expect(stdout).toContain('over the 4 patients');
  });

  it('refuses to go on with other folds or another plan', async () => {
    for (const more of [
      ['--folds', '3'],
      ['--lr', '0.5'],
    ]) {
      const outcome = await quorum(...args, ...more, '--json');
      expect(problemIn(outcome)).toMatchObject({ code: 'CHECKPOINT_INVALID', field: 'folds' });
    }
  });

  it('leaves the test side of a split out of every fold', async () => {
    await writeFile(
      at('held.json'),
      JSON.stringify({ train: ['p0', 'p1'], test: ['p2'], validation: ['p3'] }),
    );
    const some = ['--split', at('held.json'), '--folds', '3', '--steps', '1', '--batch', '1'];
    const { code } = await quorum('train', cubes, '--out', at('held'), '--objectives', 'sampled:1', ...some);
    expect(code).toBe(0);
    const split = JSON.parse(readFileSync(at('held/splits/fold-2.json'), 'utf8'));
    expect([split.test, [...split.train, ...split.validation].sort()]).toEqual([['p2'], ['p0', 'p1', 'p3']]);
    // The width where none is asked for.
    expect((await readModel(at('held/fold-2'))).description).toMatchObject({ width: 0.25 });
  });
});

describe('bad data are named before training starts', () => {
  /** The problem with a data set of two sound cases and what `spoil` does to one. */
  async function refusal(name: string, spoil: (folder: string) => Promise<unknown>, ...options: string[]) {
    const folder = at('bad', name);
    await writeCase(folder, 'a');
    await writeCase(folder, 'b');
    await spoil(folder);
    const outcome = await quorum('train', folder, '--out', at(name), '--json', ...options);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).not.toContain('estimate');
    expect(readdirSync(root).filter((entry) => entry.startsWith(name))).toEqual([]);
    return problemIn(outcome);
  }

  it('a truncated file', async () => {
    const file = at('bad/truncated/b/b_flair.nii.gz');
    const spoil = async () => truncate(file, (await readFile(file)).length - 50);
    expect(await refusal('truncated', spoil)).toMatchObject({ code: 'DATA_TRUNCATED', file });
  });

  it('two grids in a case', async () => {
    const file = at('bad/grids/b/b_flair.nii.gz');
    const image = { data: new Float32Array(125).fill(1), size: [5, 5, 5] as const, affine: lpsAffine() };
    const problem = await refusal('grids', () => writeNifti(file, image));
    expect(problem).toMatchObject({ code: 'GRIDS_DIFFER', file });
    expect(problem.found).toContain('5×5×5');
    expect(problem.expected).toContain('4×4×4');
  });

  it('a mask with a label 3 beside a 4', async () => {
    const problem = await refusal('labels', (folder) => writeCase(folder, 'b', { labels: [1, 2, 3, 4] }));
    expect(problem).toMatchObject({ code: 'LABELS_INVALID', file: at('bad/labels/b/b_seg.nii.gz') });
    expect(problem.found).toContain('3 and 4');
  });

  it('a patient on both sides of a split', async () => {
    const split = at('split.json');
    await writeFile(split, JSON.stringify({ train: ['a'], validation: ['b'] }));
    const spoil = async (folder: string) => {
      for (const name of ['a', 'b']) await writeFile(join(folder, name, 'patient.txt'), 'P7\n');
    };
    const problem = await refusal('sides', spoil, '--split', split);
    expect(problem).toMatchObject({ code: 'SPLIT_INVALID', field: 'patient', file: split });
    expect(problem.found).toBe('P7 on train and validation');
  });

  it('a dataset.json that is not understood', async () => {
    const problem = await refusal('description', (folder) => writeDescription(folder, { intensity: 'raw' }));
    expect(problem).toMatchObject({ code: 'DATASET_INVALID', field: 'intensity' });
  });
});

describe('a full disk at a checkpoint', () => {
  const disk = at('disk');
  let mounted = false;
  const mount = (...options: string[]) => execFileSync('mount', [...options, disk], { stdio: 'ignore' });
  beforeAll(async () => {
    await mkdir(disk);
    try {
      // A checkpoint of this network is 4 MB at most: two fit, three do not.
      mount('-t', 'tmpfs', '-o', 'size=9m', 'tmpfs');
      mounted = true;
    } catch {
      console.warn('SKIPPED: a full disk at a checkpoint: no right to mount a tmpfs');
    }
  });
  afterAll(() => {
    if (mounted) execFileSync('umount', [disk]);
  });

  it('ends with DISK_FULL, keeps the last good ones whole, and goes on when there is room', async (context) => {
    if (!mounted) return context.skip();
    const args = [
      'train',
      cubes,
      '--out',
      at('filled'),
      '--run',
      join(disk, 'run'),
      '--name',
      'whole',
      ...SHORT,
    ];
    const outcome = await quorum(...args, '--json');
    expect(outcome.code).toBe(1);
    expect(problemIn(outcome).code).toBe('DISK_FULL');
    const left = readdirSync(join(disk, 'run')).sort();
    expect(left).toEqual([checkpoint(2), checkpoint(4), 'config.yaml', 'log.jsonl']);
    mount('-o', 'remount,size=200m');
    expect((await quorum(...args)).code).toBe(0);
    expect(weightsOf(at('filled')).equals(weightsOf(at('whole')))).toBe(true);
  });
});

describe.skipIf(!haveRealData('training on the shared cubes'))('training on the shared cubes', () => {
  const real = at('real');
  /** A copy of the first cubes. */
  beforeAll(async () => {
    const folder = join(REAL_DATA, 'brats2020-cubes');
    const names = readdirSync(folder).sort();
    const cases = names.filter((name) => name.startsWith('BraTS')).slice(0, 5);
    await mkdir(real);
    for (const name of [...cases, 'dataset.json'])
      await cp(join(folder, name), join(real, name), { recursive: true });
  });
  afterAll(() => rm(real, { recursive: true }));

  it('killed by kill -9 in the middle, ends in the numbers of an uninterrupted run', async () => {
    const options =
      `--folds 4 --fold 0 --steps 2 --batch 1 --channels ${NARROW} --objectives sampled:2`.split(' ');
    const every = ['--validate-every', '1', '--checkpoint-every', '1', '--name', 'cubes'];
    const args = (out: string) => ['train', real, '--out', at(out), ...options, ...every];
    expect((await quorum(...args('real-whole'))).code).toBe(0);
    await killedAt(1, args('real-killed'), at('real-killed.run'));
    expect(existsSync(at('real-killed'))).toBe(false);
    expect((await quorum(...args('real-killed'))).code).toBe(0);
    expect(weightsOf(at('real-killed')).equals(weightsOf(at('real-whole')))).toBe(true);
    expect(logOf(at('real-killed.run'))).toBe(logOf(at('real-whole.run')));
    const lines = logOf(at('real-whole.run'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ kind }) => kind === 'step')).toHaveLength(2);
    expect(lines.filter(({ kind }) => kind === 'validation').map(({ score }) => score > 0)).toEqual([
      true,
      true,
    ]);
  }, 400_000);
});
