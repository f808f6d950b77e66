import { type BootstrapOptions, bootstrapInterval, holm, type Interval, mean } from '../statistics.js';
import { allCombinations, combinationName, MODALITIES, membersOf, REGIONS, type Region } from '../terms.js';
import {
  byRegion,
  type CaseScore,
  type PatientScore,
  type PooledScore,
  PRESENT_ML,
  poolByPatient,
} from './scores.js';
import { type SignedRankTest, wilcoxonSignedRank } from './wilcoxon.js';

/** One region of one combination. Every mean stands beside the number of those it is taken over. */
export interface RegionSummary {
  /** Mean over the patients whose truth holds at least `PRESENT_ML` of the region; null when there is none. */
  readonly dice: number | null;
  /** Bootstrap over the same patients. */
  readonly diceInterval: Interval | null;
  /** How many they are. */
  readonly present: number;
  /** Patients whose truth holds less, and what was found in them. */
  readonly absent: AbsentSummary;
  /** Patients in whom neither mask holds the region: their Dice is 1 by convention and enters no mean. */
  readonly bothEmpty: number;
  /** mm, mean over the patients in whom it is measured. */
  readonly hd95: number | null;
  readonly measured: number;
  /** Cases in which one of the two masks is empty: no HD95 is given for them. */
  readonly oneEmpty: number;
  /** Over the `present` patients. */
  readonly sensitivity: number | null;
  /** Mean over all patients of predicted minus true, and of its absolute value, in ml. */
  readonly volumeErrorMl: number;
  readonly absoluteVolumeErrorMl: number;
  /** BraTS 2023, over the `present` patients. */
  readonly lesionDice: number | null;
  readonly missedLesions: number;
  readonly falseLesions: number;
}

/** Patients without a region. */
export interface AbsentSummary {
  readonly patients: number;
  /** How many of them have any of it in the prediction. */
  readonly found: number;
  /** ml found, mean over all of them; null when there is none. */
  readonly ml: number | null;
}

export interface CombinationSummary {
  /** `t1+flair`. */
  readonly combination: string;
  readonly patients: number;
  /** Null where the masks do not tell that region. */
  readonly regions: Readonly<Record<Region, RegionSummary | null>>;
}

/** Mean over the combinations, of the same patients in each. */
export interface MeanSummary {
  readonly dice: number | null;
  /** Patients with every combination, and the region in their truth. */
  readonly present: number;
  /** mm */
  readonly hd95: number | null;
  /** Patients with every combination, in each of which HD95 is measured. */
  readonly measured: number;
}

/** Results over a data set. */
export interface Summary {
  readonly cases: number;
  readonly patients: number;
  /** Those that any case has, largest first as in `allCombinations`. */
  readonly combinations: readonly CombinationSummary[];
  /** Patients who have every one of `combinations`. */
  readonly complete: number;
  /** Over the complete patients alone. */
  readonly mean: Readonly<Record<Region, MeanSummary>>;
  /** Fraction of (patient, combination, added sequence) where Dice falls; null when there is no such pair. */
  readonly counterIntuitiveRate: Readonly<Record<Region, number | null>>;
}

/** `scores.json`: Dice over patients with the region, `patients` how many they are; `mean` over combinations. */
export interface ScoresFile {
  readonly cases: number;
  readonly mean: Readonly<Record<Region, number | null>>;
  readonly combinations: Readonly<Record<string, Readonly<Record<Region, number | null>>>>;
  /** How many patients each mean is over. */
  readonly patients: {
    readonly mean: Readonly<Record<Region, number>>;
    readonly combinations: Readonly<Record<string, Readonly<Record<Region, number>>>>;
  };
}

/** Pools the cases by patient and summarises every combination. */
export function summarise(cases: readonly CaseScore[], bootstrap: BootstrapOptions = {}): Summary {
  const patients = poolByPatient(cases);
  const groups = allCombinations()
    .map(combinationName)
    .map((combination) => ({
      combination,
      own: patients.filter((score) => score.combination === combination),
    }))
    .filter(({ own }) => own.length > 0);
  const names = [...new Set(patients.map(({ patient }) => patient))];
  const complete = names.filter((name) => groups.every(({ own }) => own.some((one) => one.patient === name)));
  const ofComplete = patients.filter(({ patient }) => complete.includes(patient));
  return {
    cases: new Set(cases.map(({ caseName }) => caseName)).size,
    patients: names.length,
    combinations: groups.map(({ combination, own }) => ({
      combination,
      patients: own.length,
      regions: byRegion((region) => summariseRegion(own, region, bootstrap)),
    })),
    complete: complete.length,
    mean: byRegion((region) => meanOver(ofComplete, region)),
    counterIntuitiveRate: byRegion((region) => counterIntuitiveRate(patients, region)),
  };
}

/** What is written to `scores.json`. */
export function scoresFile(summary: Summary): ScoresFile {
  const perCombination = <T>(value: (regions: CombinationSummary['regions'], region: Region) => T) =>
    Object.fromEntries(
      summary.combinations.map(({ combination, regions }) => [
        combination,
        byRegion((region) => value(regions, region)),
      ]),
    );
  return {
    cases: summary.cases,
    mean: byRegion((region) => summary.mean[region].dice),
    combinations: perCombination((regions, region) => regions[region]?.dice ?? null),
    patients: {
      mean: byRegion((region) => summary.mean[region].present),
      combinations: perCombination((regions, region) => regions[region]?.present ?? 0),
    },
  };
}

