import type { RanoRegion, Target } from '../contract/followUp.js';
import { regionTable } from '../masks/labels.js';
import { inFiles } from '../numbers.js';
import { type Lesion, productOf } from './lesions.js';

/** RANO 2.0: the sum of the products of up to three target lesions. */
export const MOST_TARGETS = 3;

/** Lesions of one time point, and the number of each at every voxel of the first time point's grid. */
export interface PlacedLesions {
  readonly lesions: readonly Lesion[];
  /** 0 where there is none. */
  readonly numbers: Uint16Array;
}

/** Up to three measurable lesions of the first time point, the largest product first. */
export function chooseTargets(lesions: readonly Lesion[]): number[] {
  return lesions.flatMap(({ isMeasurable }, n) => (isMeasurable ? [n] : [])).slice(0, MOST_TARGETS);
}

/**
 * The targets as they are at a time point. What touches a target of the first time point, once aligned, is that target: several parts are
 * counted together, and a part that touches several targets is counted with the first of them alone.
 *
 * @param targets indices of the first time point's lesions.
 * @param first, later on one grid.
 */
export function trackTargets(
  targets: readonly number[],
  first: PlacedLesions,
  later: PlacedLesions,
): Target[] {
  const touching = touches(first.numbers, later.numbers);
  const owner = new Map<number, number>();
  const merged = new Map<number, number>();
  targets.forEach((target, at) => {
    for (const lesion of touching.get(target + 1) ?? []) {
      const other = owner.get(lesion);
      if (other === undefined) owner.set(lesion, at);
      else if (!merged.has(at)) merged.set(at, other + 1);
    }
  });
  return targets.map((_, at) => {
    const parts = [...owner]
      .filter(([, target]) => target === at)
      .map(([number]) => later.lesions[number - 1])
      .sort((a, b) => productOf(b) - productOf(a));
    return describe(at + 1, parts, parts.length === 0 ? (merged.get(at) ?? null) : null);
  });
}

/** The targets at the first time point itself. */
export function firstTargets(targets: readonly number[], lesions: readonly Lesion[]): Target[] {
  return targets.map((lesion, at) => describe(at + 1, [lesions[lesion]], null));
}

/**
 * Measurable lesions that touch nothing of their region that was there before. One that lies outside of the first time point's images was
 * never looked for there, and is not counted.
 *
 * @param before masks (BraTS labels) of all time points before, on the grid of the numbers.
 */
export function newMeasurable(
  { lesions, numbers }: PlacedLesions,
  region: RanoRegion,
  before: readonly Uint8Array[],
): number {
  const inRegion = regionTable(region);
  const [there, old] = [new Set<number>(), new Set<number>()];
  numbers.forEach((number, voxel) => {
    if (number === 0) return;
    there.add(number);
    if (before.some((labels) => inRegion[labels[voxel]] === 1)) old.add(number);
  });
  return lesions.filter(({ isMeasurable }, n) => isMeasurable && there.has(n + 1) && !old.has(n + 1)).length;
}

/** Sum of the targets' products, mm²; null where there is no target. */
export function sumOf(targets: readonly Target[]): number | null {
  return targets.length === 0 ? null : inFiles(targets.reduce((sum, one) => sum + one.productMm2, 0));
}

function describe(target: number, parts: readonly Lesion[], mergedInto: number | null): Target {
  const largest = parts.at(0)?.diameters;
  return {
    target,
    parts: parts.length,
    mergedInto,
    longestMm: largest ? inFiles(largest.longestMm) : null,
    perpendicularMm: largest ? inFiles(largest.perpendicularMm) : null,
    sliceZMm: largest ? inFiles(largest.sliceZMm) : null,
    productMm2: inFiles(parts.reduce((sum, part) => sum + productOf(part), 0)),
  };
}

/** Number of a lesion of `first` → numbers of those of `later` that share a voxel with it. */
function touches(first: Uint16Array, later: Uint16Array): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  first.forEach((number, voxel) => {
    if (number === 0 || later[voxel] === 0) return;
    const others = found.get(number) ?? new Set();
    found.set(number, others.add(later[voxel]));
  });
  return found;
}
