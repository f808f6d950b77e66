import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askFor, CohortRun, type SegmentOne } from '../../src/cohort/run.js';
import { CohortState } from '../../src/cohort/stateFile.js';
import { type Cohort, cohortSchema } from '../../src/contract/cohort.js';
import { QuorumError } from '../../src/errors.js';
import { temporaryFolder } from '../volume/folder.js';
import { aCase, aCohort, aResult } from './cohorts.js';

const folder = temporaryFolder();
let outputs = 0;
const output = () => join(folder.path, `out-${++outputs}`);
const result = aResult(['t1', 'flair'], { WT: 10, TC: null, ET: null });
const done: SegmentOne = async () => ({ result, skipped: false });
const written = async (at: string): Promise<Cohort> =>
  cohortSchema.parse(JSON.parse(await readFile(join(at, 'cohort.json'), 'utf8')));
const states = (cohort: Cohort) => cohort.cases.map(({ name, state }) => `${name} ${state}`);
const stateOf = (names: string, at: string | null) =>
  new CohortState(aCohort([...names].map((name) => aCase(name))), at);

describe('a run of a cohort', () => {
  it('writes every case to the disk before the next begins, and goes on after one that fails', async () => {
    const at = output();
    const state = stateOf('abc', at);
    const seen: string[][] = [];
    await askFor(state, null);
    await new CohortRun(state, async (one, context) => {
      seen.push(states(await written(at)));
      if (one.name === 'b')
        throw new QuorumError({ code: 'DATA_TRUNCATED', file: '/data/b/secret/b_flair.nii.gz' });
      return done(one, context);
    }).go();
    expect(seen).toEqual([
      ['a preparing', 'b waiting', 'c waiting'],
      ['a done', 'b preparing', 'c waiting'],
      ['a done', 'b failed', 'c preparing'],
    ]);
    const end = await written(at);
    expect(states(end)).toEqual(['a done', 'b failed', 'c done']);
    expect(end.cases[1].problem).toEqual({ code: 'DATA_TRUNCATED', file: 'b_flair.nii.gz' });
    expect(end.owner).toBeNull();
  });

  it('runs those that failed alone, when they are asked for', async () => {
    const state = stateOf('abc', null);
    await state.change((cohort) => ({
      ...cohort,
      cases: [aCase('a', { state: 'done', result }), aCase('b', { state: 'failed' }), aCase('c')],
    }));
    const ran: string[] = [];
    await askFor(state, ['b']);
    await new CohortRun(state, async (one, context) => {
      ran.push(one.name);
      return done(one, context);
    }).go();
    expect(ran).toEqual(['b']);
    expect(states(state.cohort)).toEqual(['a done', 'b done', 'c new']);
  });

  it('follows an order that changes while it runs, and leaves out what was left out', async () => {
    const state = stateOf('abcd', null);
    await state.changeCase('c', (one) => ({ ...one, state: 'skipped' }));
    await askFor(state, null);
    const ran: string[] = [];
    await new CohortRun(state, async (one, context) => {
      ran.push(one.name);
      if (one.name === 'a')
        await state.change((cohort) => ({ ...cohort, cases: [...cohort.cases].reverse() }));
      return done(one, context);
    }).go();
    expect(ran).toEqual(['a', 'd', 'b']);
  });

  it('stops after the case that it is at; the others wait', async () => {
    const state = stateOf('abc', null);
    await askFor(state, null);
    const run: CohortRun = new CohortRun(state, async (one, context) => {
      run.stopAfterCase();
      return done(one, context);
    });
    await run.go();
    expect(states(state.cohort)).toEqual(['a done', 'b waiting', 'c waiting']);
  });

  it('stops at once when it is cancelled; the case waits again', async () => {
    const state = stateOf('ab', null);
    await askFor(state, null);
    const controller = new AbortController();
    const segment: SegmentOne = async () => {
      controller.abort();
      throw new QuorumError({ code: 'CANCELLED' });
    };
    await new CohortRun(state, segment, { signal: controller.signal }).go();
    expect(states(state.cohort)).toEqual(['a waiting', 'b waiting']);
  });

  it('works on as many side by side as it may, and on no case twice', async () => {
    const state = stateOf('abcdefgh', null);
    await askFor(state, null);
    let now = 0;
    let most = 0;
    const ran: string[] = [];
    await new CohortRun(
      state,
      async (one, context) => {
        ran.push(one.name);
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
        return done(one, context);
      },
      { sideBySide: 3 },
    ).go();
    expect(most).toBe(3);
    expect(ran.sort()).toEqual([...'abcdefgh']);
  });

  it('tells the time that is left by how long cases of as many sequences took', async () => {
    const state = stateOf('abcd', null);
    await state.changeCase('d', (one) => ({ ...one, sequences: ['t1', 't1ce', 't2', 'flair'] }));
    await askFor(state, null);
    let clock = 0;
    const left: (number | null)[] = [];
    const run: CohortRun = new CohortRun(
      state,
      async (one, context) => {
        left.push(run.secondsLeft);
        clock += 10_000;
        context.report('masks', 0.5);
        left.push(run.secondsLeft);
        return done(one, context);
      },
      { clock: () => clock },
    );
    await run.go();
    // a: nothing is known. b: 10 s for two sequences: 10 (b) + 10 (c) + 20 (d), then half of b.
    expect(left).toEqual([null, null, 40, 35, 30, 25, 20, 10]);
  });

  it('is refused while another process of this machine runs the same cohort', async () => {
    const at = output();
    const state = stateOf('a', at);
    // Of this machine, and running: whoever started the tests.
    const { ownerTag } = await import('../../src/files/process.js');
    await state.change((cohort) => ({ ...cohort, owner: ownerTag().replace(/\d+$/, String(process.ppid)) }));
    const other = (await CohortState.read(at))!;
    expect(other.isElsewhere).toBe(true);
    await expect(new CohortRun(other, done).go()).rejects.toMatchObject({ code: 'COHORT_BUSY' });
  });
});

