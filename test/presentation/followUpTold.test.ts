import { describe, expect, it } from 'vitest';
import type { FollowUpReport } from '../../src/contract/index.js';
import { lastInterval, toldOpen, toldWarnings } from '../../src/presentation/followUpTold.js';
import {
  alignmentWarning,
  DATES_UNKNOWN,
  MODELS_DIFFER,
  mixedWarning,
  openCriteria,
  treatedWarning,
} from '../../src/presentation/index.js';

const ADULTS = { age: ['adults'], treatment: ['before'], tumours: ['glioma'] } as const;
const point = (date: string | null, combination: string, verdict: string | null) => ({
  title: 'a folder',
  date,
  combination,
  alignment: verdict && { verdict },
});
const points = [
  point('2024-03-12', 't1+flair', null),
  point(null, 'flair', 'doubtful'),
  point('2024-09-05', 'flair', 'good'),
  point('2024-09-30', 'flair', 'failed'),
];
const warnings = [
  treatedWarning(ADULTS as never, ['yes', null, null, null]),
  mixedWarning(['t1+flair', 'flair', 'flair', 'flair'], 'flair', true),
  MODELS_DIFFER,
  DATES_UNKNOWN,
  alignmentWarning('a folder', 'doubtful'),
  alignmentWarning('2024-09-30', 'failed'),
];
const report = {
  points,
  common: 'flair',
  by: 'common',
  warnings,
  open: openCriteria(25),
} as unknown as FollowUpReport;

describe('a timeline told again from its report', () => {
  it('says every warning and every open criterion in the words that the report has', () => {
    expect(warnings).not.toContain(null);
    // New objects, so that nothing is merely handed on.
    const read = JSON.parse(JSON.stringify(report)) as FollowUpReport;
    for (const one of [...read.warnings, ...read.open]) Object.assign(one, { was: true });
    expect(toldWarnings(read, ADULTS as never)).toEqual(warnings);
    expect(toldOpen(read)).toEqual(report.open);
  });

  it('leaves what it cannot tell again', () => {
    const odd = { ...report, warnings: [{ code: 'NEW', text: 'Something new.' }, warnings[0]] };
    expect(toldWarnings(odd as FollowUpReport, null)).toEqual(odd.warnings);
  });

  it('counts days between the last two, where both have a date', () => {
    expect(lastInterval(points.map(({ date }) => date))).toBe(25);
    expect(lastInterval(['2024-03-12', null])).toBeNull();
  });
});
