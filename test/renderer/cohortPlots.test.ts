import { describe, expect, it } from 'vitest';
import { histogram, points, ranges } from '../../renderer/logic/cohortPlots.js';
import type { CohortRow } from '../../src/contract/index.js';
import type { Modality } from '../../src/terms.js';
import { aCase, aResult } from '../cohort/cohorts.js';

const volume = (ml: number | null) => ({ ml, supported: ml !== null });
function row(name: string, sequences: Modality[], WT: number, byFlair: number | null): CohortRow {
  const subsets = { flair: { WT: volume(byFlair), TC: volume(null), ET: volume(null) } };
  const result = aResult(sequences, { WT, TC: null, ET: null }, subsets);
  return { ...aCase(name, { sequences, state: 'done', result }), hasImages: true };
}
const rows: CohortRow[] = [
  row('a', ['t1', 'flair'], 3, 4),
  row('b', ['flair'], 55, null),
  row('c', ['t2', 'flair'], 57, 61),
  { ...aCase('d', { state: 'failed' }), hasImages: true },
];

describe('plots of a cohort', () => {
  it('count every given volume once, in bars of round ends', () => {
    const bars = histogram(rows, 'WT', 'all');
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(bars[0]).toMatchObject({ from: 0, count: 1 });
    expect(bars.find(({ from, to }) => from <= 56 && 56 < to)!.count).toBe(2);
    expect(histogram(rows, 'ET', 'all')).toEqual([]);
    // The largest stands in the last bar, at its end, and not in one without width.
    const round = histogram([row('e', ['flair'], 100, null), rows[0]], 'WT', 'all');
    expect(round.at(-1)).toMatchObject({ to: 100, count: 1 });
    expect(round.every(({ from, to }) => to > from)).toBe(true);
  });

  it('put a point where a case has both numbers; by the common sequences it is another', () => {
    expect(points(rows, 'WT', 'agreement', 'all').map(({ name, x, y }) => [name, x, y])).toEqual([
      ['a', 3, 0.9],
      ['b', 55, 0.9],
      ['c', 57, 0.9],
    ]);
    expect(points(rows, 'WT', 'sequences', 'common').map(({ x }) => x)).toEqual([4, 55, 61]);
    expect(points(rows, 'WT', 'ET', 'all')).toEqual([]);
  });

  it('list cases with their ranges, the largest first; a case without a range has none', () => {
    const [first] = rows;
    const result = first.result!;
    const withRange = { ...result.volumes, WT: { ...result.volumes.WT, range: { lower: 2, upper: 5 } } };
    const known = { ...first, result: { ...result, volumes: withRange } };
    expect(ranges([known, rows[1], rows[3]], 'WT')).toEqual([
      { name: 'b', ml: 55, range: null },
      { name: 'a', ml: 3, range: { lower: 2, upper: 5 } },
    ]);
  });
});
