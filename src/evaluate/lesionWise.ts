import { mat4 } from 'gl-matrix';
import { dice, overlapOf } from '../masks/dice.js';
import { boundingBox, crop, type Mask } from '../masks/mask.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import type { Spacing } from '../volume/distanceTransform.js';
import { dilate } from './dilate.js';
import { type Hd95, hd95 } from './hd95.js';

/**
 * Constants of the BraTS 2023 glioma challenge: true lesions closer than two dilations of 3 voxels are one lesion,
 * lesions of at most 50 mm³ are not scored, a missed or invented lesion has Dice 0 and HD95 374 mm.
 * Source: R. Saluja, "BraTS 2023 Lesion-Wise Performance Metrics" (github.com/rachitsaluja/BraTS-2023-Metrics,
 * challenge `BraTS-GLI`); the numbers suppose the 1 mm BraTS grid.
 */
const BRATS_2023 = { dilations: 3, smallestMm3: 50, penaltyMm: 374 } as const;

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
 *
 * @param whole `hd95` of the two masks where it is known: it is that of a lesion beside which there is nothing else.
 */
export function lesionWiseScore(
  prediction: Mask,
  truth: Mask,
  spacing: Spacing,
  whole?: Hd95,
): LesionWiseScore {
  const { dilations, smallestMm3, penaltyMm } = BRATS_2023;
  const box = boundingBox([prediction, truth], dilations);
  if (!box) return { dice: 1, hd95: 0, trueLesions: 0, missedLesions: 0, falseLesions: 0 };
  const actual = crop(truth, box);
  const predicted = components(crop(prediction, box));
  const owner = ownersOf(predicted, actual.data.length);
  const voxelMm3 = spacing[0] * spacing[1] * spacing[2];
  const matched = new Set<number>();
  const scores: { dice: number; hd95: number; missed: boolean }[] = [];
  const grown = dilate(actual, dilations);
  const extents = components(grown);
  const isOnly = extents.length === 1;
  for (const extent of extents) {
    const voxels = extent.filter((v) => actual.data[v] !== 0);
    const lesion = maskOf([voxels], actual.size);
    const meeting = new Set<number>();
    const around = isOnly ? grown : dilate(lesion, dilations);
    around.data.forEach((value, v) => {
      if (value !== 0 && owner[v] >= 0) meeting.add(owner[v]);
    });
    for (const component of meeting) matched.add(component);
    if (voxels.length * voxelMm3 <= smallestMm3) continue;
    const answer = maskOf(
      Array.from(meeting, (component) => predicted[component]),
      actual.size,
    );
    const missed = meeting.size === 0;
    const isAlone = isOnly && meeting.size === predicted.length;
    const measured = () => (isAlone && whole) || hd95(answer, lesion, spacing);
    const distance = missed ? penaltyMm : measured().value;
    scores.push({ dice: dice(overlapOf(answer, lesion)), hd95: distance, missed });
  }
  const falseLesions = predicted.length - matched.size;
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

/** Voxel indices of each 26-connected component. */
function components(mask: Mask): Uint32Array[] {
  const volume = { ...mask, affine: mat4.create() };
  return connectedComponents(volume, (value) => value !== 0, 26).map(({ voxels }) => voxels);
}

/** Per voxel the index of its component, −1 for background. */
function ownersOf(parts: readonly Uint32Array[], length: number): Int32Array {
  const owners = new Int32Array(length).fill(-1);
  parts.forEach((voxels, index) => {
    for (const v of voxels) owners[v] = index;
  });
  return owners;
}

function maskOf(parts: readonly Uint32Array[], size: Mask['size']): Mask {
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (const voxels of parts) for (const v of voxels) data[v] = 1;
  return { data, size };
}
