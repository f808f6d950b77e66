import { type Modality, REGIONS } from '../../terms.js';
import type { Answers } from '../contract/cases.js';
import type { CaseCombination, CaseResult, Warning } from '../contract/results.js';
import type { Segmented } from '../worker/caseSource.js';

/** From this many separate enhancing lesions on, metastases must be thought of. */
const SEVERAL_LESIONS = 3;

/** Agreement of the whole tumour below which the sequences are said to disagree (our choice, not calibrated). */
const LOW_AGREEMENT = 0.7;

/** A finished segmentation with its warnings. */
export function resultOf(id: string, segmented: Segmented, answers: Answers | null): CaseResult {
  const combinations = Object.entries(segmented.result.combinations).map(([name, facts]) => [
    name,
    { ...facts, warnings: combinationWarnings(name.split('+') as Modality[], facts) },
  ]);
  return {
    ...segmented.result,
    id,
    combinations: Object.fromEntries(combinations) as CaseResult['combinations'],
    warnings: caseWarnings(segmented, answers),
  };
}

function caseWarnings({ overridden, failedDevices }: Segmented, answers: Answers | null): Warning[] {
  return [
    ...overridden.map((problem): Warning => ({ code: 'CHECK_OVERRIDDEN', problem })),
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

function combinationWarnings(members: Modality[], facts: Omit<CaseCombination, 'warnings'>): Warning[] {
  const { volumes, agreement, enhancingLesions } = facts;
  const warnings: Warning[] = [];
  if (volumes.WT.ml === 0) warnings.push({ code: 'EMPTY_RESULT', sequences: members });
  if (enhancingLesions >= SEVERAL_LESIONS && volumes.ET.supported)
    warnings.push({ code: 'SEVERAL_ENHANCING_LESIONS', lesions: enhancingLesions });
  for (const region of REGIONS)
    if (!volumes[region].supported) warnings.push({ code: 'REGION_NOT_SUPPORTED', region });
  if (volumes.WT.ml > 0 && agreement.WT !== null && agreement.WT < LOW_AGREEMENT)
    warnings.push({ code: 'LOW_AGREEMENT', region: 'WT', dice: agreement.WT });
  return warnings;
}
