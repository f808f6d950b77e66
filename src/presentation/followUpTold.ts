import type { z } from 'zod';
import type { FollowUpReport } from '../contract/followUp.js';
import type { populationSchema } from '../contract/population.js';
import type { ReportWarning } from '../contract/report.js';
import {
  alignmentWarning,
  DATES_UNKNOWN,
  MODELS_DIFFER,
  mixedWarning,
  openCriteria,
  treatedWarning,
} from './followUpText.js';
import { daysBetween } from './patients.js';

/** Whole days between the last two time points; null where a date is not known. */
export function lastInterval(dates: readonly (string | null)[]): number | null {
  const [before, last] = dates.slice(-2);
  return before && last ? daysBetween(before, last) : null;
}

/**
 * What a timeline's report warns of, in the language of whoever reads; what cannot be told again stays as it was written.
 *
 * @param population whom the model was trained on; null where the model is not there.
 */
export function toldWarnings(
  { warnings, points, common, by }: FollowUpReport,
  population: z.infer<typeof populationSchema> | null,
): ReportWarning[] {
  const askew = points.filter(({ alignment }) => alignment !== null && alignment.verdict !== 'good');
  return warnings.map((warning) => {
    switch (warning.code) {
      case DATES_UNKNOWN.code:
        return DATES_UNKNOWN;
      case MODELS_DIFFER.code:
        return MODELS_DIFFER;
      case 'COMBINATION_CHANGED':
        return (
          mixedWarning(
            points.map(({ combination }) => combination),
            common,
            by === 'common',
          ) ?? warning
        );
      case 'ALIGNMENT_FAILED':
      case 'ALIGNMENT_DOUBTFUL': {
        const point = askew.shift();
        return point
          ? alignmentWarning(point.date ?? point.title, point.alignment!.verdict as 'doubtful' | 'failed')
          : warning;
      }
      case 'TREATED': {
        const isSaid = /^The patient was /.test(warning.text);
        return (population && treatedWarning(population, [isSaid ? 'yes' : null])) ?? warning;
      }
      default:
        return warning;
    }
  });
}

/** What RANO 2.0 asks for beside size, in the language of whoever reads. */
export function toldOpen({ open, points }: FollowUpReport): ReportWarning[] {
  const told = openCriteria(lastInterval(points.map(({ date }) => date)));
  return open.map((one) => told.find(({ code }) => code === one.code) ?? one);
}
