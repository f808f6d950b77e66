import type { Answers } from '../contract/cases.js';
import type { PreparedSummary } from '../contract/preparation.js';
import type { CaseResult, Warning } from '../contract/results.js';
import type { Segmented } from '../worker/caseSource.js';

/** A finished segmentation with its warnings. */
export function resultOf(
  id: string,
  segmented: Segmented,
  answers: Answers | null,
  prepared: PreparedSummary | null,
): CaseResult {
  const warnings = [...preparationWarnings(prepared), ...caseWarnings(segmented, answers)];
  return { ...segmented.result, id, warnings };
}

function preparationWarnings(prepared: PreparedSummary | null): Warning[] {
  const doubtful = prepared?.steps.filter(({ verdict }) => verdict === 'doubtful' || verdict === 'failed');
  return (doubtful ?? []).map(
    ({ step, sequence, problem }): Warning => ({ code: 'PREPARATION_DOUBTFUL', step, sequence, problem }),
  );
}

function caseWarnings(
  { overridden, imageWarnings, failedDevices }: Segmented,
  answers: Answers | null,
): Warning[] {
  return [
    ...overridden.map((problem): Warning => ({ code: 'CHECK_OVERRIDDEN', problem })),
    ...imageWarnings,
    ...failedDevices.map((device): Warning => ({ code: 'REPEATED_ON_CPU', device })),
    ...answerWarnings(answers),
  ];
}

/** What the answers say against using a model of untreated adult gliomas. `unknown` is no warning: it stands in the report. */
export function answerWarnings(answers: Answers | null): Warning[] {
  const outside = (reason: 'child' | 'treated' | 'notGlioma'): Warning => ({
    code: 'OUTSIDE_TRAINING',
    reason,
  });
  return [
    ...(answers?.adult === 'no' ? [outside('child')] : []),
    ...(answers?.treated === 'yes' ? [outside('treated')] : []),
    ...(answers?.glioma === 'no' ? [outside('notGlioma')] : []),
  ];
}
