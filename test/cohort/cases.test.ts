import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { casesSideBySide } from '../../src/cohort/budget.js';
import { findCases } from '../../src/cohort/findCases.js';
import { mergeCases } from '../../src/cohort/merge.js';
import { CohortState } from '../../src/cohort/stateFile.js';
import { writeTinyStudy } from '../session/harness.js';
import { writeFollowUp } from '../support/followUp.js';
import { temporaryFolder } from '../volume/folder.js';
import { aCase, aCohort, aResult } from './cohorts.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);

describe('the cases of a cohort', () => {
  it('are the case folders below what was given, also of several folders at once', async () => {
    await writeTinyStudy(at('one'), 'first', ['t1', 'flair']);
    await writeTinyStudy(at('one'), 'second', ['flair']);
    await writeTinyStudy(at('two'), 'third', ['t1ce', 'flair']);
    const cases = await findCases([at('one'), at('two')], { workingFolder: at('working') });
    expect(cases.map(({ name, sequences, state }) => ({ name, sequences, state }))).toEqual([
      { name: 'first', sequences: ['t1', 'flair'], state: 'new' },
      { name: 'second', sequences: ['flair'], state: 'new' },
      { name: 'third', sequences: ['t1ce', 'flair'], state: 'new' },
    ]);
  });

  it('hold one that cannot be read, with the reason', async () => {
    await writeTinyStudy(at('spoiled'), 'whole', ['t1', 'flair']);
    await mkdir(at('spoiled', 'broken'), { recursive: true });
    await writeFile(at('spoiled', 'broken', 'broken_flair.nii'), 'no image');
    const cases = await findCases([at('spoiled')], { workingFolder: at('working') });
    expect(cases.map(({ name, state, problem }) => [name, state, problem?.code])).toEqual([
      ['broken', 'failed', 'FORMAT_UNKNOWN'],
      ['whole', 'new', undefined],
    ]);
  });

  it('are the examinations of DICOM, each found again by its own folder', async () => {
    await writeFollowUp(at('dicom'));
    await mkdir(at('working'), { recursive: true });
    const cases = await findCases([at('dicom')], { workingFolder: at('working') });
    expect(cases.map(({ date }) => date).sort()).toEqual(['2024-03-12', '2024-03-12', '2024-09-05']);
    expect(cases.map(({ source }) => source!.paths[0]).sort()).toEqual(
      ['A', 'B', 'C'].map((p) => at('dicom', p)),
    );
    for (const { mark, source } of cases) expect(source!.study).toBe(mark);
    // By their header 84 and 54 years.
    expect(cases.map(({ suggestions }) => suggestions.adult?.answer)).toEqual(['yes', 'yes', 'yes']);
  });

  it('are known again by their images when their folder moved, and keep their results', async () => {
    await writeTinyStudy(at('before'), 'p1', ['t1', 'flair']);
    await writeTinyStudy(at('before'), 'p2', ['flair']);
    const options = { workingFolder: at('working') };
    const result = aResult(['t1', 'flair'], { WT: 1, TC: null, ET: null });
    const cohort = aCohort(await findCases([at('before')], options));
    cohort.cases[0] = { ...cohort.cases[0], state: 'done', result };
    await rename(at('before'), at('after'));
    await writeTinyStudy(at('after'), 'p0', ['t1ce']);
    const merged = mergeCases(cohort, await findCases([at('after')], options));
    expect(merged.cases.map(({ name, state, source }) => [name, state, source!.paths])).toEqual([
      ['p1', 'done', [at('after', 'p1')]],
      ['p2', 'new', [at('after', 'p2')]],
      ['p0', 'new', [at('after', 'p0')]],
    ]);
  });
});

it('a case whose images were replaced has no result any more, and is no second case', () => {
  const result = aResult(['t1', 'flair'], { WT: 1, TC: null, ET: null });
  const cohort = aCohort([aCase('a', { state: 'done', result }), aCase('b', { state: 'done', result })]);
  const merged = mergeCases(cohort, [aCase('a', { mark: 'of other images' }), aCase('b')]);
  expect(merged.cases.map(({ name, state, mark }) => [name, state, mark])).toEqual([
    ['a', 'new', 'of other images'],
    ['b', 'done', 'mark of b'],
  ]);
  expect(merged.cases[0].result).toBeNull();
});

describe('neutral names', () => {
  it('leave no name and no path in the file; a case runs once its images are given again', async () => {
    const cases = [aCase('Muster-Anna'), aCase('Beispiel-Bert')];
    const cohort = aCohort(
      cases.map((one, n) => ({ ...one, name: `case-00${n + 1}` })),
      true,
    );
    const state = new CohortState(cohort, at('neutral'));
    await state.change((now) => now);
    const text = await readFile(at('neutral', 'cohort.json'), 'utf8');
    expect(text).not.toMatch(/\/data|"source": \{/);
    const again = (await CohortState.read(at('neutral')))!;
    expect(() => again.sourceOf(again.cohort.cases[0])).toThrow('COHORT_INPUT_UNKNOWN');
    again.learn(cases);
    expect(again.sourceOf(again.cohort.cases[1])).toEqual({ paths: ['/data/Beispiel-Bert'], study: null });
  });
});

describe('cases side by side', () => {
  it.each([
    [{ cores: 2, freeBytes: 4e9, onGraphicsCard: false }, 1],
    [{ cores: 16, freeBytes: 64e9, onGraphicsCard: false }, 4],
    [{ cores: 16, freeBytes: 5.2e9, onGraphicsCard: false }, 2],
    [{ cores: 64, freeBytes: 256e9, onGraphicsCard: false }, 8],
    [{ cores: 64, freeBytes: 1e9, onGraphicsCard: false }, 1],
    [{ cores: 64, freeBytes: 256e9, onGraphicsCard: true }, 1],
  ])('%o: %i', (machine, expected) => {
    expect(casesSideBySide(machine)).toBe(expected);
  });
});
