/** Clean-up and mirroring of a finished network, chosen on whole validation brains. */

import { byRegion, PRESENT_ML } from '../../../src/evaluate/scores.js';
import { dice, overlapOf } from '../../../src/masks/dice.js';
import { regionMask } from '../../../src/masks/schemes.js';
import { rounded } from '../../../src/measure/knowledge.js';
import type { ModelDescription } from '../../../src/model/schema.js';
import { removeSpecks } from '../../../src/segment/cleanUp.js';
import { mean, quantile } from '../../../src/statistics.js';
import { allCombinations, REGIONS, type Region } from '../../../src/terms.js';
import type { PredictedCase } from '../../../src/training/predictCase.js';

export type Settings = Pick<ModelDescription, 'fusion' | 'threshold' | 'cleanUp'>;

/** What is tried. */
export const MINIMUM_ML: Readonly<Record<Region, readonly number[]>> = {
  WT: [0, 0.13, 0.5, 1],
  TC: [0, 0.13],
  ET: [0, 0.05, 0.13],
};
/** Small parts are removed where that costs no more Dice: to a reader every speck is a lesion. */
export const MOST_LOSS = 0.0005;
/** The second pass doubles the time: it has to gain this much in the mean of the regions. */
export const MIRRORING_GAIN = 0.005;

export interface Scores {
  /** Mean over combinations of the mean Dice over the brains that have the region. */
  readonly dice: Readonly<Record<Region, number>>;
  /** Median of found to true volume over the same results. */
  readonly volumeRatio: Readonly<Record<Region, number>>;
}

/** One setting that was tried. */
export interface Trial {
  readonly what: string;
  readonly scores: Scores;
  readonly taken: boolean;
}

export async function scoresOf(cases: readonly PredictedCase[], settings: Settings): Promise<Scores> {
  const values = new Map<string, Record<Region, number[]>>();
  const ratios: Record<Region, number[]> = { WT: [], TC: [], ET: [] };
  for (const one of cases) {
    const { grid, truth, truthLabels, spacing } = one;
    const actual = byRegion((region) => regionMask(truth, region, truthLabels));
    const mlPerVoxel = (spacing[0] * spacing[1] * spacing[2]) / 1000;
    for (const [name, labels] of await one.masks(settings, allCombinations(one.present))) {
      removeSpecks(labels, grid, settings.cleanUp);
      const found = values.get(name) ?? { WT: [], TC: [], ET: [] };
      values.set(name, found);
      for (const region of REGIONS) {
        const overlap = overlapOf(
          regionMask({ data: labels, size: grid.size }, region, 'brats'),
          actual[region],
        );
        const { truePositives, falsePositives, falseNegatives } = overlap;
        if ((truePositives + falseNegatives) * mlPerVoxel < PRESENT_ML) continue;
        found[region].push(dice(overlap));
        ratios[region].push((truePositives + falsePositives) / (truePositives + falseNegatives));
      }
    }
  }
  const combinations = [...values.values()];
  return {
    dice: byRegion((region) =>
      rounded(mean(combinations.flatMap((one) => (one[region].length > 0 ? [mean(one[region])] : [])))),
    ),
    volumeRatio: byRegion((region) => rounded(quantile(ratios[region], 0.5))),
  };
}

/** Whether the mean of a pass and a mirrored one gains more than `MIRRORING_GAIN` over the pass alone. */
export async function chooseMirroring(
  alone: readonly PredictedCase[],
  mirrored: readonly PredictedCase[],
  settings: Settings,
): Promise<Trial[]> {
  const without = await scoresOf(alone, settings);
  const scores = await scoresOf(mirrored, settings);
  const gain = mean(REGIONS.map((region) => scores.dice[region] - without.dice[region]));
  return [
    { what: 'one pass a sequence', scores: without, taken: true },
    { what: 'every sequence also mirrored left to right', scores, taken: gain > MIRRORING_GAIN },
  ];
}

/** Chooses region by region the smallest parts that are kept: the largest minimum that costs no Dice (`MOST_LOSS`). */
export async function chooseCleanUp(
  cases: readonly PredictedCase[],
  before: Settings,
): Promise<{ settings: Settings; trials: Trial[] }> {
  const trials: Trial[] = [];
  let settings: Settings = { ...before, cleanUp: { ...before.cleanUp, minimumMl: { WT: 0, TC: 0, ET: 0 } } };
  let best = await scoresOf(cases, settings);
  trials.push({ what: 'every part kept', scores: best, taken: true });
  for (const region of REGIONS) {
    for (const ml of MINIMUM_ML[region].filter((one) => one > 0)) {
      const minimumMl = { ...settings.cleanUp.minimumMl, [region]: ml };
      const tried = { ...settings, cleanUp: { ...settings.cleanUp, minimumMl } };
      const scores = await scoresOf(cases, tried);
      const taken = scores.dice[region] >= best.dice[region] - MOST_LOSS;
      trials.push({ what: `${region} at least ${ml} ml`, scores, taken });
      if (taken) settings = tried;
      if (scores.dice[region] > best.dice[region]) best = scores;
    }
  }
  return { settings, trials };
}
