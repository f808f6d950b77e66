import { type OpenCase, problemText } from '../../src/contract/index.js';
import { reasonText } from '../../src/presentation/reasons.js';
import { MODALITY_TITLES } from '../../src/terms.js';

/** Why there is nothing to look at in a case, and what the user can do. */
export interface Unusable {
  readonly what: string;
  /** File by file, where they differ. */
  readonly reasons: readonly string[];
  readonly remedy: string;
}

type Opened = Pick<OpenCase, 'available' | 'ambiguous' | 'files' | 'questions' | 'lost'>;

/** Null when at least one sequence can be used. */
export function whyUnusable({ available, ambiguous, files, questions, lost }: Opened): Unusable | null {
  if (available.length > 0) return null;
  if (questions.length > 0)
    return {
      what: 'It is not settled which series is which sequence.',
      reasons: questions.map(({ why }) => `${why[0].toUpperCase()}${why.slice(1)}.`),
      remedy: 'Say on the left which one is which.',
    };
  if (ambiguous.length > 0)
    return {
      what: 'Several files may be the same sequence.',
      reasons: [],
      remedy: 'Say on the left which file is which.',
    };
  if (lost.length > 0)
    return {
      what: 'No series can be used as it is.',
      reasons: lost.map(
        ({ sequence, reason }) => `${MODALITY_TITLES[sequence]} is there, but ${reasonText(reason).text}.`,
      ),
      remedy: lost.some(({ mend }) => mend !== null)
        ? 'On the left you can have it interpolated; better is a complete export.'
        : 'Export the whole series again.',
    };
  const images = files.filter(({ sequence }) => sequence !== 'mask');
  if (images.length === 0) return { ...problemText({ code: 'ONLY_MASKS' }), reasons: [] };
  const broken = images.flatMap(({ name, problem }) =>
    problem ? [{ name, text: problemText(problem) }] : [],
  );
  if (broken.length < images.length)
    return {
      what: 'No file is recognised as T1, T1ce, T2 or FLAIR.',
      reasons: [],
      remedy: 'Say on the left which file is which.',
    };
  const [first] = broken;
  const alike = broken.every(({ text }) => text.what === first.text.what);
  return {
    what:
      images.length === 1 ? 'The image cannot be read.' : `None of the ${images.length} images can be read.`,
    reasons: alike
      ? [`${broken.map(({ name }) => name).join(', ')}: ${first.text.what}`]
      : broken.map(({ name, text }) => `${name}: ${text.what}`),
    remedy: first.text.remedy,
  };
}
