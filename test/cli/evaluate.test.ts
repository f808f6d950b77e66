import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { allCombinations, combinationName } from '../../src/terms.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { TUMOUR_ALONE, writeCroppedSample } from '../support/croppedSample.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { inTumour, MODEL_SPACING, writeCubes } from '../support/syntheticCubes.js';
import { lpsAffine } from '../training/datasetFolder.js';
import { temporaryFolder } from '../volume/folder.js';
import { problemIn, quorum } from './run.js';

const root = temporaryFolder().path;
const at = (...parts: string[]) => join(root, ...parts);
const json = (...parts: string[]) => JSON.parse(readFileSync(at(...parts), 'utf8'));
const ALL = allCombinations().map(combinationName);
const FILES = [
  'cases.csv',
  'config.yaml',
  'patients.json',
  'scores.json',
  'summary.json',
  'table.csv',
  'table.md',
  'table.tex',
];

/** Which combinations the synthetic case `p<index>` has. */
const HAS = [ALL, ALL, ['t1+flair', 't1', 'flair'], ['t1ce+flair', 't1ce', 'flair']];

async function writeMask(file: string, label: (voxel: number) => number): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const data = Uint8Array.from({ length: 4096 }, (_, v) => label(v));
  await writeNifti(file, { data, size: [16, 16, 16], affine: lpsAffine(MODEL_SPACING) });
}

/** The truth for every case and combination, but what `change` says. */
async function writeMasks(folder: string, change: (index: number, combination: string) => number[]) {
  for (const [index, combinations] of HAS.entries()) {
    for (const combination of combinations) {
      const [wrong, label] = change(index, combination);
      const file =
        index % 2 === 0
          ? join(folder, `p${index}_cube`, 'combinations', `${combination}.nii.gz`)
          : join(folder, combination, `p${index}_cube_seg.nii.gz`);
      await writeMask(file, (v) => (v === wrong ? label : inTumour(index, v) ? 4 : 0));
    }
  }
}

const cubes = at('cubes');
beforeAll(() => writeCubes(cubes));

