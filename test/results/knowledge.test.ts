import { describe, expect, it } from 'vitest';
import type { CaseRecord, RegionRecord } from '../../docs/results/measure/cases.js';
import { touchesBorder } from '../../docs/results/measure/cases.js';
import {
  agreementFlagsOf,
  combinationsOf,
  gainsOf,
  rangesOf,
  withdrawnBy,
  withoutSupport,
} from '../../docs/results/measure/knowledge.js';
import { allCombinations, combinationName } from '../../src/terms.js';

interface Made extends Partial<Omit<RegionRecord, 'overlap'>> {
  patient: number;
  combination?: string;
  kind?: CaseRecord['kind'];
  /** Of 100 true and 100 found voxels, so many are common: the Dice in %. */
  dice: number;
}

function record({ patient, combination = 'flair', kind = 'cut-out', dice, ...rest }: Made): CaseRecord {
  const overlap = { truePositives: dice, falsePositives: 100 - dice, falseNegatives: 100 - dice };
  const region = { overlap, foundMl: 10, trueMl: 10, cut: false, spread: 0, agreement: null, ...rest };
  const members = combination.split('+') as CaseRecord['members'];
  const regions = { WT: region, TC: region, ET: region };
  return { name: `${patient}`, patient: `${patient}`, kind, combination, members, regions };
}

const patients = Array.from({ length: 25 }, (_, i) => i);
const NAMES = allCombinations().map(combinationName);
const everywhere = (make: (patient: number, combination: string) => Made) =>
  NAMES.flatMap((combination) => patients.map((patient) => record(make(patient, combination))));

describe('what model.json says about a model', () => {
  it('pools a patient’s cut-outs, and keeps whole cases apart', () => {
    const { flair } = combinationsOf([
      record({ patient: 1, dice: 100 }),
      record({ patient: 1, dice: 50 }),
      record({ patient: 2, dice: 65 }),
      record({ patient: 3, dice: 40, kind: 'whole' }),
    ]);
    expect(flair.WT.dice).toMatchObject({ mean: 0.7, lower: 0.65, upper: 0.75, patients: 2 });
    expect(flair.WT.wholeCases).toMatchObject({ mean: 0.4, patients: 1 });
  });

  it('withdraws support where a whole case elsewhere fails, and never gives it', () => {
    const known = combinationsOf(
      everywhere((patient, name) => ({ patient, combination: name, dice: name === 't1' ? 30 : 90 })),
    );
    const others = [
      record({ patient: 7, combination: 'flair', kind: 'whole', dice: 50 }),
      record({ patient: 7, combination: 't2', kind: 'whole', dice: 51 }),
      record({ patient: 7, combination: 't1', kind: 'whole', dice: 95 }),
    ];
    const withdrawn = withdrawnBy(others, known);
    expect(withdrawn[0]).toEqual({ combination: 'flair', region: 'WT', name: '7', dice: 0.5 });
    const left = withoutSupport(known, withdrawn);
    expect(['flair', 't2', 't1'].map((name) => left[name].WT.supported)).toEqual([false, true, false]);
    expect(left.flair.WT.dice).toEqual(known.flair.WT.dice);
  });

  it('supports a region where the interval lies above 0.5, and the whole cases do too', () => {
    const cutOuts = patients.map((patient) => record({ patient, dice: 55 }));
    expect(combinationsOf(cutOuts).flair.WT.supported).toBe(true);
    expect(combinationsOf(patients.map((patient) => record({ patient, dice: 50 }))).flair.WT.supported).toBe(
      false,
    );
    const whole = record({ patient: 99, dice: 30, kind: 'whole' });
    expect(combinationsOf([...cutOuts, whole]).flair.WT.supported).toBe(false);
    expect(combinationsOf(cutOuts).t1.WT).toEqual({ supported: false, dice: null, wholeCases: null });
  });

  it('says what one more sequence brought, per patient', () => {
    const gains = gainsOf([
      ...[50, 60, 70].map((dice, patient) => record({ patient, dice })),
      ...[60, 60, 90].map((dice, patient) => record({ patient, dice, combination: 't1+flair' })),
    ]);
    expect(gains.flair.t1!.WT).toEqual({ median: 0.1, lower: 0.05, upper: 0.15, patients: 3 });
    expect(gains.flair.t2!.WT).toBeNull();
  });
});

describe('volume ranges', () => {
  /** True volumes 10 · exp(patient / 25): scores patient / 25 / 0.1. */
  const growing = (patient: number, combination: string) => ({
    patient,
    combination,
    dice: 90,
    trueMl: 10.1 * Math.exp(patient / 25) - 0.1,
  });

  it('take the conformal quantile of the patients whose region is seen whole', () => {
    const records = everywhere(growing);
    const { ranges } = rangesOf(records, combinationsOf(records));
    // ⌈26 · 0.8⌉ = 21st of the scores 0, 0.4, 0.8, …
    expect(ranges!.factors.flair.WT).toEqual({ factor: 8, patients: 25 });
    expect(ranges!.coverage).toContainEqual({ sequences: 2, covered: 0.8, ranges: 6 * 3 * 25 });
    const cut = everywhere((patient, name) => ({ ...growing(patient, name), cut: patient < 6 }));
    expect(rangesOf(cut, combinationsOf(cut)).ranges).toBeNull();
  });

  it('are dropped where they do not cover whole cases', () => {
    const whole = [100, 101].map((patient) =>
      record({ patient, combination: 't1+flair', kind: 'whole', dice: 90, trueMl: 1000 }),
    );
    const records = [...everywhere(growing), ...whole];
    const { ranges, dropped, wholeCases } = rangesOf(records, combinationsOf(records));
    expect(dropped).toEqual([2]);
    expect(wholeCases).toEqual([{ sequences: 2, covered: 0, ranges: 6 }]);
    expect(ranges!.factors['t1+flair'].WT).toBeNull();
    expect(ranges!.factors.flair.WT).not.toBeNull();
  });

  it('are not given for cut volumes', () => {
    const size = [3, 3, 3] as const;
    const mask = (at: number) => {
      const data = new Uint8Array(27);
      data[at] = 1;
      return { data, size };
    };
    expect(touchesBorder(mask(13))).toBe(false);
    expect(touchesBorder(mask(12))).toBe(true);
    expect(touchesBorder({ data: new Uint8Array(27), size })).toBe(false);
  });
});

describe('agreement as a flag', () => {
  const pair = { combination: 't1+flair' };
  it('is shown where it finds half of the poor results at a tenth of false alarms', () => {
    const good = patients.map((patient) => record({ ...pair, patient, dice: 90, agreement: 0.9 }));
    const poor = (agreement: number) =>
      patients.slice(0, 12).map((patient) => record({ ...pair, patient, dice: 20, agreement }));
    expect(agreementFlagsOf([...good, ...poor(0.5)]).flags.WT).toMatchObject({
      detection: 1,
      falseAlarms: 0,
      results: 37,
    });
    const useless = agreementFlagsOf([...good, ...poor(0.95)]);
    expect(useless.flags.WT).toBeNull();
    expect(useless.found.WT).toMatchObject({ detection: 0 });
    expect(agreementFlagsOf([...good, ...poor(0.5).slice(0, 9)]).flags.WT).toBeNull();
  });
});
