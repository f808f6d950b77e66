/** What a model's masks of whole brains are like: one row a case and combination, from which everything that it knows of itself follows. */

import { hd95 } from '../evaluate/hd95.js';
import { byRegion, PRESENT_ML } from '../evaluate/scores.js';
import { dice, overlapOf } from '../masks/dice.js';
import type { Mask } from '../masks/mask.js';
import { regionMask } from '../masks/schemes.js';
import type { ModelDescription } from '../model/schema.js';
import { removeSpecks } from '../segment/cleanUp.js';
import { bitsOf, fusionOf } from '../segment/fusion.js';
import { probabilityMaps } from '../segment/probabilities.js';
import { logVolumeSpread } from '../segment/volumeRange.js';
import { mean } from '../statistics.js';
import { allCombinations, combinationName, type Modality, type Region } from '../terms.js';
import type { PredictedCase } from '../training/predictCase.js';

/** One region of one mask after clean-up, against the truth; volumes in ml. */
export interface RegionMeasure {
  /** Null where the truth holds less than `PRESENT_ML` of the region. */
  readonly dice: number | null;
  /** mm; null where one of the masks is empty. */
  readonly hd95: number | null;
  readonly trueMl: number;
  readonly foundMl: number;
  /** Found and not true. */
  readonly falseMl: number;
  /** Sum of the probabilities; null where it was not computed (`measureBrain`). */
  readonly expectedMl: number | null;
  /** Mean Dice with each member left out, before clean-up; null with one. */
  readonly agreement: number | null;
  /** Dice with each member's mask alone, in their order, before clean-up; absent with one, and in older measurements. */
  readonly alone?: readonly number[];
  /** `logVolumeSpread` of the members. */
  readonly spread: number;
}

/** One whole brain under one combination. */
export interface BrainMeasure {
  readonly dataset: string;
  readonly name: string;
  readonly patient: string;
  /** mm along the axes of the grid that masks and truth lie on. */
  readonly spacing: readonly [number, number, number];
  readonly combination: string;
  readonly members: readonly Modality[];
  /** Null where the truth does not tell the region. */
  readonly regions: Readonly<Record<Region, RegionMeasure | null>>;
}

/**
 * Every combination that a whole case allows. Expected volumes are summed for single sequences and for all that it has.
 *
 * @param known which regions the truth tells.
 */
export async function measureBrain(
  predicted: PredictedCase,
  description: ModelDescription,
  dataset: string,
  known: readonly Region[],
): Promise<BrainMeasure[]> {
  const { name, patient, present, grid, truth, truthLabels, spacing, logits } = predicted;
  const combinations = allCombinations(present);
  const labels = await predicted.masks(description, combinations);
  const regionsOf = (data: Uint8Array) =>
    byRegion((region) => regionMask({ data, size: grid.size }, region, 'brats'));
  const raw = new Map([...labels].map(([key, data]) => [key, regionsOf(data)]));
  const actual = byRegion((region) => regionMask(truth, region, truthLabels));
  const mlPerVoxel = (spacing[0] * spacing[1] * spacing[2]) / 1000;
  const fusion = fusionOf(description, present);
  return combinations.map((members) => {
    const combination = combinationName(members);
    const cleaned = labels.get(combination)!;
    removeSpecks(cleaned, grid, description.cleanUp);
    const found = regionsOf(cleaned);
    const isSummed = members.length === 1 || members.length === present.length;
    const expected = isSummed ? probabilityMaps(logits, grid, fusion, bitsOf(members, present)).fused : null;
    const regions = byRegion((region): RegionMeasure | null => {
      if (!known.includes(region)) return null;
      const overlap = overlapOf(found[region], actual[region]);
      const trueMl = (overlap.truePositives + overlap.falseNegatives) * mlPerVoxel;
      const distance = hd95(found[region], actual[region], spacing);
      const without = members.map((m) => raw.get(combinationName(members.filter((other) => other !== m))));
      return {
        dice: trueMl < PRESENT_ML ? null : dice(overlap),
        hd95: distance.kind === 'measured' ? distance.value : null,
        trueMl,
        foundMl: (overlap.truePositives + overlap.falsePositives) * mlPerVoxel,
        falseMl: overlap.falsePositives * mlPerVoxel,
        expectedMl: expected ? sum(expected[region]) * mlPerVoxel : null,
        agreement:
          members.length < 2
            ? null
            : mean(without.map((rest) => dice(overlapOf(raw.get(combination)![region], rest![region])))),
        ...(members.length < 2
          ? {}
          : {
              alone: members.map((m) =>
                dice(overlapOf(raw.get(combination)![region], raw.get(combinationName([m]))![region])),
              ),
            }),
        spread: logVolumeSpread(members.map((m) => sum(raw.get(m)![region].data) * mlPerVoxel)),
      };
    });
    return { dataset, name, patient, spacing, combination, members, regions };
  });
}

function sum(values: Mask['data'] | Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
