import { describe, expect, it } from 'vitest';
import { withChanges } from '../../src/followup/changes.js';
import { DIFFERENCE, differenceOf } from '../../src/followup/difference.js';
import { inOrder } from '../../src/followup/timePoints.js';
import { box, GRID, maskOf } from './shapes.js';

const of = (ml: number | null, range: { lower: number; upper: number } | null = null) => ({
  ml,
  supported: ml !== null,
  range,
});

describe('per cent change', () => {
  it('is from the first, and from the smallest before', () => {
    const [, second, third] = withChanges([of(20), of(10), of(15)]);
    expect(second.fromBaseline).toMatchObject({ percent: -50 });
    expect(third.fromBaseline).toMatchObject({ percent: -25 });
    expect(third.fromNadir).toMatchObject({ percent: 50 });
  });

  it('spans what both ranges allow', () => {
    const [, later] = withChanges([of(20, { lower: 16, upper: 25 }), of(30, { lower: 20, upper: 40 })]);
    // 20 against 25, and 40 against 16.
    expect(later.fromBaseline).toEqual({ percent: 50, lower: -20, upper: 150 });
    const [, unknown] = withChanges([of(20), of(30, { lower: 20, upper: 40 })]);
    expect(unknown.fromBaseline).toEqual({ percent: 50, lower: null, upper: null });
  });

  it('is none from nothing, and none of what is not given', () => {
    const [first, second, third] = withChanges([of(0), of(4), of(null)]);
    expect([first.fromBaseline, second.fromBaseline, third.fromBaseline]).toEqual([null, null, null]);
  });
});

describe('what became of a region', () => {
  it('is grown where it touches what was, new where it touches nothing, gone where it was', () => {
    const before = maskOf(box([10, 10, 10], [10, 10, 10]), box([60, 60, 30], [5, 5, 5]));
    const after = maskOf(box([12, 10, 10], [11, 10, 10]), box([90, 90, 20], [6, 6, 6]));
    const { map, ml } = differenceOf(before.data, after.data, GRID, 'ET');
    expect(ml).toEqual({ unchangedMl: 0.8, grownMl: 0.3, goneMl: 0.325, newMl: 0.216 });
    const at = (i: number, j: number, k: number) => map[i + GRID.size[0] * (j + GRID.size[1] * k)];
    expect([
      at(15, 15, 15),
      at(22, 15, 15),
      at(10, 15, 15),
      at(62, 62, 32),
      at(92, 92, 22),
      at(0, 0, 0),
    ]).toEqual([DIFFERENCE.unchanged, DIFFERENCE.grown, DIFFERENCE.gone, DIFFERENCE.gone, DIFFERENCE.new, 0]);
  });
});

describe('the order of time points', () => {
  it('is that of their dates, or as given where one is not known', () => {
    const points = [{ date: '2024-09-05' }, { date: '2024-03-12' }, { date: '2024-09-05', n: 2 }];
    expect(inOrder(points)).toEqual([points[1], points[0], points[2]]);
    const unknown = [{ date: '2024-09-05' }, { date: null }, { date: '2024-03-12' }];
    expect(inOrder(unknown)).toEqual(unknown);
  });
});
