/** Conformal volume ranges from whole brains. */
import { conformalQuantile, leaveOneOutCoverage } from '../evaluate/conformal.js';
import { byRegion } from '../evaluate/scores.js';
import type { VolumeRanges } from '../model/knowledgeSchema.js';
import type { ModelDescription } from '../model/schema.js';
import { volumeScore } from '../segment/volumeRange.js';
import { allCombinations, combinationName, REGIONS, type Region } from '../terms.js';
import { randomStream } from '../training/random.js';
import { RANGE_LEVEL, RANGE_PATIENTS, rounded } from './knowledge.js';
import type { BrainMeasure } from './wholeBrains.js';

const OFFSET = 0.1;

/**
 * One factor per number of sequences and region, from one result a patient: a random combination of that many, since results of
 * one patient are not exchangeable. Null where no number of sequences has `RANGE_PATIENTS` patients.
 */
export function rangesOf(
  rows: readonly BrainMeasure[],
  supported: ModelDescription['knowledge']['combinations'],
): VolumeRanges | null {
  const coverage: { sequences: number; covered: number; ranges: number }[] = [];
  const factors = new Map<number, Record<Region, { factor: number; patients: number } | null>>();
  for (const sequences of [1, 2, 3, 4]) {
    const own = onePerPatient(rows.filter(({ members }) => members.length === sequences));
    const shares: number[] = [];
    const scoresOf = (region: Region) =>
      own.flatMap(({ regions }) => {
        const one = regions[region];
        return one && one.dice !== null ? [volumeScore(one.foundMl, one.trueMl, one.spread, OFFSET)] : [];
      });
    const factor = byRegion((region) => {
      const scores = scoresOf(region);
      if (scores.length < RANGE_PATIENTS) return null;
      shares.push(leaveOneOutCoverage(scores, RANGE_LEVEL)!);
      return { factor: rounded(conformalQuantile(scores, RANGE_LEVEL)), patients: scores.length };
    });
    factors.set(sequences, factor);
    if (shares.length === 0) continue;
    const covered = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    coverage.push({ sequences, covered: rounded(covered), ranges: shares.length });
  }
  if (coverage.length === 0) return null;
  const byCombination = allCombinations().map((members) => {
    const name = combinationName(members);
    const factor = factors.get(members.length)!;
    return [name, byRegion((region) => (supported[name][region].supported ? factor[region] : null))] as const;
  });
  if (!byCombination.some(([, factor]) => REGIONS.some((region) => factor[region] !== null))) return null;
  return {
    level: RANGE_LEVEL,
    offset: OFFSET,
    measuredOn: 'whole brains',
    factors: Object.fromEntries(byCombination),
    coverage,
  };
}

function onePerPatient(rows: readonly BrainMeasure[]): BrainMeasure[] {
  const patients = new Map<string, BrainMeasure[]>();
  for (const row of rows) patients.set(row.patient, [...(patients.get(row.patient) ?? []), row]);
  return [...patients.values()].map((own, i) => own[randomStream(1, i).integer(0, own.length - 1)]);
}
