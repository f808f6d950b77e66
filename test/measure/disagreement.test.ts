import { describe, expect, it } from 'vitest';
import { DOUBT_RESULTS, disagreementOf } from '../../src/measure/disagreement.js';
import { supportOf } from '../../src/measure/knowledge.js';
import type { BrainMeasure } from '../../src/measure/wholeBrains.js';
import { combinationName, type Modality } from '../../src/terms.js';

/** Patients with T1ce (Dice 0.8 alone) and FLAIR (0.4 alone); the mask of both is like T1ce's alone by 0.9, like FLAIR's by `alike`. */
function rows(alike: readonly number[], dice = 0.85): BrainMeasure[] {
  const row = (patient: string, members: Modality[], own: number, alone?: number[]): BrainMeasure => {
    const region = {
      ...{ dice: own, hd95: 1, trueMl: 10, foundMl: 10, falseMl: 1, expectedMl: null, agreement: null },
      ...{ spread: 0, ...(alone ? { alone } : {}) },
    };
    return {
      ...{ dataset: 'made', name: patient, patient, spacing: [1, 1, 1], members },
      combination: combinationName(members),
      regions: { WT: null, TC: null, ET: region },
    };
  };
  return alike.flatMap((value, n) => [
    row(`p${n}`, ['t1ce'], 0.8),
    row(`p${n}`, ['flair'], 0.4),
    row(`p${n}`, ['t1ce', 'flair'], dice, [0.9, value]),
  ]);
}

describe('when sequences disagree too much', () => {
  const alike = [0.6, 0.5, 0.3002, 0.7, 0.8, 0.9, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6];

  it('is below every good mask, each sequence weighed by its own Dice', () => {
    const measured = rows(alike);
    // (0.8 · 0.9 + 0.4 · 0.3002) / 1.2 = 0.70007
    expect(disagreementOf(measured, supportOf(measured)).ET).toEqual({
      weights: { t1: 0, t1ce: 0.8, t2: 0, flair: 0.4 },
      // Rounded down: the lowest is not below it.
      below: 0.7,
      results: 12,
    });
  });

  it('is not known from too few good ones, or where nothing is supported', () => {
    const few = rows(alike.slice(0, DOUBT_RESULTS - 1));
    expect(disagreementOf(few, supportOf(few)).ET).toBeNull();
    const poor = rows(alike, 0.3);
    expect(disagreementOf(poor, supportOf(poor)).ET).toBeNull();
    expect(disagreementOf(rows(alike), supportOf(rows(alike))).WT).toBeNull();
  });
});
