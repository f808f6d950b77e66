import type { Population } from '../terms.js';
import type { Answers } from './cases.js';
import { ADULT_BRAIN_ML, type Outside, wasTrainedOn } from './population.js';
import type { Warning } from './results.js';

/** What was answered about a patient, and what answers are held against. */
export interface Answered {
  /** Null where nobody was asked. */
  readonly answers: Answers | null;
  /** What headers and names suggest: said where nobody was asked. That they say nothing means nothing. */
  readonly suggestions: Readonly<Record<'adult' | 'treated', Suggested | null>>;
  /** Whom the model was trained on; null: no model is in play yet. */
  readonly population: Population | null;
}

interface Suggested {
  readonly answer: boolean;
  readonly source: string;
}

/**
 * The warnings about a case, with those that follow from the answers alone: looked up again whenever an answer changes.
 *
 * @param found of `caseWarnings`.
 */
export function withAnswers(found: readonly Warning[], about: Answered): Warning[] {
  const isLost = ({ code }: Warning) => code === 'SEQUENCE_LOST';
  return [
    ...found.filter(isLost),
    ...suggestedWarnings(about),
    ...found.filter((warning) => !isLost(warning)),
    ...outsideWarnings(about),
    ...doubtedAnswers(about, found),
  ];
}

/** What headers say against using the model, where nobody was asked. */
function suggestedWarnings({ answers, suggestions: { adult, treated }, population }: Answered): Warning[] {
  if (answers) return [];
  const suggested = (reason: 'child' | 'treated', source: string): Warning[] =>
    population && wasTrainedOn(population, reason)
      ? []
      : [{ code: 'HEADERS_SUGGEST', reason, source, population }];
  return [
    ...(adult?.answer === false ? suggested('child', adult.source) : []),
    ...(treated?.answer ? suggested('treated', treated.source) : []),
  ];
}

/** What each answer makes of a patient; `rare`: most models do not know such patients. `unknown` is no warning: it stands in the report. */
const PATIENTS: readonly {
  readonly question: keyof Answers;
  readonly answer: 'yes' | 'no';
  readonly is: Outside;
  readonly rare: boolean;
}[] = [
  { question: 'adult', answer: 'no', is: 'child', rare: true },
  { question: 'treated', answer: 'yes', is: 'treated', rare: true },
  { question: 'glioma', answer: 'no', is: 'notGlioma', rare: true },
  { question: 'adult', answer: 'yes', is: 'adult', rare: false },
  { question: 'treated', answer: 'no', is: 'untreated', rare: false },
  { question: 'glioma', answer: 'yes', is: 'glioma', rare: false },
];

/** Where it is not known whom the model was trained on, only what is rare is warned of. */
function outsideWarnings({ answers, population }: Answered): Warning[] {
  if (!answers || !population) return [];
  return PATIENTS.filter(({ question, answer, is, rare }) => {
    const known = wasTrainedOn(population, is);
    return answers[question] === answer && (known === false || (rare && known === null));
  }).map(({ is }) => ({ code: 'OUTSIDE_TRAINING', reason: is, population }));
}

/** Answers that a check contradicts. */
function doubtedAnswers({ answers }: Answered, found: readonly Warning[]): Warning[] {
  const isSmall = found.some(
    (w) => w.code === 'BRAIN_IMPLAUSIBLE' && w.check === 'volume' && w.value < ADULT_BRAIN_ML[0],
  );
  const hasFluid = found.some(({ code }) => code === 'FLUID_IN_TUMOUR');
  return [
    ...(answers?.adult === 'yes' && isSmall ? [{ code: 'ANSWER_DOUBTED', answer: 'adult' } as const] : []),
    ...(answers?.treated === 'no' && hasFluid
      ? [{ code: 'ANSWER_DOUBTED', answer: 'untreated' } as const]
      : []),
  ];
}
