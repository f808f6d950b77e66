import { connectedComponents, dilate } from './components.js';
import { dice, overlapOf } from './dice.js';
import type { Spacing } from './distanceTransform.js';
import { hd95 } from './hd95.js';
import { boundingBox, countVoxels, crop, type Mask } from './mask.js';

/**
 * Constants of the BraTS 2023 glioma challenge: true lesions closer than two dilations of 3 voxels are one lesion,
 * lesions of at most 50 mm³ are not scored, a missed or invented lesion has Dice 0 and HD95 374 mm.
 * Source: R. Saluja, "BraTS 2023 Lesion-Wise Performance Metrics" (github.com/rachitsaluja/BraTS-2023-Metrics,
 * challenge `BraTS-GLI`); the numbers suppose the 1 mm BraTS grid.
 */
export const BRATS_2023 = { dilations: 3, smallestMm3: 50, penaltyMm: 374 } as const;

/** Scores of one region by lesion. */
export interface LesionWiseScore {
  /** Mean over true lesions and false-positive components; 1 when there are neither. */
  readonly dice: number;
  /** Mean over the same in mm; 0 when there are neither. */
  readonly hd95: number;
  readonly trueLesions: number;
  readonly missedLesions: number;
  readonly falseLesions: number;
}

/**
 * Lesion-wise Dice and HD95 as BraTS 2023 defines them. The truth is dilated (18 neighbours, 3 times) to find which
 * of its parts are one lesion; each lesion is compared with all predicted components (26 neighbours) that meet its
 * dilation; components that meet none are false lesions, whatever their size. HD95 is `hd95`'s (border voxels),
 * where the challenge's code weighs surface elements.
 */
export function lesionWiseScore(prediction: Mask, truth: Mask, spacing: Spacing): LesionWiseScore {
  const { dilations, smallestMm3, penaltyMm } = BRATS_2023;
  const box = boundingBox([prediction, truth], dilations);
  if (!box) return { dice: 1, hd95: 0, trueLesions: 0, missedLesions: 0, falseLesions: 0 };
  const predicted = connectedComponents(crop(prediction, box), 26);
  const actual = crop(truth, box);
  const extents = connectedComponents(dilate(actual, 18, dilations), 26);
  const voxelMm3 = spacing[0] * spacing[1] * spacing[2];
  const matched = new Set<number>();
  const scores: { dice: number; hd95: number; missed: boolean }[] = [];
  for (let index = 1; index <= extents.count; index++) {
    const lesion = select(actual, (v) => extents.labels[v] === index);
    const meeting = new Set<number>();
    dilate(lesion, 18, dilations).data.forEach((value, v) => {
      if (value !== 0 && predicted.labels[v] !== 0) meeting.add(predicted.labels[v]);
    });
    for (const component of meeting) matched.add(component);
    if (countVoxels(lesion) * voxelMm3 <= smallestMm3) continue;
    const answer = select(actual, (v) => meeting.has(predicted.labels[v]), true);
    const missed = meeting.size === 0;
    const distance = missed ? penaltyMm : hd95(answer, lesion, spacing).value;
    scores.push({ dice: dice(overlapOf(answer, lesion)), hd95: distance, missed });
  }
  const falseLesions = predicted.count - matched.size;
  const total = scores.length + falseLesions;
  const sum = (key: 'dice' | 'hd95') => scores.reduce((all, score) => all + score[key], 0);
  return {
    dice: total === 0 ? 1 : sum('dice') / total,
    hd95: total === 0 ? 0 : (sum('hd95') + falseLesions * penaltyMm) / total,
    trueLesions: scores.length,
    missedLesions: scores.filter(({ missed }) => missed).length,
    falseLesions,
  };
}

/** Voxels for which `belongs` holds, of the mask or, with `anywhere`, of its whole grid. */
function select(mask: Mask, belongs: (voxel: number) => boolean, anywhere = false): Mask {
  const data = mask.data.map((value, v) => ((anywhere || value !== 0) && belongs(v) ? 1 : 0));
  return { data, size: mask.size };
}
