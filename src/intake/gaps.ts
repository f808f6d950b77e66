import type { FoundSeries, StudyCandidate } from './candidate.js';
import { chooseSeries, questionsAbout } from './choose.js';
import { settleContrast } from './examination.js';

/** How interpolation would make a usable stack of a series that only its slices' places keep out; null where it would not. */
export function mendOf({ source, setAside }: FoundSeries): string | null {
  if (source.kind !== 'dicom' || setAside === null) return null;
  const { defect, mend } = source.volume;
  return setAside === defect ? mend : null;
}

/** The series taken back, with what is interpolated in it; as it is where there is nothing to mend. */
export function mended(one: FoundSeries): FoundSeries {
  const mend = mendOf(one);
  if (mend === null) return one;
  return { ...one, setAside: null, mended: mend, reason: [one.reason, mend].filter(Boolean).join('; ') };
}

/** The candidate after the user accepted gaps: a series with one missing or with uneven slices serves where no whole one does. */
export function acceptGaps(candidate: StudyCandidate): StudyCandidate {
  if (!candidate.series.some((one) => mendOf(one) !== null)) return candidate;
  const series = settleContrast(candidate.series.map(mended), candidate);
  return { ...candidate, series, choices: chooseSeries(series), questions: questionsAbout(series) };
}
