import { existsSync, readFileSync } from 'node:fs';
import { copyFile, cp, mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetFindings, TrainingTime } from '../../src/contract/research.js';
import type { Services } from '../../src/session/services.js';
import { readLabelMap } from '../../src/volume/read.js';
import { writeCubes } from '../support/syntheticCubes.js';
import { temporaryFolder } from '../volume/folder.js';
import { jobEnd, problemCode, startServices } from './harness.js';

const root = temporaryFolder().path;
const at = (...parts: string[]) => join(root, ...parts);
const cubes = at('cubes');
let services: Services;
let profile: string;
let dispose: () => Promise<void>;

const SHORT = { steps: 14, batch: 1, objectives: 'singles4', 'validate-every': 7, 'checkpoint-every': 50 };
const runOf = async (folder: string) =>
  (await services.call('research.runs', {})).find((run) => run.folder === folder)!;
const curvesOf = async (run: string) => (await services.call('research.curves', { run })).curves!;

beforeAll(async () => {
  await writeCubes(cubes);
  ({ services, profile, dispose } = await startServices());
});
afterAll(() => dispose());

describe('data sets in a window', () => {
  const verify = async (folder: string) => {
    const { job } = await services.call('research.verify', { folders: [folder] });
    const end = await jobEnd(services, job);
    expect(end.state).toBe('done');
    return (end.result as DatasetFindings[])[0];
  };

  it('says of every case what is there', async () => {
    const { cases, problems, cutOuts } = await verify(cubes);
    expect(problems).toEqual([]);
    expect(cutOuts).toBe(true);
    expect(cases.map(({ patient, sequences, problems: own }) => [patient, sequences, own])).toEqual([
      ['p0', ['t1', 't1ce', 't2', 'flair'], []],
      ['p1', ['t1', 't1ce', 't2', 'flair'], []],
      ['p2', ['t1', 'flair'], []],
      ['p3', ['t1ce', 'flair'], []],
    ]);
  });

  it('says what is wrong with the case that it is wrong with, beside those that are right', async () => {
    const broken = at('broken');
    await cp(cubes, broken, { recursive: true });
    await truncate(join(broken, 'p1_cube/p1_cube_t2.nii.gz'), 300);
    await rm(join(broken, 'p2_cube/p2_cube_seg.nii.gz'));
    const { cases } = await verify(broken);
    expect(cases.map(({ problems }) => problems.map(({ code }) => code))).toEqual([
      [],
      [expect.stringMatching(/DATA_TRUNCATED|DATA_CORRUPT/)],
      ['DATASET_INVALID'],
      [],
    ]);
  });

  it('splits by patient into a file that training takes, never among the data, never over another', async () => {
    const asked = { folders: [cubes], validation: 0.25, test: 0.25 };
    const { sides, file } = await services.call('research.split', { ...asked, output: at('splits') });
    expect(Object.values(sides).map((side) => side.length)).toEqual([2, 1, 1]);
    expect(Object.values(sides).flat().sort()).toEqual(['p0', 'p1', 'p2', 'p3']);
    expect(JSON.parse(readFileSync(file!, 'utf8'))).toEqual(sides);
    const again = services.call('research.split', { ...asked, output: at('splits') });
    expect(await problemCode(again)).toBe('OUTPUT_EXISTS');
    expect(await problemCode(services.call('research.split', { ...asked, output: cubes }))).toBe(
      'OUTPUT_INSIDE_INPUT',
    );
  });
});

