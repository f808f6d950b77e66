import { basename } from 'node:path';
import { problemText } from '../contract/messages.js';
import type { Problem } from '../errors.js';
import type { FoundSeries, Scan, StudyCandidate, Suggestions } from '../intake/candidate.js';
import { mendOf } from '../intake/gaps.js';
import { MODALITIES, type Modality } from '../terms.js';
import { notTaken, seriesLabel } from './chooseStudy.js';

/** A sequence that is there and cannot be used, and that no other series serves as. */
export interface Lost {
  readonly sequence: Modality;
  readonly series: string;
  readonly reason: string;
  /** The user may have it interpolated. */
  readonly mendable: boolean;
}

/** What was found beside the images that are used: nothing is lost without a word. */
export interface Account {
  /** Series and files that serve as no sequence, each with the reason. */
  readonly notTaken: readonly { readonly file: string; readonly reason: string }[];
  readonly lost: readonly Lost[];
  /** What headers and names say of age and treatment. */
  readonly suggestions: Suggestions;
}

/** @param problems files that look like images and cannot be read. */
export function accountOf(candidate: StudyCandidate, problems: Scan['problems'] = []): Account {
  return {
    notTaken: [...notTaken(candidate), ...problems.map(({ problem, count }) => unreadable(problem, count))],
    lost: lostIn(candidate),
    suggestions: candidate.suggestions,
  };
}

type Choosing = Pick<StudyCandidate, 'series' | 'choices'>;

export function lostIn(candidate: Choosing): Lost[] {
  return lostSeries(candidate).map(({ sequence, series }) => ({
    sequence,
    series: seriesLabel(series),
    reason: series.setAside!,
    mendable: mendOf(series) !== null,
  }));
}

/** Sequences without a series of their own, and the best of those that only a defect keeps out. */
export function lostSeries({ series, choices }: Choosing): { sequence: Modality; series: FoundSeries }[] {
  return MODALITIES.filter((modality) => !choices[modality]).flatMap((sequence) => {
    const there = series.filter(
      (one) => one.sequence === sequence && one.setAside !== null && one.judgement?.aside === null,
    );
    if (there.length === 0) return [];
    return [{ sequence, series: there.reduce((best, one) => (one.files > best.files ? one : best)) }];
  });
}

function unreadable(problem: Problem, count: number): { file: string; reason: string } {
  const { what } = problemText(problem);
  const found = problem.found ? ` (${problem.found})` : '';
  const more = count > 1 ? `; ${count - 1} more like it` : '';
  return { file: basename(problem.file ?? 'a file'), reason: `${what.replace(/\.$/, '')}${found}${more}` };
}
