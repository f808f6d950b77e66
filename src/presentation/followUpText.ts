import type { z } from 'zod';
import type { Answers } from '../contract/cases.js';
import type { Change, RanoRegion, SizeJudgement } from '../contract/followUp.js';
import { outsideTraining, type populationSchema, wasTrainedOn } from '../contract/population.js';
import type { ReportWarning } from '../contract/report.js';
import { titles } from '../contract/warnings.js';
import { type Combination, combinationName, membersOf } from '../terms.js';

/** What is said of several examinations of one patient: the same in window, terminal and files. */

export const RANO_TITLES: Readonly<Record<RanoRegion, string>> = {
  ET: 'Enhancing disease',
  WT: 'T2/FLAIR abnormality',
};

/** Stands with every measurement. */
export const RANO_NOTICE =
  'Measured by the limits of RANO 2.0 (Wen et al., J Clin Oncol 2023) from masks, by size alone. This is no response assessment.';

/** What the two regions are. */
export const RANO_MEANING =
  'Enhancing disease is the enhancing tumour. The T2/FLAIR abnormality is the whole tumour: the model cannot tell oedema from infiltration. Necrosis and cysts inside are measured across.';

const SUGGESTIONS: Readonly<Record<SizeJudgement['suggestion'], string>> = {
  complete: 'nothing is left: within the limits of complete response by size alone',
  partial: 'within the limits of partial response by size alone',
  minor: 'within the limits of minor response by size alone',
  stable: 'within the limits of stable disease by size alone',
  progression: 'within the limits of progression by size alone',
  'not-known': 'no suggestion',
};

const REASONS: Readonly<Record<NonNullable<SizeJudgement['reason']>, string>> = {
  first: 'the first time point, taken as the baseline',
  'not-supported': 'not reliable from these sequences',
  'combination-changed': 'made from other sequences than the baseline',
  'model-changed': 'made by another model than the baseline',
  'no-target': 'nothing at the baseline is measurable (10 × 10 mm on two slices)',
  'nothing-before': 'nothing was there at the baseline',
  'not-aligned': 'it could not be aligned with the baseline',
  'new-lesion': 'a new measurable lesion',
  'minor-unknown':
    'a minor response is not excluded, since no limit of volume for it is confirmed against the paper',
};

/** `within the limits of progression by size alone: a new measurable lesion`. */
export function suggestionText({ suggestion, reason }: Pick<SizeJudgement, 'suggestion' | 'reason'>): string {
  return reason === null ? SUGGESTIONS[suggestion] : `${SUGGESTIONS[suggestion]}: ${REASONS[reason]}`;
}

/** In a table: a few words. */
export function shortSuggestion({
  suggestion,
  reason,
}: Pick<SizeJudgement, 'suggestion' | 'reason'>): string {
  return reason === 'minor-unknown' ? 'stable or minor response' : SHORT_SUGGESTIONS[suggestion];
}

const SHORT_SUGGESTIONS: Readonly<Record<SizeJudgement['suggestion'], string>> = {
  complete: 'complete response',
  partial: 'partial response',
  minor: 'minor response',
  stable: /* @wc-include */ 'stable',
  progression: /* @wc-include */ 'progression',
  'not-known': 'no suggestion',
};

/** `+42 %`; whole per cent, with a true minus. */
export function percentText(value: number | null): string {
  if (value === null) return '–';
  const whole = Math.round(value);
  if (whole === 0) return '±0 %';
  return `${whole < 0 ? '−' : '+'}${Math.abs(whole)} %`;
}

/** `+42 % (−10 % to +130 %)`: what both ranges allow stands behind it. */
export function changeText(change: Change | null): string {
  if (!change) return '–';
  const { percent, lower, upper } = change;
  if (lower === null || upper === null) return percentText(percent);
  return `${percentText(percent)} (${percentText(lower)} to ${percentText(upper)})`;
}

/** Whether the ranges of the two volumes allow that nothing changed. */
export function isWithinRanges(change: Change | null): boolean {
  return (
    change !== null &&
    change.lower !== null &&
    change.upper !== null &&
    change.lower <= 0 &&
    change.upper >= 0
  );
}

type Population = z.infer<typeof populationSchema>;

