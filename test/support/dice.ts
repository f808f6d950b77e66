import { dice, overlapOf } from '../../src/masks/dice.js';
import { type LabelMap, regionMask } from '../../src/masks/schemes.js';
import { REGIONS, type Region } from '../../src/terms.js';

/** Dice per region of two BraTS label maps on one grid. */
export function diceOfMaps(mask: LabelMap, truth: LabelMap): Record<Region, number> {
  const score = (region: Region) =>
    dice(overlapOf(regionMask(mask, region, 'brats'), regionMask(truth, region, 'brats')));
  return Object.fromEntries(REGIONS.map((region) => [region, score(region)])) as Record<Region, number>;
}
