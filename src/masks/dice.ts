import { type PerRegion, perRegion } from '../terms.js';
import { isInRegion } from './labels.js';
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
  return diceOfCounts(truePositives + falsePositives, truePositives + falseNegatives, truePositives);
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

/** Dice of two sets by their sizes: 1 when both are empty, 0 when one is. */
export function diceOfCounts(a: number, b: number, both: number): number {
  return a + b === 0 ? 1 : (2 * both) / (a + b);
}

/** Dice of two masks of 0 and 1 on one grid. */
export function diceOfMasks(a: Uint8Array, b: Uint8Array): number {
  const counts = { a: 0, b: 0, both: 0 };
  for (let at = 0; at < a.length; at++) {
    counts.both += a[at] & b[at];
    counts.a += a[at];
    counts.b += b[at];
  }
  return diceOfCounts(counts.a, counts.b, counts.both);
}

/** Dice of the three regions of two BraTS label maps. */
export function labelDice(a: Uint8Array, b: Uint8Array): PerRegion<number> {
  const pairs = new Uint32Array(25);
  for (let at = 0; at < a.length; at++) pairs[5 * a[at] + b[at]]++;
  return perRegion((_, region) => {
    let inA = 0;
    let inB = 0;
    let both = 0;
    for (let pair = 0; pair < 25; pair++) {
      const hasA = isInRegion(Math.floor(pair / 5), region);
      const hasB = isInRegion(pair % 5, region);
      if (hasA) inA += pairs[pair];
      if (hasB) inB += pairs[pair];
      if (hasA && hasB) both += pairs[pair];
    }
    return diceOfCounts(inA, inB, both);
  });
}
