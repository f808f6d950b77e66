import type { Mask } from './mask.js';

/** Voxel counts of a prediction against a truth. Those of several cubes of one patient may be added. */
export interface Overlap {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

/** Counts voxels. Both masks have one size. */
export function overlapOf(prediction: Mask, truth: Mask): Overlap {
  let truePositives = 0;
  let falsePositives = 0;
  let falseNegatives = 0;
  for (let v = 0; v < truth.data.length; v++) {
    const predicted = prediction.data[v] !== 0;
    const actual = truth.data[v] !== 0;
    if (predicted && actual) truePositives += 1;
    else if (predicted) falsePositives += 1;
    else if (actual) falseNegatives += 1;
  }
  return { truePositives, falsePositives, falseNegatives };
}

/** The sum of several counts. */
export function addOverlaps(overlaps: readonly Overlap[]): Overlap {
  const sum = (key: keyof Overlap) => overlaps.reduce((total, overlap) => total + overlap[key], 0);
  return {
    truePositives: sum('truePositives'),
    falsePositives: sum('falsePositives'),
    falseNegatives: sum('falseNegatives'),
  };
}

/** Dice coefficient 2·TP / (2·TP + FP + FN): 1 when both are empty, 0 when one is. */
export function dice({ truePositives, falsePositives, falseNegatives }: Overlap): number {
  const total = 2 * truePositives + falsePositives + falseNegatives;
  return total === 0 ? 1 : (2 * truePositives) / total;
}

/** TP / (TP + FN), or null when the truth is empty. */
export function sensitivity({ truePositives, falseNegatives }: Overlap): number | null {
  const actual = truePositives + falseNegatives;
  return actual === 0 ? null : truePositives / actual;
}

/** Predicted minus true volume in ml. */
export function volumeError({ falsePositives, falseNegatives }: Overlap, voxelMm3: number): number {
  return ((falsePositives - falseNegatives) * voxelMm3) / 1000;
}
