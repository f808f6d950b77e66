import type { CohortResult } from '../contract/cohort.js';
import type { CaseReport } from '../contract/report.js';
import { warningsIn } from '../pipeline/report.js';

/** What a cohort keeps of a case's report. */
export function cohortResult(report: CaseReport): CohortResult {
  const { volumes, agreement } = report.combinations[report.combination];
  const { name, version, hash } = report.model;
  return {
    finishedAt: report.finishedAt,
    combination: report.combination,
    volumes,
    subsets: report.subsets,
    agreement,
    warnings: warningsIn(report),
    model: { name, version, hash },
    seconds: report.seconds.total ?? 0,
    answers: report.answers ?? {},
    edited: null,
  };
}
