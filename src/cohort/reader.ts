import { basename } from 'node:path';
import type { Cohort, CohortCase } from '../contract/cohort.js';
import { problemForReport } from '../export/names.js';
import type { ReaderComparison, ReaderPair } from '../pipeline/tasks.js';
import type { SoughtCase } from './readerMasks.js';
import type { CohortState } from './stateFile.js';

/** A reader's masks in a cohort's state. */

/** By what the mask of each case is looked for: the case's name, and its folder's or archive's. */
export function soughtCases(state: CohortState): SoughtCase[] {
  return state.cohort.cases.map((one) => {
    const paths = state.hasSource(one) && one.source?.study == null ? state.sourceOf(one).paths : [];
    return { name: one.name, also: paths.length === 1 ? [basename(paths[0])] : [] };
  });
}

/** The finished cases that have a reader's mask. */
export function readerPairs(
  { cases }: Cohort,
  output: string,
  masks: Readonly<Record<string, string>>,
): ReaderPair[] {
  return cases.flatMap(({ name, result }) =>
    result && masks[name] ? [{ name, output, result, file: masks[name] }] : [],
  );
}

/** Keeps what a comparison said, in place of every earlier one. */
export function keepComparison(
  state: CohortState,
  folder: string | null,
  masks: Readonly<Record<string, string>>,
  { labels, reading, cases: said }: ReaderComparison,
): Promise<void> {
  const isNeutral = state.cohort.options.neutralNames;
  const compared = (one: CohortCase): CohortCase => {
    const file = masks[one.name];
    if (!file) return { ...one, reader: null };
    const about = said[one.name];
    return {
      ...one,
      reader: {
        file: isNeutral ? null : file,
        of: about && one.result ? one.result.finishedAt : null,
        editedAt: (about && one.result?.edited?.at) ?? null,
        mask: about && 'mask' in about ? about.mask : 'segmented',
        scores: about && 'scores' in about ? about.scores : null,
        problem: about && 'problem' in about ? problemForReport(about.problem, isNeutral) : null,
      },
    };
  };
  return state.change((cohort) => ({
    ...cohort,
    reader: { folder: isNeutral ? null : folder, labels, reading },
    cases: cohort.cases.map(compared),
  }));
}