describe('quorum evaluate with masks of any method', () => {
  const perfect = at('perfect');
  beforeAll(() => writeMasks(perfect, () => []));

  it('scores perfect masks 1 and writes every file', async () => {
    const { code, stdout } = await quorum('evaluate', cubes, '--predictions', perfect, '--out', at('one'));
    expect(code).toBe(0);
    const ones = { WT: 1, TC: 1, ET: 1 };
    expect(json('one', 'scores.json')).toEqual({
      cases: 4,
      mean: ones,
      combinations: Object.fromEntries(ALL.map((name) => [name, ones])),
      patients: expect.objectContaining({ mean: { WT: 2, TC: 2, ET: 2 } }),
    });
    expect(json('one', 'summary.json').of.labels.name).toBe('brats2020');
    expect(readdirSync(at('one')).sort()).toEqual(FILES);
    expect(readFileSync(at('one', 'cases.csv'), 'utf8').split('\r\n')).toHaveLength(
      1 + 3 * (15 + 15 + 3 + 3) + 1,
    );
    expect(stdout).toContain('4 cases of 4 patients');
    expect(stdout).toContain('Labels of the masks read as BraTS up to 2020');
    expect(stdout.match(/100\.0 \(\d\) +100\.0 \(\d\) +100\.0 \(\d\)/g)).toHaveLength(16);
  });

  it('scores less by exactly what is wrong, and compares the two results pair by pair', async () => {
    // In T1 alone one voxel of oedema is invented in every case that has it; n tumour voxels give Dice 2n/(2n + 1).
    await writeMasks(at('worse'), (_, name) => (name === 't1' ? [4095, 2] : []));
    const args = [
      'evaluate',
      cubes,
      '--predictions',
      at('worse'),
      '--out',
      at('two'),
      '--against',
      at('one'),
    ];
    const { code, stdout } = await quorum(...args);
    expect(code).toBe(0);
    const dices = [0, 1, 2].map((index) => {
      const n = Array.from({ length: 4096 }, (_, v) => inTumour(index, v)).filter(Boolean).length;
      return (2 * n) / (2 * n + 1);
    });
    const expected = dices.reduce((sum, dice) => sum + dice, 0) / 3;
    expect(json('two', 'scores.json').combinations.t1.WT).toBeCloseTo(expected, 12);
    expect(json('two', 'scores.json').combinations.t1.TC).toBe(1);
    // The mean over the combinations is of the two patients who have all of them.
    const complete = (dices[0] + dices[1]) / 2;
    expect(json('two', 'scores.json').mean.WT).toBeCloseTo((14 + complete) / 15, 12);
    const rows = readFileSync(at('two', 'comparison.csv'), 'utf8').trimEnd().split('\r\n');
    expect(rows).toHaveLength(46);
    // Three equal differences in one direction: W = 0 of mean 3 and variance 3 with ties, so p = 2Φ(−√3).
    expect(rows.find((row) => row.startsWith('t1,WT'))).toBe(
      `t1,WT,3,${(expected - 1).toFixed(4)},3,0.0833,1.00`,
    );
    expect(rows.find((row) => row.startsWith('flair,WT'))).toBe('flair,WT,4,0.0000,0,1.00,1.00');
    expect(stdout).toContain('paired Wilcoxon');
  });

  it('lists the masks that are missing', async () => {
    await writeMasks(at('holes'), () => []);
    const missing = [at('holes/p0_cube/combinations/t1+flair.nii.gz'), at('holes/flair/p3_cube_seg.nii.gz')];
    for (const file of missing) await rm(file);
    const outcome = await quorum(
      'evaluate',
      cubes,
      '--predictions',
      at('holes'),
      '--out',
      at('no'),
      '--json',
    );
    expect(outcome.code).toBe(1);
    const problem = problemIn(outcome);
    expect([problem, ...problem.also!].map(({ code, file, field }) => [code, file, field])).toEqual([
      ['PREDICTIONS_MISSING', join(cubes, 'p0_cube'), 't1+flair'],
      ['PREDICTIONS_MISSING', join(cubes, 'p3_cube'), 'flair'],
    ]);
    expect(existsSync(at('no'))).toBe(false);
  });

  it('scores one side of a split alone, also of a split that names other data sets too', async () => {
    const split = at('split.json');
    await writeFile(split, JSON.stringify({ train: ['p0', 'someone else'], test: ['p1'] }));
    const args = ['evaluate', cubes, '--predictions', perfect, '--split', split, '--out', at('side')];
    expect((await quorum(...args)).code).toBe(0);
    expect(json('side', 'scores.json').cases).toBe(1);
    expect(json('side', 'summary.json').side).toBe('test');
    const empty = await quorum(...args.slice(0, -1), at('nobody'), '--side', 'validation', '--json');
    expect(problemIn(empty)).toMatchObject({ code: 'SPLIT_INVALID', field: 'validation', file: split });
  });

  it('never replaces results, and takes no folder for a result that is none', async () => {
    const before = readFileSync(at('one', 'scores.json'));
    const outcome = await quorum(
      'evaluate',
      cubes,
      '--predictions',
      at('worse'),
      '--out',
      at('one'),
      '--json',
    );
    expect(problemIn(outcome)).toMatchObject({ code: 'OUTPUT_EXISTS', file: at('one') });
    expect(readFileSync(at('one', 'scores.json'))).toEqual(before);
    const against = ['--out', at('three'), '--against', cubes, '--json'];
    const other = await quorum('evaluate', cubes, '--predictions', perfect, ...against);
    expect(problemIn(other).code).toBe('FILE_NOT_FOUND');
    expect(existsSync(at('three'))).toBe(false);
  });

  it('refuses a data set with voxels whose truth nobody knows', async () => {
    const unknown = at('unknown');
    cpSync(cubes, unknown, { recursive: true });
    const file = join(unknown, 'dataset.json');
    const description = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { name: 'context' };
    await writeFile(file, JSON.stringify({ ...description, unknownLabel: 9 }));
    const { code, stderr } = await quorum(
      'evaluate',
      unknown,
      '--predictions',
      perfect,
      '--out',
      at('never'),
    );
    expect([code, stderr.includes('DATASET_INVALID'), stderr.includes('unknown label')]).toEqual([
      1,
      true,
      true,
    ]);
    expect(existsSync(at('never', 'scores.json'))).toBe(false);
  });

  it('refuses to be asked for two things at once', async () => {
    const both = ['--predictions', perfect, '--model', 'resources/model'];
    const { code, stderr } = await quorum('evaluate', cubes, ...both, '--out', at('both'));
    expect([code, stderr.includes('REQUEST_INVALID')]).toEqual([2, true]);
  });
});

