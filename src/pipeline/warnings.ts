import {
  type CheckFacts,
  CUT_OFFS,
  checkFacts,
  checkWarnings,
  type LookedAt,
} from '../checks/checkWarnings.js';
import type { Answers } from '../contract/cases.js';
import { type Outside, wasTrainedOn } from '../contract/population.js';
import type { CaseCombination, CheckName, Warning } from '../contract/results.js';
import type { Problem } from '../errors.js';
import type { Suggestions } from '../intake/candidate.js';
import { populationOf } from '../model/knowledgeSchema.js';
import type { ModelDescription } from '../model/schema.js';
import { isMeasured, supports } from '../model/support.js';
import type { Lost } from '../open/chooseStudy.js';
import type { Case } from '../prepare/case.js';
import type { PreparationStep } from '../prepare/preparation.js';
import {
  checkImages,
  type ImageFinding,
  type Normalised,
  normalisedBy,
  surfaceShare,
  tumourSurroundings,
} from '../segment/imageChecks.js';
import { weightedMean } from '../segment/influence.js';
import { tumourParts } from '../segment/resultChecks.js';
import {
  combinationName,
  type Modality,
  membersOf,
  type PerRegion,
  type Population,
  REGIONS,
} from '../terms.js';
import type { Component } from '../volume/connectedComponents.js';
import { type Part, shownPart } from '../volume/extent.js';
import type { Segmented } from './caseSource.js';

/**
 * Every warning about a result is made here, as a code with its facts; `contract/warnings.ts` has the sentences. A new one is a
 * member of `warningSchema`, a sentence, and a line in one of the functions: about a combination's mask, about the images, about the
 * case.
 */

type Knowledge = ModelDescription['knowledge'];
interface Facts extends Pick<CaseCombination, 'volumes' | 'agreement' | 'enhancingLesions'> {
  /** Dice with each member's mask alone; null with one sequence, and where it is not known. */
  readonly alone: PerRegion<readonly number[] | null>;
}

/** From this many separate enhancing lesions on, metastases must be thought of, unless the model knows better. */
const SEVERAL_LESIONS = 3;

/** Warnings about one combination's mask. */
export function combinationWarnings(
  members: readonly Modality[],
  { volumes, agreement, alone, enhancingLesions }: Facts,
  knowledge: Knowledge,
): Warning[] {
  const { agreementFlags, inputChecks } = knowledge;
  const warnings: Warning[] = [];
  const measured = isMeasured(knowledge, combinationName(members));
  if (!measured) warnings.push({ code: 'MODEL_NOT_MEASURED' });
  if (volumes.WT.ml === 0) warnings.push({ code: 'EMPTY_RESULT', sequences: [...members] });
  const several = inputChecks?.lesions?.atLeast ?? SEVERAL_LESIONS;
  if (enhancingLesions >= several && volumes.ET.supported)
    warnings.push({
      code: 'SEVERAL_ENHANCING_LESIONS',
      lesions: enhancingLesions,
      population: populationOf(knowledge),
    });
  for (const region of REGIONS)
    if (!volumes[region].supported) warnings.push({ code: 'REGION_NOT_SUPPORTED', region, measured });
  for (const region of REGIONS) {
    const flag = agreementFlags?.[region];
    const dice = agreement[region];
    if (!flag || dice === null || dice >= flag.below) continue;
    if (volumes[region].supported && volumes[region].ml > 0)
      warnings.push({ code: 'LOW_AGREEMENT', region, dice });
  }
  for (const region of REGIONS) {
    const doubt = knowledge.disagreement?.[region];
    const { supported, ml } = volumes[region];
    const dice = doubt && alone[region] && weightedMean(alone[region], members, doubt.weights);
    if (doubt && supported && ml > 0 && typeof dice === 'number' && dice < doubt.below)
      warnings.push({ code: 'SEQUENCES_DISAGREE', region, dice });
  }
  return warnings;
}

/**
 * Checks that could not say anything about a mask: the model has no cut-off for them, or the sequences do not allow them.
 *
 * @param present the sequences whose images were checked.
 */
export function missingChecks(
  present: readonly Modality[],
  { agreement }: Pick<CaseCombination, 'agreement'>,
  { agreementFlags, inputChecks }: Knowledge,
): CheckName[] {
  const agrees = REGIONS.some((region) => agreementFlags?.[region] && agreement[region] !== null);
  const isPair = (pair: string) => membersOf(pair).every((one) => present.includes(one));
  const swapped = Object.entries(inputChecks?.swapped ?? {}).some(([pair, check]) => check && isPair(pair));
  const uptake = inputChecks?.uptake && present.includes('t1') && present.includes('t1ce');
  return [
    ...(agrees ? [] : ['agreement' as const]),
    ...(swapped ? [] : ['swapped' as const]),
    ...(uptake ? [] : ['uptake' as const]),
    ...(inputChecks?.surface ? [] : ['surface' as const]),
  ];
}

