import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CohortView, QuorumEvent } from '../../src/contract/index.js';
import type { Services } from '../../src/session/services.js';
import { readLabelMap } from '../../src/volume/read.js';
import { temporaryFolder } from '../volume/folder.js';
import { problemCode, runsBody, startServices, writeTinyStudy } from './harness.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
let services: Services;
let events: QuorumEvent[];
let dispose: () => Promise<void>;
let cohort: CohortView;

const FORCED = { force: true } as const;
const get = () => services.call('cohorts.get', { cohort: cohort.id });
const rowOf = async (name: string) => (await get()).cases.find((row) => row.name === name)!;

/** Waits until nothing runs any more. */
async function ended(): Promise<CohortView> {
  for (;;) {
    const now = await get();
    if (now.run === null) return now;
    await new Promise((done) => setTimeout(done, 50));
  }
}

beforeAll(async () => {
  await writeTinyStudy(at('patients'), 'Muster', ['t1', 'flair']);
  await writeTinyStudy(at('patients'), 'Beispiel', ['flair']);
  // Which of two is its FLAIR nobody can tell.
  const doubtful = await writeTinyStudy(at('patients'), 'Zweifel', ['flair']);
  await copyFile(join(doubtful, 'Zweifel_flair.nii.gz'), join(doubtful, 'Zweifel_flair_again.nii.gz'));
  ({ services, events, dispose } = await startServices());
  cohort = await services.call('cohorts.open', { paths: [at('patients')] });
});
afterAll(() => dispose());

describe('a cohort in a window', () => {
  it('is open once, with what was found', async () => {
    expect(cohort.cases.map(({ name, state }) => [name, state])).toEqual([
      ['Beispiel', 'new'],
      ['Muster', 'new'],
      ['Zweifel', 'new'],
    ]);
    expect((await rowOf('Zweifel')).doubts).not.toEqual([]);
    const again = await services.call('cohorts.open', { paths: [at('patients')] });
    expect(again.id).toBe(cohort.id);
  });

  it('runs nowhere before it has a folder, and never among the images', async () => {
    expect(await problemCode(services.call('cohorts.run', { cohort: cohort.id }))).toBe('REQUEST_INVALID');
    const inside = services.call('cohorts.setUp', { cohort: cohort.id, folder: at('patients', 'results') });
    expect(await problemCode(inside)).toBe('OUTPUT_INSIDE_INPUT');
  });

  it('works off all but what fails, and tells every step', async () => {
    await services.call('cohorts.setUp', { cohort: cohort.id, folder: at('results'), options: FORCED });
    await services.call('cohorts.change', { cohort: cohort.id, cases: ['Muster'], answers: { adult: 'no' } });
    await services.call('cohorts.run', { cohort: cohort.id });
    const end = await ended();
    expect(end.cases.map(({ name, state }) => [name, state])).toEqual([
      ['Beispiel', 'done'],
      ['Muster', 'done'],
      ['Zweifel', 'failed'],
    ]);
    expect((await rowOf('Zweifel')).problem?.code).toBe('SEQUENCE_AMBIGUOUS');
    const told = events.flatMap((event) =>
      event.type === 'cohort' ? event.cases.map(({ name, state }) => `${name} ${state}`) : [],
    );
    for (const step of ['Muster preparing', 'Muster segmenting', 'Muster done']) expect(told).toContain(step);
    const report = JSON.parse(await readFile(at('results', 'Muster', 'report.json'), 'utf8'));
    expect(report.answers).toEqual({ adult: 'no', treated: 'unknown', glioma: 'unknown' });
    expect(Object.keys(report.subsets).sort()).toEqual(['flair', 't1', 't1+flair']);
    const pictures = await services.call('cohorts.pictures', {
      cohort: cohort.id,
      cases: ['Muster', 'Zweifel'],
    });
    expect(Object.keys(pictures)).toEqual(['Muster']);
  });

  it('opens a finished case with what is kept, and tells its correction in the row', async () => {
    const opened = await services.call('cohorts.openCase', { cohort: cohort.id, case: 'Muster' });
    expect(opened.answers?.adult).toBe('no');
    const segmented = await segmentKept(opened.id);
    expect(segmented.result!.networkPasses).toBe(0);
    const shown = (await rowOf('Muster')).result!.volumes.WT.ml!;
    expect(segmented.result!.combinations['t1+flair'].volumes.WT.ml).toBeCloseTo(shown, 3);
    const from = { kind: 'combination', combination: 't1+flair', threshold: null } as const;
    await services.call('edits.start', { case: opened.id, from });
    await services.call('edits.stroke', { case: opened.id, tool: 'brush' }, runsBody([60_000, 40, 2]));
    await expect.poll(async () => (await rowOf('Muster')).result?.edited?.ml.WT).toBeGreaterThan(shown);
    expect(await readFile(at('results', 'cohort.json'), 'utf8')).toContain('"edited": {');
    const corrected = await readLabelMap(at('results', 'corrected', 'Muster_seg.nii.gz'));
    expect([...corrected.data.slice(60_000, 60_040)].every((label) => label === 2)).toBe(true);
    await mkdir(at('masks'));
    await copyFile(at('results', 'corrected', 'Muster_seg.nii.gz'), at('masks', 'Muster.nii.gz'));
    const request = { cohort: cohort.id, folder: at('masks'), masks: { Muster: 'Muster.nii.gz' } };
    await services.call('cohorts.compare', { ...request, labels: 'brats2020', opening: 'compare' });
    const compared = await rowOf('Muster');
    expect(compared.reader).toMatchObject({ mask: 'corrected', scores: { WT: { dice: 1 } } });
    // Run again, the row forgets the correction, and has it again when the case is opened with it.
    await services.call('cases.close', { case: opened.id });
    await services.call('cohorts.run', { cohort: cohort.id, cases: ['Muster'] });
    await ended();
    const again = await services.call('cohorts.openCase', { cohort: cohort.id, case: 'Muster' });
    expect((await rowOf('Muster')).result?.edited?.ml.WT).toBeGreaterThan(shown);
    await services.call('edits.discard', { case: again.id, confirmed: true });
    await expect.poll(async () => (await rowOf('Muster')).result?.edited).toBeNull();
    await expect(readFile(at('results', 'corrected', 'Muster_seg.nii.gz'))).rejects.toThrow();
  });

  it('runs a failed case alone, once the user has said in its window what is what', async () => {
    const opened = await services.call('cohorts.openCase', { cohort: cohort.id, case: 'Zweifel' });
    const file = opened.files.find(({ name }) => name.includes('again'))!;
    await services.call('cases.assignSeries', {
      case: opened.id,
      series: file.series!.id,
      sequence: 'other',
    });
    const finishedAt = (await rowOf('Muster')).result!.finishedAt;
    await services.call('cohorts.run', { cohort: cohort.id, cases: ['Zweifel'] });
    await ended();
    expect((await rowOf('Zweifel')).state).toBe('done');
    expect((await rowOf('Muster')).result!.finishedAt).toBe(finishedAt);
  });

  it('writes tables whose numbers are the rows’', async () => {
    const { files, sentence } = await services.call('cohorts.writeTables', { cohort: cohort.id });
    expect(files).toContain('table/cohort.xlsx');
    expect(sentence).toContain('not comparable');
    const [header, ...rows] = (await readFile(at('results', 'table', 'cohort.csv'), 'utf8'))
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    for (const row of rows) {
      const { result } = await rowOf(row[0]);
      expect(Number(row[header.indexOf('wt_ml')])).toBe(result!.volumes.WT.ml);
    }
  });
});

