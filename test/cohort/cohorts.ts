import { newCohort } from '../../src/cohort/stateFile.js';
import {
  type Cohort,
  type CohortCase,
  type CohortResult,
  cohortOptionsSchema,
} from '../../src/contract/cohort.js';
import { combinationName, type Modality, perRegion, type Region } from '../../src/terms.js';

/** Made-up cohorts. */

const NOW = new Date('2026-01-02T03:04:05Z');

export function aCase(name: string, more: Partial<CohortCase> = {}): CohortCase {
  return {
    name,
    mark: `mark of ${name}`,
    source: { paths: [`/data/${name}`], study: null },
    isDicom: false,
    date: null,
    sequences: ['t1', 'flair'],
    doubts: [],
    confirmed: false,
    suggestions: { adult: null, treated: null, glioma: null },
    answers: {},
    state: 'new',
    problem: null,
    result: null,
    reader: null,
    ...more,
  };
}

export function aCohort(cases: readonly CohortCase[], neutralNames = false): Cohort {
  const around = { quorumVersion: 'test', now: () => NOW };
  return newCohort(cases, ['/data'], cohortOptionsSchema.parse({ neutralNames }), around);
}

/** @param ml of the regions; null: not given. */
export function aResult(
  sequences: readonly Modality[],
  ml: Readonly<Record<Region, number | null>>,
  subsets: CohortResult['subsets'] = null,
): CohortResult {
  const volume = (region: Region) => ({
    ml: ml[region],
    supported: ml[region] !== null,
    range: null,
    expectedDice: null,
    trust: null,
  });
  return {
    finishedAt: NOW.toISOString(),
    combination: combinationName(sequences),
    volumes: perRegion((_, region) => volume(region)),
    subsets,
    agreement: { WT: 0.9, TC: null, ET: null },
    warnings: [],
    model: { name: 'Quorum', version: '2', hash: 'abc' },
    seconds: 12,
    answers: {},
    edited: null,
  };
}
