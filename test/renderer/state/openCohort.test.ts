import { expect, it } from 'vitest';
import { OpenCohort } from '../../../renderer/state/openCohort.svelte.js';
import type { Client, CohortView, Settings } from '../../../src/contract/index.js';
import { aCase } from '../../cohort/cohorts.js';

type Kept = Settings['cohortColumns'];

/** A cohort of one case without a date, with the columns that were kept. */
function open(kept: Kept, about: Partial<CohortView> = {}) {
  const keeping: Kept[] = [];
  const cases = [{ ...aCase('a'), hasImages: true }];
  const view = { id: '1', cases, reader: null, ...about } as unknown as CohortView;
  const columns = { kept: () => kept, keep: (wanted: Kept) => keeping.push(wanted) };
  return { cohort: new OpenCohort({} as Client, view, null, columns), keeping };
}

it('a cohort shows the columns in which something stands, until the user chooses', () => {
  const { cohort } = open({});
  expect(cohort.shown.has('date')).toBe(false);
  expect(cohort.shown.has('agreement')).toBe(true);
  expect(cohort.shown.has('hd95WT')).toBe(false);
  const reader = { folder: null, labels: 'brats', reading: '' };
  expect(open({}, { reader }).cohort.shown.has('agreement')).toBe(false);
});

it('the columns that the user showed and hid are kept for the next cohort, all others not', () => {
  const { cohort, keeping } = open({ hd95WT: true });
  cohort.show('agreement', false);
  cohort.show('date', true);
  expect(cohort.shown.has('agreement')).toBe(false);
  expect(cohort.shown.has('date')).toBe(true);
  expect(keeping.at(-1)).toEqual({ hd95WT: true, agreement: false, date: true });

  const { cohort: next } = open(keeping.at(-1)!);
  expect(next.shown.has('agreement')).toBe(false);
  expect(next.shown.has('date')).toBe(true);
  expect(next.shown.has('hd95WT')).toBe(true);
  expect(next.shown.has('state')).toBe(true);
});
