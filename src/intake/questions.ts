import { QuorumError } from '../errors.js';
import { MODALITY_TITLES } from '../terms.js';
import type { FoundSeries, Question, StudyCandidate } from './candidate.js';

/** How a series is called in a list: its description and number, or its file. */
export function titleOf({ about, source, id }: FoundSeries): string {
  if (source.kind === 'file') return source.file.split(/[\\/]/).at(-1)!;
  const number = about.seriesNumber === undefined ? id.slice(0, 8) : `series ${about.seriesNumber}`;
  return about.description ? `${about.description} (${number})` : number;
}

/**
 * Nothing is picked silently: where it is in doubt which series a sequence is, the user has to say.
 * @throws QuorumError SEQUENCE_AMBIGUOUS (`found`: the candidates; `expected`: how to choose).
 */
export function refuseQuestions({ questions, series }: StudyCandidate): void {
  const [first] = questions;
  if (!first) return;
  const lines = questions.flatMap(({ sequences, series: ids, why }) => {
    const named = series.filter(({ id }) => ids.includes(id));
    return [
      `\n    in doubt: ${sequences.map((m) => MODALITY_TITLES[m]).join(' and ')}: ${why}`,
      ...named.map((one) => `\n      ${titleOf(one)}: ${one.reason}`),
    ];
  });
  const options = questions.flatMap(({ sequences }) => sequences);
  const files = questions.flatMap(({ series: ids }) =>
    series.flatMap(({ id, source }) => (ids.includes(id) && source.kind === 'file' ? [source.file] : [])),
  );
  throw new QuorumError({
    code: 'SEQUENCE_AMBIGUOUS',
    field: first.sequences[0],
    found: lines.join(''),
    expected: `your choice: ${options.map((m) => `--${m} FILE or series number`).join(', ')}`,
    ...(files.length > 0 ? { files } : {}),
  });
}

/**
 * What a series stands as where the user can still choose: `other` when it is set aside, or alone in doubt. Of several that a question
 * is about each stands as the sequence that they claim, so that none serves until one is chosen.
 */
export function standsAs(
  { id, sequence, setAside, doubt }: FoundSeries,
  questions: readonly Question[],
): FoundSeries['sequence'] {
  if (setAside !== null) return 'other';
  if (doubt === null) return sequence;
  const isAsked = questions.some(
    ({ series, sequences }) =>
      series.includes(id) && series.length > 1 && sequences.some((m) => m === sequence),
  );
  return isAsked ? sequence : 'other';
}
