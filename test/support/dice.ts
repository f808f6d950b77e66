import { dice, overlapOf } from '../../src/evaluate/dice.js';
import { type LabelMap, regionMask } from '../../src/evaluate/labels.js';
import { REGIONS, type Region } from '../../src/terms.js';

/** Dice per region of two BraTS label maps on one grid. */
export function diceOfMaps(mask: LabelMap, truth: LabelMap): Record<Region, number> {
  const score = (region: Region) =>
    dice(overlapOf(regionMask(mask, region, 'brats'), regionMask(truth, region, 'brats')));
  return Object.fromEntries(REGIONS.map((region) => [region, score(region)])) as Record<Region, number>;
}