describe('quorum evaluate with a model', () => {
  it('scores a whole case exactly as the masks that `segment --all-combinations` writes of it', async () => {
    const folder = at('whole', 'simulated');
    await mkdir(folder, { recursive: true });
    await writeCroppedSample(folder, 'simulated', ['t1ce', 'flair', 'seg'], TUMOUR_ALONE);
    const all = ['--all-combinations', '--force'];
    const segmented = await quorum('segment', at('whole'), '--out', at('masks'), ...all);
    expect(segmented.code).toBe(0);
    const [model, masks] = [at('by-model'), at('by-masks')];
    expect((await quorum('evaluate', at('whole'), '--out', model, '--force')).code).toBe(0);
    expect((await quorum('evaluate', at('whole'), '--predictions', at('masks'), '--out', masks)).code).toBe(
      0,
    );
    expect(json('by-model', 'scores.json')).toEqual(json('by-masks', 'scores.json'));
    const { combinations } = json('by-model', 'scores.json');
    expect(combinations['t1ce+flair'].WT).toBeGreaterThan(0.5);
    expect(Object.keys(combinations)).toEqual(['t1ce+flair', 't1ce', 'flair']);
  }, 400_000);

  it('feeds cut-outs whole and says whose scores these are', async () => {
    const { code, stdout } = await quorum('evaluate', cubes, '--out', at('cubes-scored'));
    expect(code).toBe(0);
    const scores = json('cubes-scored', 'scores.json');
    expect(Object.keys(scores)).toEqual(['cases', 'mean', 'combinations', 'patients']);
    expect(Object.keys(scores.combinations)).toEqual(ALL);
    const summary = json('cubes-scored', 'summary.json');
    expect(summary.of.model.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(summary.calibrationError[ALL[0]].WT).toBeGreaterThan(0);
    expect(stdout).toContain('expected calibration error');
  });
});

describe.skipIf(!haveRealData('evaluating the shipped model on the shared cubes'))(
  'evaluating the shipped model on the shared cubes',
  () => {
    it('finds tumours that it was trained on (a check of the tool, not of the model)', async () => {
      const folder = join(REAL_DATA, 'brats2020-cubes');
      const cases = readdirSync(folder)
        .sort()
        .filter((name) => name.startsWith('BraTS'))
        .slice(3, 6);
      for (const name of [...cases, 'dataset.json']) {
        cpSync(join(folder, name), at('real', name), { recursive: true });
      }
      expect((await quorum('evaluate', at('real'), '--out', at('real-scored'))).code).toBe(0);
      const { cases: scored, mean, combinations } = json('real-scored', 'scores.json');
      console.log(`3 cubes that the model was trained on: ${JSON.stringify(mean)}`);
      expect(scored).toBe(3);
      expect(mean.WT).toBeGreaterThan(0.75);
      expect(combinations[ALL[0]].TC).toBeGreaterThan(combinations.t1.TC);
    }, 400_000);
  },
);