describe('a state that comes from elsewhere', () => {
  it('whose images moved says so, and goes on when they are given again', async () => {
    await services.call('cohorts.close', { cohort: cohort.id });
    expect(events).toContainEqual({ type: 'cohortClosed', cohort: cohort.id });
    await rename(at('patients'), at('moved'));
    cohort = await services.call('cohorts.open', { paths: [at('results')] });
    expect(cohort.cases.map(({ hasImages }) => hasImages)).toEqual([false, false, false]);
    const opening = services.call('cohorts.openCase', { cohort: cohort.id, case: 'Muster' });
    expect(await problemCode(opening)).toBe('COHORT_INPUT_UNKNOWN');
    const found = await services.call('cohorts.giveInputs', { cohort: cohort.id, paths: [at('moved')] });
    expect(found.cases.map(({ hasImages, state }) => [hasImages, state])).toEqual([
      [true, 'done'],
      [true, 'done'],
      [true, 'done'],
    ]);
    await rename(at('moved'), at('patients'));
  });

  it('names no image that this window may not open', async () => {
    const text = await readFile(at('results', 'cohort.json'), 'utf8');
    await mkdir(at('scope', 'foreign'), { recursive: true });
    await writeFile(at('scope', 'foreign', 'cohort.json'), text);
    for (const name of ['Muster', 'Beispiel', 'Zweifel']) {
      await mkdir(at('scope', 'foreign', name));
      await writeFile(at('scope', 'foreign', name, 'report.json'), '{}');
    }
    services.keepLinksWithin([at('scope')]);
    const foreign = await services.call('cohorts.open', { paths: [at('scope', 'foreign')] });
    const opening = services.call('cohorts.openCase', { cohort: foreign.id, case: 'Muster' });
    expect(await problemCode(opening)).toBe('COHORT_INPUT_UNKNOWN');
  });

  it('with neutral names holds no name, and goes on when its images are given again', async () => {
    services.keepLinksWithin([folder.path]);
    await writeTinyStudy(at('others'), 'Geheim-Anna', ['flair']);
    await writeTinyStudy(at('others'), 'Geheim-Bert', ['t1']);
    cohort = await services.call('cohorts.open', { paths: [at('others')] });
    const options = { ...FORCED, neutralNames: true };
    await services.call('cohorts.setUp', { cohort: cohort.id, folder: at('neutral'), options });
    await services.call('cohorts.run', { cohort: cohort.id, cases: ['case-001'] });
    await ended();
    await services.call('cohorts.close', { cohort: cohort.id });
    for (const entry of await readdir(at('neutral'), { recursive: true, withFileTypes: true })) {
      expect(entry.name).not.toContain('Geheim');
      if (!entry.isFile() || !entry.name.endsWith('.json')) continue;
      expect(await readFile(join(entry.parentPath, entry.name), 'utf8')).not.toMatch(/Geheim|others/);
    }
    cohort = await services.call('cohorts.open', { paths: [at('neutral')] });
    expect(cohort.cases.map(({ state, hasImages }) => [state, hasImages])).toEqual([
      ['done', false],
      ['new', false],
    ]);
    await services.call('cohorts.giveInputs', { cohort: cohort.id, paths: [at('others')] });
    await services.call('cohorts.run', { cohort: cohort.id });
    expect((await ended()).cases.map(({ state }) => state)).toEqual(['done', 'done']);
    await rm(at('others'), { recursive: true });
  });
});

async function segmentKept(id: string) {
  const { job } = await services.call('cases.segment', { case: id, force: true });
  await new Promise<void>((resolve) => {
    services.onJob((event) => event.job === job && event.state === 'done' && resolve());
  });
  return services.call('cases.get', { case: id });
}
