/** When sequences disagree so much about a region, each weighed by how good it is alone, that a mask of all of them is to be doubted. */
import { byRegion } from '../evaluate/scores.js';
import type { ModelDescription } from '../model/schema.js';
import { weightedMean } from '../segment/influence.js';
import { type Combination, MODALITIES } from '../terms.js';
import { POOR_DICE } from './knowledge.js';
import type { BrainMeasure } from './wholeBrains.js';

/** With fewer good results there is no cut-off. */
export const DOUBT_RESULTS = 6;

type Knowledge = ModelDescription['knowledge'];

/**
 * Per region the weights (mean Dice of each sequence alone) and the cut-off: the lowest of the good results that are made of all the sequences
 * that a patient has, where they support the region. How many of the poor ones lie below is not asked: there may be none among so few
 * patients.
 */
export function disagreementOf(
  rows: readonly BrainMeasure[],
  combinations: Knowledge['combinations'],
): NonNullable<Knowledge['disagreement']> {
  const most = new Map<string, number>();
  for (const { patient, members } of rows)
    most.set(patient, Math.max(members.length, most.get(patient) ?? 0));
  const whole = rows.filter(({ patient, members }) => members.length === most.get(patient));
  return byRegion((region) => {
    const weights = Object.fromEntries(
      MODALITIES.map((m) => [m, combinations[m]?.[region]?.wholeCases?.mean ?? 0]),
    );
    const good = whole.flatMap(({ combination, members, regions }) => {
      const one = regions[region];
      if (!one?.alone || one.foundMl === 0 || one.dice === null || one.dice < POOR_DICE[region]) return [];
      if (!combinations[combination as Combination]?.[region]?.supported) return [];
      return weightedMean(one.alone, members, weights) ?? [];
    });
    if (good.length < DOUBT_RESULTS) return null;
    // Rounded down: the lowest good one is not doubted itself.
    return { weights, below: Math.floor(1e4 * Math.min(...good)) / 1e4, results: good.length };
  });
}
