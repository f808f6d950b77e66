import { describe, expect, it } from 'vitest';
import {
  EXPECTED_PATIENTS,
  expectedDiceOf,
  rankingOf,
  riskCoverage,
} from '../../src/measure/expectedDice.js';
import type { BrainMeasure } from '../../src/measure/wholeBrains.js';
import { expectationOf } from '../../src/model/expectedDice.js';
import { allCombinations, combinationName } from '../../src/terms.js';

const region = (dice: number | null, foundMl: number, agreement: number | null) => ({
  dice,
  hd95: 1,
  trueMl: dice === null ? 0 : 10,
  foundMl,
  falseMl: 0,
  expectedMl: null,
  agreement,
  spread: 0,
});

/** Dice = 0.3 + 0.2 · log10(ml + 0.5) + 0.4 · (agreement − 0.8), exactly. */
function brains(patients: number): BrainMeasure[] {
  return Array.from({ length: patients }, (_, n) =>
    allCombinations().map((members, c): BrainMeasure => {
      const agreement = members.length === 1 ? null : 0.6 + 0.03 * ((5 * n + c) % 11);
      const ml = 2 + ((7 * n + 3 * c) % 40);
      const dice = 0.3 + 0.2 * Math.log10(ml + 0.5) + 0.4 * (agreement === null ? 0 : agreement - 0.8);
      return {
        dataset: 'made',
        name: `p${n}`,
        patient: `p${n}`,
        spacing: [1, 1, 1],
        combination: combinationName(members),
        members,
        regions: { WT: region(dice, ml, agreement), TC: region(null, 3, null), ET: null },
      };
    }),
  ).flat();
}

describe('what Dice is to be expected', () => {
  it('finds a law that the results follow, and how far off it is', () => {
    const rows = brains(40);
    const known = expectedDiceOf(rows);
    expect(known.WT).toMatchObject({ patients: 40, results: 600, level: 0.8 });
    expect(known.WT!.volume).toBeCloseTo(0.2, 1);
    expect(known.WT!.agreement).toBeCloseTo(0.4, 1);
    expect(known.WT!.error).toBeLessThan(0.01);
    const facts = {
      members: rows[14].members,
      agreement: rows[14].regions.WT!.agreement,
      ml: rows[14].regions.WT!.foundMl,
    };
    expect(expectationOf({ expectedDice: known }, 'WT', facts)!.dice).toBeCloseTo(
      rows[14].regions.WT!.dice!,
      1,
    );
  });

  it('finds how many ml are false, and by how much four of five results lie below', () => {
    const rows = brains(40).map((row, n) => ({
      ...row,
      // A tenth of what is found, a little more in every fifth result.
      regions: {
        ...row.regions,
        WT: {
          ...row.regions.WT!,
          falseMl: (n % 5 === 0 ? 0.2 : 0.1) * (row.regions.WT!.foundMl + 0.5) - 0.5,
        },
      },
    }));
    const { falseVolume } = expectedDiceOf(rows).WT!;
    expect(falseVolume).toMatchObject({ limitMl: 10 });
    expect(falseVolume!.volume).toBeCloseTo(1, 1);
    expect(falseVolume!.error).toBeLessThan(0.3);
  });

  it('says nothing of a region that too few patients have', () => {
    expect(expectedDiceOf(brains(EXPECTED_PATIENTS - 1)).WT).toBeNull();
    expect(expectedDiceOf(brains(EXPECTED_PATIENTS)).WT).not.toBeNull();
    // Nobody has the core, though it is found.
    expect(expectedDiceOf(brains(20)).TC).toBeNull();
    expect(expectedDiceOf(brains(20)).ET).toBeNull();
  });
});

describe('how a score ranks results', () => {
  it('by the area under the risk-coverage curve, counted by hand', () => {
    const results = [
      { score: 3, dice: 0.5 },
      { score: 2, dice: 0.9 },
      { score: 1, dice: 0.7 },
    ];
    expect(riskCoverage(results)).toEqual([0.5, expect.closeTo(0.3, 12), expect.closeTo(0.3, 12)]);
    const ranking = rankingOf(results);
    expect(ranking.area).toBeCloseTo((0.5 + 0.3 + 0.3) / 3, 12);
    expect(ranking.perfect).toBeCloseTo((0.1 + 0.2 + 0.3) / 3, 12);
    expect(ranking.random).toBeCloseTo(0.3, 12);
    // Ranks 3 2 1 against 1 3 2: 1 − 6 · 6 / (3 · 8)
    expect(ranking.correlation).toBeCloseTo(-0.5, 12);
  });

  it('equal scores share their rank', () => {
    const results = [1, 1, 2, 2].map((score, n) => ({ score, dice: n / 4 }));
    // numpy and scipy.stats.spearmanr([1, 1, 2, 2], [0, .25, .5, .75])
    expect(rankingOf(results).correlation).toBeCloseTo(0.894427190999916, 12);
  });
});
