import { describe, expect, it } from 'vitest';
import { dataDictionary, longTable, wideTable } from '../../src/presentation/cohortTable.js';
import { commonCombination, mixedSentence } from '../../src/presentation/commonSequences.js';
import { readerTable } from '../../src/presentation/readerTable.js';
import type { Cell, Table } from '../../src/presentation/table.js';
import { combinationName, type Modality } from '../../src/terms.js';
import { aCase, aCohort, aResult } from '../cohort/cohorts.js';

const volume = (ml: number | null) => ({ ml, supported: ml !== null });
const subset = (WT: number | null, TC: number | null, ET: number | null) => ({
  WT: volume(WT),
  TC: volume(TC),
  ET: volume(ET),
});
function done(name: string, sequences: Modality[], WT: number, common: number | null) {
  const subsets = common === null ? null : { flair: subset(common, null, null) };
  return aCase(name, {
    sequences,
    state: 'done',
    result: aResult(sequences, { WT, TC: null, ET: 1.5 }, subsets),
  });
}
const mixed = [
  done('a', ['t1', 't1ce', 'flair'], 20, 18),
  done('b', ['t2', 'flair'], 30, 33),
  done('c', ['flair'], 40, null),
  aCase('d', { state: 'failed', problem: { code: 'DATA_TRUNCATED' } }),
];
const cell = (table: Table, row: number, column: string): Cell => table[row][table[0].indexOf(column)];

describe('the sequences that all cases have', () => {
  it('are those of every finished case; what failed or was not run counts for nothing', () => {
    expect(commonCombination(mixed)).toBe('flair');
    expect(commonCombination([...mixed, done('e', ['t1'], 1, null)])).toBeNull();
    expect(commonCombination([])).toBeNull();
  });

  it('are said where cases come from different ones, and only there', () => {
    expect(mixedSentence(mixed)).toContain('3 different sets of sequences');
    expect(mixedSentence(mixed)).toContain('compare by what all have, FLAIR');
    expect(mixedSentence([...mixed, done('e', ['t1'], 1, null)])).toContain('no sequence is common to all');
    expect(mixedSentence([mixed[0]])).toBeNull();
  });
});

describe('the wide table', () => {
  const table = wideTable(aCohort(mixed));

  it('has a row a case with volumes by all that it has, beside those by what all have', () => {
    expect(table).toHaveLength(5);
    expect([1, 2, 3].map((row) => cell(table, row, 'wt_ml'))).toEqual([20, 30, 40]);
    // The last one has nothing but the common sequence.
    expect([1, 2, 3].map((row) => cell(table, row, 'wt_common_ml'))).toEqual([18, 33, 40]);
    expect(cell(table, 1, 'tc_ml')).toBeNull();
    expect(cell(table, 1, 'tc_supported')).toBe('no');
    expect(cell(table, 1, 'model_hash')).toBe('abc');
  });

  it('says why a case failed, and gives no number for it', () => {
    expect(cell(table, 4, 'problem')).toBe('DATA_TRUNCATED');
    expect(cell(table, 4, 'wt_ml')).toBeNull();
  });

  it('gives no volume by the common sequences where it was not computed', () => {
    const unknown = wideTable(aCohort([mixed[1], done('x', ['t1ce', 'flair'], 9, null)]));
    expect(cell(unknown, 2, 'wt_common_ml')).toBeNull();
  });

  it('has the answers that counted: a case’s own before its headers’, those before the cohort’s', () => {
    const child = { adult: { answer: 'no' as const, source: 'age 7' }, treated: null, glioma: null };
    const cohort = aCohort([
      aCase('as all'),
      aCase('by header', { suggestions: child }),
      aCase('own', { suggestions: child, answers: { adult: 'unknown' } }),
    ]);
    const answered = wideTable({ ...cohort, answers: { adult: 'yes' } });
    expect([1, 2, 3].map((row) => cell(answered, row, 'adult'))).toEqual(['yes', 'no', 'unknown']);
    expect(cell(wideTable(cohort), 1, 'adult')).toBeNull();
  });
});

describe('the long table', () => {
  it('has a row for each case, region and way to measure', () => {
    const edited = { ml: { WT: 21, TC: null, ET: 2 }, at: '2026-01-02' };
    const [first, ...others] = mixed;
    const table = longTable(aCohort([{ ...first, result: { ...first.result!, edited } }, ...others]));
    const rows = table.slice(1).filter(([name, , region]) => name === 'a' && region === 'WT');
    expect(rows.map((row) => row.slice(3, 6))).toEqual([
      ['all', combinationName(['t1', 't1ce', 'flair']), 20],
      ['common', 'flair', 18],
      ['edited', combinationName(['t1', 't1ce', 'flair']), 21],
    ]);
    expect(table.some(([name]) => name === 'd')).toBe(false);
  });
});

it('the dictionary explains every column of both, of a cohort with a reader’s masks too', () => {
  const reader = { folder: null, labels: 'brats2020', reading: '' };
  for (const cohort of [aCohort(mixed), { ...aCohort(mixed), reader }]) {
    const explained = dataDictionary(cohort).map(([table, column]) => `${table} ${column}`);
    for (const column of wideTable(cohort)[0]) expect(explained).toContain(`wide ${column}`);
    for (const column of longTable(cohort)[0]) expect(explained).toContain(`long ${column}`);
    const summary = cohort.reader ? readerTable(cohort)[0] : [];
    for (const column of summary) expect(explained).toContain(`reader ${column}`);
    const columns = wideTable(cohort)[0].length + longTable(cohort)[0].length + summary.length;
    expect(explained).toHaveLength(1 + columns);
    expect(wideTable(cohort)[0].includes('wt_reader_dice')).toBe(cohort.reader !== null);
  }
});
