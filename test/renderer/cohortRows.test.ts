import { describe, expect, it } from 'vitest';
import { arrange, type Filter, runText, stateText } from '../../renderer/logic/cohortRows.js';
import type { CohortRow } from '../../src/contract/index.js';
import { aCase, aResult } from '../cohort/cohorts.js';

const row = (...about: Parameters<typeof aCase>): CohortRow => ({ ...aCase(...about), hasImages: true });
const warned = { code: 'LOW_AGREEMENT', text: 'They disagree.' };
const withheld = { code: 'REGION_NOT_SUPPORTED', text: 'The tumour core is not reliable.' };
const result = (WT: number) => aResult(['t1', 'flair'], { WT, TC: null, ET: null });
const rows = [
  row('b', { state: 'done', result: { ...result(30), warnings: [warned] } }),
  row('a', { state: 'failed', problem: { code: 'DATA_TRUNCATED' } }),
  row('c10', {
    state: 'done',
    result: { ...result(5), warnings: [withheld] },
    sequences: ['t1ce', 'flair'],
    date: '2024-02-01',
  }),
  row('c9', { state: 'skipped', doubts: ['two patients'] }),
];
const names = (
  filter: Filter,
  by: Parameters<typeof arrange>[1]['sorting']['by'] = 'run',
  text = '',
  descending = false,
) => arrange(rows, { filter, text, sorting: { by, descending } }).map(({ name }) => name);

describe('rows of a cohort', () => {
  it('are filtered by state, warnings, sequences, doubts', () => {
    expect(names('failed')).toEqual(['a']);
    // That a region is withheld stands in its own column.
    expect(names('warned')).toEqual(['b']);
    expect(names('no-t1ce')).toEqual(['b', 'a', 'c9']);
    expect(names('doubt')).toEqual(['c9']);
    expect(names('open')).toEqual(['a']);
  });

  it('are sorted as people count, and what has no value comes last both ways', () => {
    expect(names('all', 'name')).toEqual(['a', 'b', 'c9', 'c10']);
    expect(names('all', 'WT')).toEqual(['c10', 'b', 'a', 'c9']);
    expect(names('all', 'WT', '', true)).toEqual(['b', 'c10', 'a', 'c9']);
  });

  it('are found by name, date and what they warn of', () => {
    expect(names('all', 'run', 'C1')).toEqual(['c10']);
    expect(names('all', 'run', '2024-02')).toEqual(['c10']);
    expect(names('all', 'run', 'disagree')).toEqual(['b']);
  });

  it('say how far they are, and how far all are', () => {
    const working = [{ name: 'c9', stage: 'masks', progress: 0.4 }];
    const run = { working, stopping: false, secondsLeft: 130 };
    expect(stateText({ ...rows[3], state: 'segmenting' }, run)).toBe('segmenting 40 %');
    expect(stateText(rows[1], null)).toBe('failed: The file ends before its image does.');
    expect(runText(rows, run)).toBe('2 of 3 done, 1 failed · 2 min left');
  });
});
