/** What model.json may say about a model, from measured whole brains. Every rule is stated here, before any number. */
import { flagBelow } from '../evaluate/flag.js';
import { byRegion } from '../evaluate/scores.js';
import type { ModelDescription } from '../model/schema.js';
import { earnsSupport } from '../model/support.js';
import { bootstrapInterval, mean, quantile } from '../statistics.js';
import { allCombinations, combinationName, MODALITIES, type Region } from '../terms.js';
import type { BrainMeasure } from './wholeBrains.js';

type Knowledge = ModelDescription['knowledge'];

/** Beside `earnsSupport`: the median of the falsely found volume must stay below this share of the median true volume. */
export const SUPPORT_FALSE_SHARE = 0.25;

/** With fewer patients nothing is said of what a further sequence brings. */
const GAIN_PATIENTS = 10;

export const RANGE_LEVEL = 0.8;
/** With fewer patients there is no range. */
export const RANGE_PATIENTS = 20;

/** Below this Dice a result is poor. */
export const POOR_DICE: Readonly<Record<Region, number>> = { WT: 0.7, TC: 0.5, ET: 0.5 };
/** A flag may be raised on this share of the good results; it is shown when it finds the share of the poor ones below. */
export const FLAG_FALSE_ALARMS = 0.1;
export const FLAG_DETECTION = 0.5;
/** With fewer poor results nothing can be said. */
export const FLAG_POOR_RESULTS = 10;

const NAMES = allCombinations().map(combinationName);

/** Dice on whole brains per combination and region, over the patients who have the region, and whether it is supported. */
export function supportOf(rows: readonly BrainMeasure[]): Knowledge['combinations'] {
  return Object.fromEntries(
    NAMES.map((name) => {
      const own = rows.filter(({ combination }) => combination === name);
      const known = byRegion((region) => {
        const measured = own.flatMap(({ regions }) => regions[region] ?? []);
        const values = measured.flatMap(({ dice }) => (dice === null ? [] : [dice]));
        if (values.length === 0) return { supported: false, dice: null, wholeCases: null };
        const { low, high } = bootstrapInterval(values);
        const wholeCases = {
          mean: rounded(mean(values)),
          lower: rounded(low),
          upper: rounded(high),
          patients: values.length,
        };
        const present = measured.filter(({ dice }) => dice !== null);
        const falseMl = quantile(
          measured.map((one) => one.falseMl),
          0.5,
        );
        const trueMl = quantile(
          present.map((one) => one.trueMl),
          0.5,
        );
        const supported =
          earnsSupport(region, { lower: low, patients: measured.length }) &&
          falseMl < SUPPORT_FALSE_SHARE * trueMl;
        return { supported, dice: null, wholeCases };
      });
      return [name, known];
    }),
  );
}

/** Dice(S + m) − Dice(S) per patient: median and quartiles, where `GAIN_PATIENTS` have both. */
export function gainsOf(rows: readonly BrainMeasure[]): NonNullable<Knowledge['gains']> {
  const diceOf = (name: string, region: Region) =>
    new Map(
      rows
        .filter(({ combination }) => combination === name)
        .map(({ patient, regions }) => [patient, regions[region]?.dice ?? null]),
    );
  return Object.fromEntries(
    allCombinations().map((members) => {
      const gains = MODALITIES.filter((m) => !members.includes(m)).map((m) => {
        const gain = byRegion((region) => {
          const before = diceOf(combinationName(members), region);
          const after = diceOf(combinationName([...members, m]), region);
          const differences = [...before].flatMap(([patient, value]) => {
            const other = after.get(patient);
            return value === null || other === null || other === undefined ? [] : [other - value];
          });
          if (differences.length < GAIN_PATIENTS) return null;
          const [lower, median, upper] = [0.25, 0.5, 0.75].map((f) => rounded(quantile(differences, f)));
          return { median, lower, upper, patients: differences.length };
        });
        return [m, gain];
      });
      return [combinationName(members), Object.fromEntries(gains)];
    }),
  );
}

/** How an agreement flag does: its cut-off, and its rates when each patient is judged by the cut-off of the others. */
export interface FlagReport {
  readonly below: number;
  readonly detection: number;
  readonly falseAlarms: number;
  readonly poor: number;
  readonly good: number;
}

/** Whether the agreement of two or more sequences foretells a poor Dice; rates by leaving one patient out. */
export function agreementFlagsOf(rows: readonly BrainMeasure[]): {
  readonly flags: NonNullable<Knowledge['agreementFlags']>;
  readonly found: Readonly<Record<Region, FlagReport | null>>;
} {
  const found = byRegion((region) => flagReport(rows, region));
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

function flagReport(rows: readonly BrainMeasure[], region: Region): FlagReport | null {
  const results = rows.flatMap(({ patient, regions }) => {
    const one = regions[region];
    if (!one || one.agreement === null || one.dice === null) return [];
    return [{ patient, score: one.agreement, poor: one.dice < POOR_DICE[region] }];
  });
  const all = flagBelow(results, FLAG_FALSE_ALARMS);
  if (!all) return null;
  let [detected, alarms] = [0, 0];
  for (const patient of new Set(results.map((one) => one.patient))) {
    const cut = flagBelow(
      results.filter((one) => one.patient !== patient),
      FLAG_FALSE_ALARMS,
    );
    if (!cut) return null;
    for (const one of results.filter((other) => other.patient === patient))
      if (one.score < cut.below) one.poor ? detected++ : alarms++;
  }
  return {
    below: all.below,
    detection: detected / all.poor,
    falseAlarms: alarms / all.good,
    poor: all.poor,
    good: all.good,
  };
}

/** Share of (patient, combination, further sequence) whose Dice a further sequence lowers by more than `by`; null where there is none. */
export function loweredShare(rows: readonly BrainMeasure[], region: Region, by = 0.01): number | null {
  const dice = new Map(
    rows.map(({ dataset, name, combination, regions }) => [
      `${dataset}/${name}/${combination}`,
      regions[region]?.dice ?? null,
    ]),
  );
  let [pairs, lowered] = [0, 0];
  for (const { dataset, name, members, regions } of rows) {
    const before = regions[region]?.dice ?? null;
    if (before === null) continue;
    for (const m of MODALITIES.filter((other) => !members.includes(other))) {
      const after = dice.get(`${dataset}/${name}/${combinationName([...members, m])}`);
      if (after === null || after === undefined) continue;
      pairs++;
      if (after < before - by) lowered++;
    }
  }
  return pairs === 0 ? null : lowered / pairs;
}

/** To four decimals, as model.json has its numbers. */
export function rounded(value: number): number {
  return Number(value.toFixed(4));
}
