/** What model.json may say about a model, computed from measured cases. Every rule is stated here, before any number. */
import { conformalQuantile, leaveOneOutCoverage } from '../../../src/evaluate/conformal.js';
import { addOverlaps, dice } from '../../../src/evaluate/dice.js';
import { flagBelow } from '../../../src/evaluate/flag.js';
import { byRegion } from '../../../src/evaluate/scores.js';
import { bootstrapInterval, mean, quantile } from '../../../src/evaluate/statistics.js';
import type { ModelDescription } from '../../../src/model/schema.js';
import { volumeScore } from '../../../src/segment/volumeRange.js';
import { allCombinations, combinationName, MODALITIES, REGIONS, type Region } from '../../../src/terms.js';
import type { CaseRecord } from './cases.js';

type Knowledge = ModelDescription['knowledge'];

/** A region is supported by a combination when the lower bound of the mean Dice's 95 % interval exceeds this, … */
export const SUPPORTED_ABOVE = 0.5;
/** … and the mean over whole cases does, where there are any. Then `withdrawnBy` may take it back. */

export const RANGE_LEVEL = 0.8;
const RANGE_OFFSET = 0.1;
/** With fewer patients whose region is seen whole there is no range. */
export const RANGE_PATIENTS = 20;
/** Ranges of a number of sequences are dropped where they cover less than this share of the whole cases. */
export const RANGE_WHOLE_COVERAGE = 0.6;

/** Below this Dice a result is poor. */
export const POOR_DICE: Readonly<Record<Region, number>> = { WT: 0.7, TC: 0.5, ET: 0.5 };
/** A flag may be raised on this share of the good results; it is shown when it finds the share of the poor ones below. */
export const FLAG_FALSE_ALARMS = 0.1;
export const FLAG_DETECTION = 0.5;
/** With fewer poor results nothing can be said. */
export const FLAG_POOR_RESULTS = 10;

const NAMES = allCombinations().map(combinationName);

function byPatient(records: readonly CaseRecord[]): Map<string, CaseRecord[]> {
  const groups = new Map<string, CaseRecord[]>();
  for (const record of records) groups.set(record.patient, [...(groups.get(record.patient) ?? []), record]);
  return groups;
}

/** A patient's cases of one combination pooled: voxels are added before Dice is taken. */
function diceByPatient(records: readonly CaseRecord[], region: Region): Map<string, number> {
  const parts = byPatient(records);
  return new Map(
    [...parts].map(([patient, own]) => [
      patient,
      dice(addOverlaps(own.map(({ regions }) => regions[region].overlap))),
    ]),
  );
}

function summary(values: readonly number[]) {
  if (values.length === 0) return null;
  const { low, high } = bootstrapInterval(values);
  return { mean: rounded(mean(values)), lower: rounded(low), upper: rounded(high), patients: values.length };
}

/** Dice per combination and region on cut-outs (pooled per patient) and on whole cases, and what follows. */
export function combinationsOf(records: readonly CaseRecord[]): Knowledge['combinations'] {
  return Object.fromEntries(
    NAMES.map((name) => {
      const own = records.filter(({ combination }) => combination === name);
      const known = byRegion((region) => {
        const of = (kind: CaseRecord['kind']) =>
          summary([
            ...diceByPatient(
              own.filter((record) => record.kind === kind),
              region,
            ).values(),
          ]);
        const cutOuts = of('cut-out');
        const wholeCases = of('whole');
        const supported =
          cutOuts !== null &&
          cutOuts.lower > SUPPORTED_ABOVE &&
          (wholeCases === null || wholeCases.mean > SUPPORTED_ABOVE);
        return { supported, dice: cutOuts, wholeCases };
      });
      return [name, known];
    }),
  );
}

/** A whole case outside training and validation in which a supported region fails. */
export interface Withdrawal {
  readonly combination: string;
  readonly region: Region;
  readonly name: string;
  readonly dice: number;
}

/**
 * Support is withdrawn where a whole case that neither trained nor validated has no more than `SUPPORTED_ABOVE` Dice. Added
 * after such cases had been seen: it can only make a model say less.
 */
export function withdrawnBy(
  others: readonly CaseRecord[],
  combinations: Knowledge['combinations'],
): Withdrawal[] {
  return others.flatMap(({ name, combination, regions }) =>
    REGIONS.flatMap((region) => {
      const value = rounded(dice(regions[region].overlap));
      const fails = combinations[combination][region].supported && value <= SUPPORTED_ABOVE;
      return fails ? [{ combination, region, name, dice: value }] : [];
    }),
  );
}

/** What remains supported. */
export function withoutSupport(
  combinations: Knowledge['combinations'],
  withdrawals: readonly Withdrawal[],
): Knowledge['combinations'] {
  const isWithdrawn = (name: string, region: Region) =>
    withdrawals.some((one) => one.combination === name && one.region === region);
  return Object.fromEntries(
    Object.entries(combinations).map(([name, known]) => [
      name,
      byRegion((region) =>
        isWithdrawn(name, region) ? { ...known[region], supported: false } : known[region],
      ),
    ]),
  );
}