/**
 * How often adding one sequence lowers a patient's Dice: over all patients with the region, combinations S and
 * sequences m ∉ S for which both S and S∪{m} were scored. Null when there is no such pair.
 */
export function counterIntuitiveRate(patients: readonly PatientScore[], region: Region): number | null {
  const scores = new Map(patients.map((score) => [`${score.combination} ${score.patient}`, score]));
  let pairs = 0;
  let lowered = 0;
  for (const { patient, combination, regions } of patients) {
    const members = membersOf(combination);
    const before = presentScore(regions[region]);
    for (const added of MODALITIES.filter((m) => !members.includes(m))) {
      const larger = combinationName(MODALITIES.filter((m) => m === added || members.includes(m)));
      const after = presentScore(scores.get(`${larger} ${patient}`)?.regions[region] ?? null);
      if (!before || !after) continue;
      pairs += 1;
      if (after.dice < before.dice) lowered += 1;
    }
  }
  return pairs === 0 ? null : lowered / pairs;
}

/** The score of a patient whose truth holds the region. */
function presentScore(score: PooledScore | null): PooledScore | null {
  return score && score.trueMl >= PRESENT_ML ? score : null;
}

/** A paired comparison of two results on the same patients. */
export interface PairedComparison {
  readonly combination: string;
  readonly region: Region;
  /** Patients with the region whom both results have. */
  readonly patients: number;
  /** Mean of first minus second Dice. */
  readonly difference: number;
  readonly test: SignedRankTest;
  /** The test's p-value after Holm's correction over all rows. */
  readonly adjustedPValue: number;
}

/**
 * Paired Wilcoxon signed-rank tests of Dice, one per combination and region that both results have, corrected by
 * Holm's method over all of them. Patients that only one result has, and those without the region, are left out.
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
      return REGIONS.flatMap((region) => {
        const present = own.flatMap(({ score, other }) => {
          const a = presentScore(score.regions[region]);
          const b = other.regions[region];
          return a && b ? [[a.dice, b.dice] as const] : [];
        });
        if (present.length === 0) return [];
        const [a, b] = [0, 1].map((i) => present.map((pair) => pair[i]));
        const difference = mean(a) - mean(b);
        return { combination, region, patients: a.length, difference, test: wilcoxonSignedRank(a, b) };
      });
    });
  const adjusted = holm(rows.map(({ test }) => test.pValue));
  return rows.map((row, i) => ({ ...row, adjustedPValue: adjusted[i] }));
}

function summariseRegion(
  patients: readonly PatientScore[],
  region: Region,
  bootstrap: BootstrapOptions,
): RegionSummary | null {
  const scores = patients.flatMap(({ regions }) => regions[region] ?? []);
  if (scores.length === 0) return null;
  const present = scores.filter((score) => score.trueMl >= PRESENT_ML);
  const absent = scores.filter((score) => score.trueMl < PRESENT_ML);
  const found = absent.map(({ trueMl, volumeErrorMl }) => Math.max(0, trueMl + volumeErrorMl));
  const dices = present.map((score) => score.dice);
  const measured = scores.flatMap((score) => score.hd95 ?? []);
  const total = (value: (score: PooledScore) => number) => scores.reduce((sum, one) => sum + value(one), 0);
  return {
    dice: meanOrNull(dices),
    diceInterval: dices.length === 0 ? null : bootstrapInterval(dices, bootstrap),
    present: present.length,
    absent: {
      patients: absent.length,
      found: found.filter((ml) => ml > 0).length,
      ml: meanOrNull(found),
    },
    bothEmpty: scores.filter((score) => score.bothEmpty).length,
    hd95: meanOrNull(measured),
    measured: measured.length,
    oneEmpty: total((score) => score.oneEmpty),
    sensitivity: meanOrNull(present.flatMap((score) => score.sensitivity ?? [])),
    volumeErrorMl: mean(scores.map((score) => score.volumeErrorMl)),
    absoluteVolumeErrorMl: mean(scores.map((score) => Math.abs(score.volumeErrorMl))),
    lesionDice: meanOrNull(present.map((score) => score.lesionDice)),
    missedLesions: total((score) => score.missedLesions),
    falseLesions: total((score) => score.falseLesions),
  };
}

/** Over the scores of complete patients under every combination. */
function meanOver(patients: readonly PatientScore[], region: Region): MeanSummary {
  const names = [...new Set(patients.map(({ patient }) => patient))];
  const perPatient = (value: (score: PooledScore) => number | null) =>
    names.flatMap((name) => {
      const scores = patients.filter(({ patient }) => patient === name);
      const values = scores.map(({ regions }) => regions[region] && value(regions[region]));
      return values.every((one) => one !== null) ? [mean(values as number[])] : [];
    });
  const dices = perPatient((score) => presentScore(score)?.dice ?? null);
  const distances = perPatient((score) => score.hd95);
  return {
    dice: meanOrNull(dices),
    present: dices.length,
    hd95: meanOrNull(distances),
    measured: distances.length,
  };
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values);
}
