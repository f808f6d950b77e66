import { expect, it } from 'vitest';
import { partOf } from '../../src/jobs/context.js';

it('a part of a job reports as the whole: its share, where its stage ends, and how long the whole takes', () => {
  const reports: unknown[] = [];
  const report = partOf((...all) => reports.push(all), 0.6, 1);
  report('masks', 0.5, { until: 0.75, expected: 20, case: 'p1' });
  report('done', 1);
  expect(reports).toEqual([
    ['masks', 0.8, { case: 'p1', until: 0.9, expected: 50 }],
    ['done', 1, {}],
  ]);
});