/** Dice(S + m) − Dice(S) per patient, on cut-outs. */
export function gainsOf(records: readonly CaseRecord[]): NonNullable<Knowledge['gains']> {
  const cutOuts = records.filter(({ kind }) => kind === 'cut-out');
  const of = (name: string) => cutOuts.filter(({ combination }) => combination === name);
  return Object.fromEntries(
    allCombinations().map((members) => {
      const gains = MODALITIES.filter((m) => !members.includes(m)).map((m) => {
        const larger = of(combinationName([...members, m]));
        const gain = byRegion((region) => {
          const after = diceByPatient(larger, region);
          const before = diceByPatient(of(combinationName(members)), region);
          const differences = [...before].flatMap(([patient, value]) =>
            after.has(patient) ? [after.get(patient)! - value] : [],
          );
          if (differences.length === 0) return null;
          const [lower, median, upper] = [0.25, 0.5, 0.75].map((f) => rounded(quantile(differences, f)));
          return { median, lower, upper, patients: differences.length };
        });
        return [m, gain];
      });
      return [combinationName(members), Object.fromEntries(gains)];
    }),
  );
}

/** Scores of the volumes that are seen whole: one per patient, the cut-outs of a patient added up. */
function volumeScores(records: readonly CaseRecord[], region: Region): number[] {
  return [...byPatient(records).values()].flatMap((own) => {
    const parts = own.map(({ regions }) => regions[region]);
    if (parts.some(({ cut }) => cut)) return [];
    const sum = (key: 'foundMl' | 'trueMl') => parts.reduce((total, part) => total + part[key], 0);
    // Where a patient has several cut-outs the spread is the mean of theirs.
    const spread = mean(parts.map((part) => part.spread));
    return [volumeScore(sum('foundMl'), sum('trueMl'), spread, RANGE_OFFSET)];
  });
}

export interface RangeReport {
  readonly ranges: Knowledge['volumeRanges'];
  /** Coverage of whole cases by the ranges of cut-outs, by number of sequences. */
  readonly wholeCases: readonly {
    readonly sequences: number;
    readonly covered: number;
    readonly ranges: number;
  }[];
  /** Numbers of sequences whose ranges were dropped because they cover too few of the whole cases. */
  readonly dropped: readonly number[];
}

/** Conformal ranges from cut-outs whose region is not cut, and what they are worth on whole cases. */
export function rangesOf(records: readonly CaseRecord[], supported: Knowledge['combinations']): RangeReport {
  const coverage = [1, 2, 3, 4].map((sequences) => ({ sequences, covered: 0, ranges: 0 }));
  const whole = [1, 2, 3, 4].map((sequences) => ({ sequences, covered: 0, ranges: 0 }));
  const factors = NAMES.map((name) => {
    const own = records.filter(({ combination }) => combination === name);
    const size = name.split('+').length - 1;
    const factor = byRegion((region) => {
      const scores = volumeScores(
        own.filter(({ kind }) => kind === 'cut-out'),
        region,
      );
      if (scores.length < RANGE_PATIENTS || !supported[name][region].supported) return null;
      const quantileOf = conformalQuantile(scores, RANGE_LEVEL);
      coverage[size].covered += (leaveOneOutCoverage(scores, RANGE_LEVEL) ?? 0) * scores.length;
      coverage[size].ranges += scores.length;
      const outside = volumeScores(
        own.filter(({ kind }) => kind === 'whole'),
        region,
      );
      whole[size].covered += outside.filter((score) => score <= quantileOf).length;
      whole[size].ranges += outside.length;
      return { factor: rounded(quantileOf), patients: scores.length };
    });
    return [name, factor] as const;
  });
  const shares = (counts: typeof coverage) =>
    counts
      .filter(({ ranges }) => ranges > 0)
      .map(({ covered, ...rest }) => ({ ...rest, covered: rounded(covered / rest.ranges) }));
  const wholeCases = shares(whole);
  const dropped = wholeCases
    .filter(({ covered }) => covered < RANGE_WHOLE_COVERAGE)
    .map(({ sequences }) => sequences);
  const kept = factors.map(([name, factor]) => [
    name,
    dropped.includes(name.split('+').length) ? byRegion(() => null) : factor,
  ]);
  const some = kept.some(([, factor]) =>
    REGIONS.some((r) => (factor as Record<Region, unknown>)[r] !== null),
  );
  return {
    wholeCases,
    dropped,
    ranges: some
      ? {
          level: RANGE_LEVEL,
          offset: RANGE_OFFSET,
          measuredOn: 'cut-outs around the tumour that show the region whole',
          factors: Object.fromEntries(kept),
          coverage: shares(coverage).filter(({ sequences }) => !dropped.includes(sequences)),
        }
      : null,
  };
}

export interface FlagReport {
  readonly flags: NonNullable<Knowledge['agreementFlags']>;
  /** What was found, shown or not. */
  readonly found: Readonly<Record<Region, ReturnType<typeof flagBelow>>>;
}

/** Whether the agreement of two or more sequences foretells a poor Dice. One result per case and combination. */
export function agreementFlagsOf(records: readonly CaseRecord[]): FlagReport {
  const results = (region: Region) =>
    records.flatMap(({ regions }) => {
      const { agreement, overlap } = regions[region];
      return agreement === null ? [] : [{ score: agreement, poor: dice(overlap) < POOR_DICE[region] }];
    });
  const found = byRegion((region) => flagBelow(results(region), FLAG_FALSE_ALARMS));
  const flags = byRegion((region) => {
    const flag = found[region];
    if (!flag || flag.poor < FLAG_POOR_RESULTS || flag.detection < FLAG_DETECTION) return null;
    return {
      below: rounded(flag.below),
      poorDice: POOR_DICE[region],
      detection: rounded(flag.detection),
      falseAlarms: rounded(flag.falseAlarms),
      results: flag.poor + flag.good,
    };
  });
  return { flags, found };
}

export function rounded(value: number): number {
  return Number(value.toFixed(4));
}