describe('the state of a cohort after its process was killed', () => {
  it('lets what was being worked on wait again, and keeps what is done', async () => {
    const at = output();
    const state = stateOf('abc', at);
    await mkdir(join(at, 'a'), { recursive: true });
    await writeFile(join(at, 'a', 'report.json'), '{}');
    await state.change((cohort) => ({
      ...cohort,
      owner: '00000000-1',
      cases: [
        aCase('a', { state: 'done', result }),
        aCase('b', { state: 'segmenting' }),
        aCase('c', { state: 'waiting' }),
      ],
    }));
    // Another machine's process: nobody knows whether it runs.
    expect((await CohortState.read(at))!.isElsewhere).toBe(true);
    const { ownerTag } = await import('../../src/files/process.js');
    await state.change((cohort) => ({ ...cohort, owner: ownerTag().replace(/\d+$/, '999999999') }));
    const again = (await CohortState.read(at))!;
    expect(states(again.cohort)).toEqual(['a done', 'b waiting', 'c waiting']);
    expect(again.cohort.cases[0].result).toEqual(result);
  });

  it('is taken over from another machine that has long written nothing', async () => {
    const at = output();
    const state = stateOf('a', at);
    await state.change((cohort) => ({
      ...cohort,
      owner: '00000000-1',
      cases: [aCase('a', { state: 'segmenting' })],
    }));
    const later = () => new Date(Date.now() + 31 * 60_000);
    const there = (await CohortState.read(at, later))!;
    expect(there.isElsewhere).toBe(false);
    expect(states(there.cohort)).toEqual(['a waiting']);
  });

  it('calls a case new whose results are gone', async () => {
    const at = output();
    const state = stateOf('a', at);
    await state.changeCase('a', (one) => ({ ...one, state: 'done', result }));
    const again = (await CohortState.read(at))!;
    expect(states(again.cohort)).toEqual(['a new']);
    expect(again.cohort.cases[0].result).toBeNull();
  });

  it('refuses a file that is no state, by what is wrong in it', async () => {
    const at = output();
    await mkdir(at, { recursive: true });
    await writeFile(join(at, 'cohort.json'), '{"application": "quorum"');
    await expect(CohortState.read(at)).rejects.toMatchObject({ code: 'COHORT_INVALID' });
    await writeFile(join(at, 'cohort.json'), '{"application": "other"}');
    await expect(CohortState.read(at)).rejects.toMatchObject({
      code: 'COHORT_INVALID',
      problem: { field: 'application' },
    });
  });
});