describe('training in a window', () => {
  const run = at('model.run');
  const asked = () => ({
    folders: [cubes],
    output: at('model'),
    split: at('splits/split.json'),
    values: SHORT,
  });

  it('measures what it would take, and leaves nothing', async () => {
    const values = [
      { ...SHORT, steps: 100 },
      { ...SHORT, steps: 200 },
    ];
    const { job } = await services.call('research.estimate', { folders: [cubes], values });
    const [short, long] = (await jobEnd(services, job)).result as TrainingTime[];
    expect(short.seconds).toBeCloseTo(100 * short.secondsPerStep, 9);
    expect(long.seconds).toBeCloseTo(200 * long.secondsPerStep, 9);
    expect(existsSync(at('x.run'))).toBe(false);
  });

  it('takes no file among the values', async () => {
    const hidden = services.call('research.train', { ...asked(), values: { ...SHORT, initial: '/etc' } });
    expect(await problemCode(hidden)).toBe('REQUEST_INVALID');
  });

  it('is watched, stopped and gone on with; a case is not kept waiting', async () => {
    const { job } = await services.call('research.train', asked());
    const stopped = jobEnd(services, job);
    while (!existsSync(join(run, 'log.jsonl')) || (await curvesOf(run)).step < 2) await pause(30);
    expect(await runOf(run)).toMatchObject({ state: 'active', job, steps: 14 });
    expect(await problemCode(services.call('research.train', asked()))).toBe('RUN_BUSY');
    // Another line: an open case need not wait for it.
    expect((await services.call('jobs.list', {})).map(({ kind }) => kind)).toEqual(['train']);
    await services.call('jobs.cancel', { job });
    expect((await stopped).state).toBe('cancelled');
    const half = await runOf(run);
    expect(half).toMatchObject({ state: 'stopped', job: null, canResume: true });
    expect(half.step).toBeLessThan(14);
    const again = await services.call('research.resume', { run });
    expect((await jobEnd(services, again.job)).state).toBe('done');
    const end = await runOf(run);
    expect(end).toMatchObject({ state: 'finished', step: 14, canResume: false, by: 'quorum' });
    expect([7, 14]).toContain(end.best!.step);
    expect(existsSync(at('model/model.json'))).toBe(true);
  });

  it('shows what the log holds: losses, dominance, conflict and validations', async () => {
    const lines = readFileSync(join(run, 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const steps = lines.filter(({ kind }) => kind === 'step');
    const { lines: count, curves } = await services.call('research.curves', { run });
    expect([count, curves!.step, curves!.windows.length]).toEqual([16, 14, 14]);
    steps.forEach((line, i) => {
      for (const name of Object.keys(curves!.loss)) {
        if (line.losses[name] === undefined) expect(curves!.loss[name][i]).toBeNull();
        else expect(curves!.loss[name][i]).toBeCloseTo(line.losses[name], 4);
      }
      const flair = line.objectives.findIndex((name: string) => name.split('=').includes('flair'));
      if (flair >= 0) expect(curves!.norms.flair![i]).toBeCloseTo(line.norms[flair], 3);
    });
    expect(curves!.validations.map(({ step }) => step)).toEqual([7, 14]);
    expect(curves!.conflict!.windows).toHaveLength(14);
    expect((await services.call('research.curves', { run, since: count })).curves).toBeNull();
  });

  it('finds runs that others wrote, the PyTorch trainer’s too', async () => {
    await mkdir(at('elsewhere/deep/theirs'), { recursive: true });
    await copyFile(join(run, 'log.jsonl'), at('elsewhere/deep/theirs/log.jsonl'));
    await writeFile(at('elsewhere/deep/theirs/state.pt'), '');
    expect(await services.call('research.find', { folder: at('elsewhere') })).toEqual({
      runs: 1,
      evaluations: 0,
    });
    expect(await runOf(at('elsewhere/deep/theirs'))).toMatchObject({
      by: 'torch',
      step: 14,
      canResume: false,
    });
    await services.call('research.forget', { folder: at('elsewhere/deep/theirs') });
    expect(await runOf(at('elsewhere/deep/theirs'))).toBeUndefined();
  });
});

describe('evaluation in a window', () => {
  const evaluate = async (output: string, of: object) => {
    const { job } = await services.call('research.evaluate', { dataset: cubes, output, ...of });
    const end = await jobEnd(services, job);
    expect(end.problem).toBeUndefined();
  };

  it('gives the numbers of the results folder, and a paired comparison', async () => {
    await evaluate(at('scores'), { model: at('model') });
    await evaluate(at('shipped'), {});
    const list = await services.call('research.evaluations', {});
    expect(list.map(({ name }) => name)).toEqual(['shipped', 'scores']);
    const one = await services.call('research.evaluation', { folder: at('scores'), against: at('shipped') });
    const scores = JSON.parse(readFileSync(at('scores/scores.json'), 'utf8'));
    expect(one.combinations).toHaveLength(15);
    for (const { combination, regions } of one.combinations)
      expect(regions.ET?.dice ?? null).toBe(scores.combinations[combination].ET);
    const flair = one.dice.filter(({ combination, region }) => combination === 'flair' && region === 'WT');
    const mean = flair.reduce((sum, { dice }) => sum + dice, 0) / flair.length;
    expect(mean).toBeCloseTo(scores.combinations.flair.WT, 9);
    expect(
      one.comparison!.some(({ combination, region }) => combination === 'flair' && region === 'WT'),
    ).toBe(true);
    const [header, ...compared] = one.comparisonCsv!.trim().split('\r\n');
    expect(header).toMatch(/^combination,region,patients,difference,/);
    expect(compared).toHaveLength(one.comparison!.length);
    expect(one.latex).toBe(readFileSync(at('scores/table.tex'), 'utf8'));
  });

  it('opens a case with its truth and the mask that was scored', async () => {
    const { cases } = await services.call('research.evaluation', { folder: at('scores') });
    const row = cases.find(
      ({ case: name, combination, region }) =>
        name === 'p0_cube' && combination === 'flair' && region === 'WT',
    )!;
    const opened = await services.call('research.openCase', {
      folder: at('scores'),
      case: 'p0_cube',
      combination: 'flair',
    });
    const [truth, scored] = [opened.truth, opened.scored].map(
      (id) => opened.case.masks.find((mask) => mask.id === id)!,
    );
    expect([truth.role, scored.role]).toEqual(['truth', 'earlier']);
    const compared = await services.call('masks.compare', {
      case: opened.case.id,
      a: { kind: 'named', id: truth.id },
      b: { kind: 'named', id: scored.id },
    });
    // The very mask: Dice as in cases.csv, which has six digits.
    expect(compared.WT.dice).toBeCloseTo(row.dice, 5);
    expect(truth.volumes.WT).toBeGreaterThan(0);
  });

  it('opens another method’s masks, whatever their labels', async () => {
    for (const name of ['p0_cube', 'p1_cube']) {
      await mkdir(at('masks', name, 'combinations'), { recursive: true });
      await copyFile(
        join(cubes, name, `${name}_seg.nii.gz`),
        at('masks', name, 'combinations/t1+t1ce+t2+flair.nii.gz'),
      );
    }
    await writeFile(at('two.json'), JSON.stringify({ test: ['p0', 'p1'] }));
    await evaluate(at('theirs'), { predictions: at('masks'), split: at('two.json'), labels: 'WT=4' });
    const opened = await services.call('research.openCase', {
      folder: at('theirs'),
      case: 'p1_cube',
      combination: 't1+t1ce+t2+flair',
    });
    const scored = opened.case.masks.find(({ id }) => id === opened.scored)!;
    const truth = await readLabelMap(join(cubes, 'p1_cube/p1_cube_seg.nii.gz'));
    expect(truth.data.some((label) => label === 4)).toBe(true);
    // Of their labels only the whole tumour is told.
    expect(scored.volumes).toMatchObject({ TC: 0, ET: 0 });
    expect(scored.volumes.WT).toBeGreaterThan(0);
  });

  it('says so where the model is another by now', async () => {
    await rm(at('model/model.json'));
    const call = services.call('research.openCase', {
      folder: at('scores'),
      case: 'p0_cube',
      combination: 'flair',
    });
    expect(await problemCode(call)).not.toBe('no problem');
  });
});

describe('what is remembered', () => {
  it('comes back with the profile, and leaves the disk when folders are not to be remembered', async () => {
    const file = join(profile, 'research.json');
    expect(JSON.parse(readFileSync(file, 'utf8')).runs).toEqual([at('model.run')]);
    await services.call('settings.set', { rememberFolders: false });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ runs: [], evaluations: [] });
  });
});
