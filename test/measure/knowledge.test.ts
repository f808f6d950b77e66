import { describe, expect, it } from 'vitest';
import { agreementFlagsOf, gainsOf, loweredShare, supportOf } from '../../src/measure/knowledge.js';
import { rangesOf } from '../../src/measure/ranges.js';
import type { BrainMeasure, RegionMeasure } from '../../src/measure/wholeBrains.js';
import { allCombinations, combinationName, membersOf } from '../../src/terms.js';

interface Made extends Partial<RegionMeasure> {
  patient: number;
  combination?: string;
  dice: number | null;
}

function row({ patient, combination = 'flair', ...rest }: Made): BrainMeasure {
  const region: RegionMeasure = {
    hd95: 5,
    trueMl: 40,
    foundMl: 40,
    falseMl: 4,
    expectedMl: null,
    agreement: null,
    spread: 0,
    ...rest,
  };
  return {
    dataset: 'brains',
    name: `${patient}`,
    patient: `${patient}`,
    spacing: [1, 1, 1],
    combination,
    members: membersOf(combination),
    regions: { WT: region, TC: region, ET: region },
  };
}

const patients = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('support', () => {
  it('needs eight whole brains', () => {
    const brains = (count: number) => patients(count).map((patient) => row({ patient, dice: 0.9 }));
    expect(supportOf(brains(7)).flair.WT.supported).toBe(false);
    expect(supportOf(brains(8)).flair.WT).toMatchObject({
      supported: true,
      wholeCases: { mean: 0.9, patients: 8 },
    });
    expect(supportOf(brains(8)).t1.WT).toEqual({ supported: false, dice: null, wholeCases: null });
  });

  it('has a bar of its own for every region, on the lower bound of the mean', () => {
    const found = (dice: number) => supportOf(patients(9).map((patient) => row({ patient, dice }))).flair;
    const supported = (dice: number) => Object.values(found(dice)).map((known) => known.supported);
    expect(supported(0.65)).toEqual([false, true, true]);
    expect(supported(0.55)).toEqual([false, false, true]);
    const spread = patients(9).map((patient) => row({ patient, dice: patient % 2 ? 0.95 : 0.5 }));
    expect(supportOf(spread).flair.WT).toMatchObject({ supported: false, wholeCases: { mean: 0.7 } });
  });

  it('is refused where much is found that is not true', () => {
    const brains = patients(9).map((patient) => row({ patient, dice: 0.9, falseMl: 11 }));
    expect(supportOf(brains).flair.WT.supported).toBe(false);
  });

  it('counts brains without the region as measured, and leaves them out of the mean', () => {
    const brains = patients(8).map((patient) => row({ patient, dice: patient === 0 ? null : 0.9 }));
    expect(supportOf(brains).flair.ET).toMatchObject({ supported: true, wholeCases: { patients: 7 } });
  });
});

describe('what one more sequence brings', () => {
  const both = (count: number) =>
    patients(count).flatMap((patient) => [
      row({ patient, dice: 0.5 }),
      row({ patient, combination: 't1+flair', dice: 0.5 + patient / 100 }),
    ]);

  it('is said from ten patients on, with quartiles', () => {
    expect(gainsOf(both(11)).flair.t1!.WT).toEqual({
      median: 0.05,
      lower: 0.025,
      upper: 0.075,
      patients: 11,
    });
    expect(gainsOf(both(9)).flair.t1!.WT).toBeNull();
  });

  it('counts the pairs that it makes worse by more than a point', () => {
    const worse = [
      row({ patient: 20, dice: 0.5 }),
      row({ patient: 20, combination: 't1+flair', dice: 0.48 }),
    ];
    const little = [
      row({ patient: 21, dice: 0.5 }),
      row({ patient: 21, combination: 't1+flair', dice: 0.495 }),
    ];
    expect(loweredShare([...both(2), ...worse, ...little], 'WT')).toBe(0.25);
    expect(loweredShare([row({ patient: 1, dice: 0.5 })], 'WT')).toBeNull();
  });
});

describe('agreement as a flag', () => {
  const pair = { combination: 't1+flair' };
  const good = patients(25).map((patient) => row({ ...pair, patient, dice: 0.9, agreement: 0.9 }));
  const poor = (agreement: number, count = 12) =>
    patients(count).map((patient) => row({ ...pair, patient: patient + 50, dice: 0.2, agreement }));

  it('is shown where it finds half of the poor results of patients that its cut-off does not know', () => {
    expect(agreementFlagsOf([...good, ...poor(0.5)]).flags.WT).toMatchObject({
      detection: 1,
      falseAlarms: 0,
      results: 37,
    });
    expect(agreementFlagsOf([...good, ...poor(0.95)]).flags.WT).toBeNull();
    expect(agreementFlagsOf([...good, ...poor(0.5, 9)]).flags.WT).toBeNull();
  });

  it('judges each patient by the cut-off of the others', () => {
    // The cut-off of all ten flags one of them, those of the other nine flag the two lowest.
    const apart = patients(10).map((patient) =>
      row({ ...pair, patient, dice: 0.9, agreement: 0.6 + patient / 30 }),
    );
    expect(agreementFlagsOf([...apart, ...poor(0.5)]).found.WT).toMatchObject({ falseAlarms: 0.2, good: 10 });
  });
});

describe('volume ranges', () => {
  const NAMES = allCombinations().map(combinationName);
  /** Scores 0, 0.4, 0.8, … */
  const rows = (count: number) =>
    NAMES.flatMap((combination) =>
      patients(count).map((patient) =>
        row({ patient, combination, dice: 0.9, foundMl: 10, trueMl: 10.1 * Math.exp(patient / 25) - 0.1 }),
      ),
    );

  it('take the conformal quantile of one result a patient', () => {
    const measured = rows(25);
    const ranges = rangesOf(measured, supportOf(measured))!;
    // ⌈26 · 0.8⌉ = 21st of the scores.
    expect(ranges.factors.flair.WT).toEqual({ factor: 8, patients: 25 });
    expect(ranges.coverage).toContainEqual({ sequences: 2, covered: 0.8, ranges: 3 });
  });

  it('are not given from fewer than twenty patients', () => {
    expect(rangesOf(rows(19), supportOf(rows(19)))).toBeNull();
  });
});