/**
 * Checks of the images and the mask: whether the images show one head, their quality; then those around the found tumour, and where it lies. The network is not run
 * for them.
 *
 * @param looked of `lookAtImages`, of the same case.
 * @param labels the mask from all sequences, on the Case's grid.
 */
export function imageWarnings(
  prepared: Pick<Case, 'grid' | 'images'>,
  looked: LookedAt,
  labels: Uint8Array,
  description: ModelDescription,
): Warning[] {
  return imageWarningsBy(imageFacts(prepared, looked, labels, description), description);
}

/** What the checks of images and mask found, and what lies around the tumour. */
export interface ImageFacts extends CheckFacts {
  readonly around: AroundFacts | null;
}

/** Null without a tumour, or where the model has no cut-offs. */
type AroundFacts = { readonly findings: readonly ImageFinding[]; readonly surface: number | null };

/** All numbers that `imageWarnings` are made of; parameters as there. */
export function imageFacts(
  prepared: Pick<Case, 'grid' | 'images'>,
  looked: LookedAt,
  labels: Uint8Array,
  description: ModelDescription,
): ImageFacts {
  const marked = shownPart({ ...prepared.grid, data: labels });
  const parts = tumourParts(marked, prepared.grid);
  return {
    ...checkFacts(prepared, looked, labels, marked, parts),
    around: aroundTumour(prepared, labels, description, looked.normalised, marked, parts),
  };
}

/** The warnings that follow from them. */
export function imageWarningsBy(
  facts: ImageFacts,
  { knowledge }: Pick<ModelDescription, 'knowledge'>,
): Warning[] {
  const population = populationOf(knowledge);
  const checks = checkWarnings(facts, population);
  // Whole images tell more than what lies around a tumour: of 141 swaps in 30 brains they find all, without a false alarm.
  const isNamed = checks.some(({ code }) => code === 'SEQUENCES_SWAPPED' || code === 'SEQUENCE_MISNAMED');
  const isKnown = isNamed || facts.present.every((m) => facts.judged[m]);
  const around = tumourWarnings(facts.around, knowledge);
  return [
    ...checks,
    ...(enhancesNowhere(facts, knowledge) ? [{ code: 'NOTHING_ENHANCES' as const }] : []),
    ...around.filter(({ code }) => !isKnown || code !== 'SEQUENCES_SWAPPED'),
  ];
}

/** That no enhancing tumour is marked tells something only where the model is known to find it by these sequences. */
export function enhancesNowhere(
  { present, result }: Pick<CheckFacts, 'present' | 'result'>,
  knowledge: Pick<Knowledge, 'combinations'>,
): boolean {
  if (!result || result.share === 0 || !supports(knowledge, combinationName(present), 'ET')) return false;
  return result.uptake === null && result.uncovered !== null && result.uncovered <= CUT_OFFS.enhancingMl;
}

/** @param normalised what is compared. */
export function aroundTumour(
  prepared: Pick<Case, 'grid' | 'images'>,
  labels: Uint8Array,
  description: ModelDescription,
  normalised: Normalised = normalisedBy(prepared.images, description.normalisation),
  marked: Part | null = shownPart({ ...prepared.grid, data: labels }),
  parts: readonly Component[] = tumourParts(marked, prepared.grid),
): AroundFacts | null {
  const { inputChecks } = description.knowledge;
  if (!inputChecks || !marked) return null;
  const surroundings = tumourSurroundings(prepared, parts[0], description.grid, normalised);
  return {
    findings: checkImages(surroundings, inputChecks),
    surface: surfaceShare(prepared, labels, marked),
  };
}

/** By the cut-offs in model.json. */
export function tumourWarnings(around: AroundFacts | null, knowledge: Knowledge): Warning[] {
  if (!around) return [];
  const { surface } = knowledge.inputChecks ?? {};
  const share = around.surface;
  return [
    ...around.findings.map(
      (finding): Warning =>
        finding.kind === 'swapped'
          ? { code: 'SEQUENCES_SWAPPED', sequences: [...finding.sequences] }
          : { code: 'NO_CONTRAST_UPTAKE' },
    ),
    ...(surface && share !== null && share > Math.max(surface.above, CUT_OFFS.surface)
      ? [{ code: 'TUMOUR_AT_SURFACE' as const, share, population: populationOf(knowledge) }]
      : []),
  ];
}

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
