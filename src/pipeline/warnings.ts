import { CUT_OFFS } from '../checks/checkWarnings.js';
import type { Answers } from '../contract/cases.js';
import { type Outside, wasTrainedOn } from '../contract/population.js';
import type { Warning } from '../contract/results.js';
import type { Problem } from '../errors.js';
import type { Suggestions } from '../intake/candidate.js';
import type { Lost } from '../open/openInputs.js';
import type { PreparationStep } from '../prepare/preparation.js';
import type { Population } from '../terms.js';
import type { Segmented } from './caseSource.js';

/** What warnings about a case follow from. */
export interface CaseFacts {
  /** How the images were prepared; null where they were used as they are. */
  readonly steps: readonly Pick<PreparationStep, 'step' | 'sequence' | 'verdict' | 'problem'>[] | null;
  /** Checks of the input that failed and were overridden. */
  readonly overridden: readonly Problem[];
  /** Of `imageWarnings`. */
  readonly images: readonly Warning[];
  /** Devices that failed in this run; the CPU repeated it. */
  readonly failedDevices: readonly string[];
  /** Null where nobody was asked. */
  readonly answers: Answers | null;
  /** What headers and names suggest: said where nobody was asked. */
  readonly suggestions: Suggestions;
  /** Sequences that are there and could not be used. */
  readonly lost: readonly Lost[];
  /** Whom the model was trained on; null: no model is in play yet. */
  readonly population: Population | null;
}

/** Warnings about the input, the device and the answers; those of one combination stand with it. */
export function caseWarnings({
  steps,
  overridden,
  images,
  failedDevices,
  answers,
  suggestions,
  lost,
  population,
}: CaseFacts): Warning[] {
  const doubtful = steps?.filter(({ verdict }) => verdict === 'doubtful' || verdict === 'failed') ?? [];
  return [
    ...lost.map((one): Warning => ({ code: 'SEQUENCE_LOST', ...one })),
    ...(answers === null ? suggestedWarnings(suggestions, population) : []),
    ...doubtful.map(
      ({ step, sequence, problem }): Warning => ({
        code: 'PREPARATION_DOUBTFUL',
        step,
        sequence,
        problem: problem && { ...problem },
      }),
    ),
    ...oncePerCode(overridden).map((problem): Warning => ({ code: 'CHECK_OVERRIDDEN', problem })),
    ...images,
    ...[...new Set(failedDevices)].map((device): Warning => ({ code: 'REPEATED_ON_CPU', device })),
    ...(population ? answerWarnings(answers, population) : []),
    ...doubtedAnswers(answers, images),
  ];
}

/** Warnings about a segmented case, with what was answered since. */
export function warningsWith(
  { source, overridden, imageWarnings, events, population }: Segmented,
  answers: Answers | null,
): Warning[] {
  const { prepared, suggestions, lost } = source.about;
  return caseWarnings({
    steps: prepared?.steps ?? null,
    overridden,
    images: imageWarnings,
    failedDevices: events.map(({ device }) => device),
    answers,
    suggestions,
    population,
    lost,
  });
}

/** One check may fail for several images: the sentence is the same. */
function oncePerCode(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.toReversed().map((problem) => [problem.code, problem])).values()].reverse();
}

/** What headers say against using the model. That nothing is said means nothing. */
function suggestedWarnings({ adult, treated }: Suggestions, population: Population | null): Warning[] {
  const suggested = (reason: 'child' | 'treated', source: string): Warning[] =>
    population && wasTrainedOn(population, reason)
      ? []
      : [{ code: 'HEADERS_SUGGEST', reason, source, population }];
  return [
    ...(adult?.answer === false ? suggested('child', adult.source) : []),
    ...(treated?.answer ? suggested('treated', treated.source) : []),
  ];
}

/** Answers that a check contradicts. */
function doubtedAnswers(answers: Answers | null, images: readonly Warning[]): Warning[] {
  const isSmall = images.some(
    (w) => w.code === 'BRAIN_IMPLAUSIBLE' && w.check === 'volume' && w.value < CUT_OFFS.brainMl[0],
  );
  const hasFluid = images.some(({ code }) => code === 'FLUID_IN_TUMOUR');
  return [
    ...(answers?.adult === 'yes' && isSmall ? [{ code: 'ANSWER_DOUBTED', answer: 'adult' } as const] : []),
    ...(answers?.treated === 'no' && hasFluid
      ? [{ code: 'ANSWER_DOUBTED', answer: 'untreated' } as const]
      : []),
  ];
}

/**
 * What the answers say against using the model. `unknown` is no warning: it stands in the report. Where it is not known whom the
 * model was trained on, only what most models do not know is warned of: children, treated patients, other tumours than gliomas.
 */
function answerWarnings(answers: Answers | null, population: Population): Warning[] {
  if (!answers) return [];
  const rare: readonly (readonly [applies: boolean, patient: Outside])[] = [
    [answers.adult === 'no', 'child'],
    [answers.treated === 'yes', 'treated'],
    [answers.glioma === 'no', 'notGlioma'],
  ];
  const usual: typeof rare = [
    [answers.adult === 'yes', 'adult'],
    [answers.treated === 'no', 'untreated'],
    [answers.glioma === 'yes', 'glioma'],
  ];
  const outside = [
    ...rare.filter(([applies, patient]) => applies && wasTrainedOn(population, patient) !== true),
    ...usual.filter(([applies, patient]) => applies && wasTrainedOn(population, patient) === false),
  ];
  return outside.map(([, reason]) => ({ code: 'OUTSIDE_TRAINING', reason, population }));
}
