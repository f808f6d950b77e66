import { describe, expect, it } from 'vitest';
import type { RunDice } from '../../src/research/dice.js';
import { foldsTable, summariseFolds } from '../../src/research/foldsSummary.js';

const region = (values: Record<string, number>) => ({
  mean: null,
  low: null,
  high: null,
  patients: 0,
  values,
});
const fold = (values: Record<string, number>): RunDice => ({
  kind: 'training-dice',
  description: '',
  test: null,
  validation: {
    score: 0,
    combinations: { flair: { WT: region(values), TC: region({}), ET: region({}) } },
  },
});

describe('folds put together', () => {
  const summary = summariseFolds([fold({ a: 0.2, b: 0.4 }), fold({ c: 0.9 }), fold({})]);

  it('score each patient once, and keep the folds apart', () => {
    const { WT, TC } = summary.combinations[0].regions;
    expect([summary.folds, summary.patients]).toEqual([3, 3]);
    expect(WT.mean).toBeCloseTo(0.5, 12);
    expect(WT.folds).toEqual([expect.closeTo(0.3, 12), 0.9, null]);
    // Sample standard deviation of 0.3 and 0.9.
    expect(WT.deviation).toBeCloseTo(0.6 / Math.SQRT2, 12);
    expect(WT.interval!.low).toBeGreaterThanOrEqual(0.2);
    expect(TC).toEqual({
      mean: null,
      interval: null,
      patients: 0,
      folds: [null, null, null],
      deviation: null,
    });
  });

  it('say in the table what is not known', () => {
    expect(foldsTable(summary)).toContain('| ○ | ○ | ○ | ● | 50.0 |');
    expect(foldsTable(summary)).toContain('| – | – | – | 0 |');
  });
});
