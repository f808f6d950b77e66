import { allCombinations, combinationName, MODALITIES, REGIONS, type Region } from '../terms.js';
import { byRegion, type CaseScore, type PatientScore, poolByPatient } from './scores.js';
import { type BootstrapOptions, bootstrapInterval, holm, type Interval, mean } from './statistics.js';
import { type SignedRankTest, wilcoxonSignedRank } from './wilcoxon.js';

/** One region of one combination over all patients. */
export interface RegionSummary {
  readonly dice: number;
  /** Bootstrap over patients. */
  readonly diceInterval: Interval;
  /** mm */
  readonly hd95: number;
  /** Cases in which one of the two masks is empty; their HD95 is the volume's diagonal. */
  readonly oneEmpty: number;
  /** Over the patients whose truth is not empty; null when there is none. */
  readonly sensitivity: number | null;
  /** Mean of predicted minus true, and of its absolute value, in ml. */
  readonly volumeErrorMl: number;
  readonly absoluteVolumeErrorMl: number;
  readonly lesionDice: number;
  /** mm */
  readonly lesionHd95: number;
}

export interface CombinationSummary {
  /** `t1+flair`. */
  readonly combination: string;
  readonly patients: number;
  readonly regions: Readonly<Record<Region, RegionSummary>>;
}

/** Results over a data set. */
export interface Summary {
  readonly cases: number;
  readonly patients: number;
  /** Those that any case has, largest first as in `allCombinations`. */
  readonly combinations: readonly CombinationSummary[];
  /** Mean Dice over the combinations. */
  readonly mean: Readonly<Record<Region, number>>;
  /** Fraction of (patient, combination, added sequence) where Dice falls; null when there is no such pair. */
  readonly counterIntuitiveRate: Readonly<Record<Region, number | null>>;
}

/** `scores.json`: Dice, mean over patients; `mean` over combinations. */
export interface ScoresFile {
  readonly cases: number;
  readonly mean: Readonly<Record<Region, number>>;
  readonly combinations: Readonly<Record<string, Readonly<Record<Region, number>>>>;
}

/** Pools the cases by patient and summarises every combination. */
export function summarise(cases: readonly CaseScore[], bootstrap: BootstrapOptions = {}): Summary {
  const patients = poolByPatient(cases);
  const combinations = allCombinations()
    .map(combinationName)
    .map((combination) => ({
      combination,
      own: patients.filter((score) => score.combination === combination),
    }))
    .filter(({ own }) => own.length > 0)
    .map(({ combination, own }) => ({
      combination,
      patients: own.length,
      regions: byRegion((region) => summariseRegion(own, region, bootstrap)),
    }));
  return {
    cases: new Set(cases.map(({ caseName }) => caseName)).size,
    patients: new Set(cases.map(({ patient }) => patient)).size,
    combinations,
    mean: byRegion((region) => mean(combinations.map(({ regions }) => regions[region].dice))),
    counterIntuitiveRate: byRegion((region) => counterIntuitiveRate(patients, region)),
  };
}

/** What is written to `scores.json`. */
export function scoresFile(summary: Summary): ScoresFile {
  return {
    cases: summary.cases,
    mean: summary.mean,
    combinations: Object.fromEntries(
      summary.combinations.map(({ combination, regions }) => [
        combination,
        byRegion((region) => regions[region].dice),
      ]),
    ),
  };
}

/**
 * How often adding one sequence lowers a patient's Dice: over all patients, combinations S and sequences m ∉ S for
 * which both S and S∪{m} were scored. Null when there is no such pair.
 */
export function counterIntuitiveRate(patients: readonly PatientScore[], region: Region): number | null {
  const scores = new Map(patients.map((score) => [`${score.combination} ${score.patient}`, score]));
  let pairs = 0;
  let lowered = 0;
  for (const { patient, combination, regions } of patients) {
    const members = combination.split('+');
    for (const added of MODALITIES.filter((m) => !members.includes(m))) {
      const larger = combinationName(MODALITIES.filter((m) => m === added || members.includes(m)));
      const after = scores.get(`${larger} ${patient}`);
      if (!after) continue;
      pairs += 1;
      if (after.regions[region].dice < regions[region].dice) lowered += 1;
    }
  }
  return pairs === 0 ? null : lowered / pairs;
}

/** A paired comparison of two results on the same patients. */
export interface PairedComparison {
  readonly combination: string;
  readonly region: Region;
  /** Mean of first minus second Dice. */
  readonly difference: number;
  readonly test: SignedRankTest;
  /** The test's p-value after Holm's correction over all rows. */
  readonly adjustedPValue: number;
}

/**
 * Paired Wilcoxon signed-rank tests of Dice, one per combination and region that both results have, corrected by
 * Holm's method over all of them. Patients that only one result has are left out.
 */
export function comparePaired(
  first: readonly PatientScore[],
  second: readonly PatientScore[],
): PairedComparison[] {
  const others = new Map(second.map((score) => [`${score.combination} ${score.patient}`, score]));
  const pairs = first.flatMap((score) => {
    const other = others.get(`${score.combination} ${score.patient}`);
    return other ? [{ score, other }] : [];
  });
  const rows = allCombinations()
    .map(combinationName)
    .flatMap((combination) => {
      const own = pairs.filter(({ score }) => score.combination === combination);
      if (own.length === 0) return [];
      return REGIONS.map((region) => {
        const a = own.map(({ score }) => score.regions[region].dice);
        const b = own.map(({ other }) => other.regions[region].dice);
        return { combination, region, difference: mean(a) - mean(b), test: wilcoxonSignedRank(a, b) };
      });
    });
  const adjusted = holm(rows.map(({ test }) => test.pValue));
  return rows.map((row, i) => ({ ...row, adjustedPValue: adjusted[i] }));
}

function summariseRegion(
  patients: readonly PatientScore[],
  region: Region,
  bootstrap: BootstrapOptions,
): RegionSummary {
  const scores = patients.map(({ regions }) => regions[region]);
  const dices = scores.map((score) => score.dice);
  const sensitivities = scores.flatMap((score) => score.sensitivity ?? []);
  return {
    dice: mean(dices),
    diceInterval: bootstrapInterval(dices, bootstrap),
    hd95: mean(scores.map((score) => score.hd95)),
    oneEmpty: scores.reduce((sum, score) => sum + score.oneEmpty, 0),
    sensitivity: sensitivities.length === 0 ? null : mean(sensitivities),
    volumeErrorMl: mean(scores.map((score) => score.volumeErrorMl)),
    absoluteVolumeErrorMl: mean(scores.map((score) => Math.abs(score.volumeErrorMl))),
    lesionDice: mean(scores.map((score) => score.lesionDice)),
    lesionHd95: mean(scores.map((score) => score.lesionHd95)),
  };
}