/**
 * That follow-up examinations are mostly made after treatment, and what the model knows of that; null where it was trained on it, or the
 * user said of every time point that nobody was treated.
 *
 * @param answers of each time point.
 */
export function treatedWarning(
  population: Population,
  answers: readonly (Answers['treated'] | null)[],
): ReportWarning | null {
  if (wasTrainedOn(population, 'treated') === true) return null;
  if (answers.every((answer) => answer === 'no')) return null;
  const whom = answers.includes('yes')
    ? 'The patient was operated or irradiated.'
    : 'Most examinations of a follow-up are made after an operation or radiation.';
  return { code: 'TREATED', text: `${whom} ${outsideTraining(population, 'treated')}` };
}

/** Where time points were made from different sequences. */
export function mixedWarning(
  used: readonly Combination[],
  common: Combination | null,
  isByCommon: boolean,
): ReportWarning | null {
  const kinds = [...new Set(used)];
  if (kinds.length < 2) return null;
  const what = `The time points have different sequences (${kinds.map((one) => titles(membersOf(one))).join('; ')})`;
  if (common === null)
    return {
      code: 'COMBINATION_CHANGED',
      text: `${what} and none in common: their volumes are not comparable.`,
    };
  const text = isByCommon
    ? `${what}: compared here by those that all have, ${titles(membersOf(common))}.`
    : `${what}: a change may come from that alone. Compare by those that all have, ${titles(membersOf(common))}.`;
  return { code: 'COMBINATION_CHANGED', text };
}

export const DATES_UNKNOWN: ReportWarning = {
  code: 'DATES_UNKNOWN',
  text: 'Not every time point has a date: they stand in the order in which they were given, the first as the baseline.',
};

export const MODELS_DIFFER: ReportWarning = {
  code: 'MODELS_DIFFER',
  text: 'The time points were segmented by different models: a change may come from that alone.',
};

/** What is said of a time point, named by its title, whose alignment with the first is in doubt or failed. */
export function alignmentWarning(title: string, verdict: 'doubtful' | 'failed'): ReportWarning {
  return verdict === 'failed'
    ? {
        code: 'ALIGNMENT_FAILED',
        text: `${title} could not be aligned with the first time point: there is no map of what changed, and targets are not followed.`,
      }
    : {
        code: 'ALIGNMENT_DOUBTFUL',
        text: `The alignment of ${title} is in doubt: look at both images before you use what changed.`,
      };
}

/** What RANO 2.0 asks for beside size. `days` between the last two time points; null: not known. */
export function openCriteria(days: number | null): ReportWarning[] {
  const confirmed =
    days === null
      ? 'The time between the examinations is not known.'
      : `The last two examinations lie ${days} ${days === 1 ? 'day' : 'days'} apart.`;
  return [
    {
      code: 'BASELINE',
      text: 'Which examination is the baseline: after radiation the first one after it, at recurrence the last one before the new treatment. Here the first time point is taken.',
    },
    {
      code: 'RADIATION',
      text: 'How long ago radiation ended: within 12 weeks an increase may be an effect of treatment and has to be confirmed.',
    },
    { code: 'CORTICOSTEROIDS', text: 'The dose of corticosteroids, and whether it changed.' },
    { code: 'CLINICAL_STATUS', text: 'The clinical state of the patient, and whether it is worse.' },
    {
      code: 'CONFIRMATION',
      text: `A response counts when it is confirmed at least 4 weeks later. ${confirmed}`,
    },
    {
      code: 'NOT_MEASURED',
      text: 'Disease that is not measurable, lesions that are no target, and spread along the meninges.',
    },
    {
      code: 'CAVITY',
      text: 'Whether a cavity, a cyst, blood, an infarct or an effect of treatment is among what is measured.',
    },
    {
      code: 'TREATMENT',
      text: 'The treatment: agents that act on vessels reduce enhancement without less tumour.',
    },
    {
      code: 'COMPARABLE',
      text: 'Whether scanner, slice thickness and contrast agent are comparable.',
    },
  ];
}

/** The sequences that all have; null where there is none. */
export function commonOf(used: readonly Combination[]): Combination | null {
  const [first, ...others] = used.map((one) => membersOf(one));
  const common = first.filter((m) => others.every((members) => members.includes(m)));
  return common.length === 0 ? null : combinationName(common);
}
