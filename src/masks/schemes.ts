import type { LabelScheme, Region } from '../terms.js';
import type { Size } from '../volume/volume.js';
import type { Box, Mask } from './mask.js';

/** The labels of each region that a mask tells; a region that it does not tell is absent, and is never scored. */
export type RegionLabels = Readonly<Partial<Record<Region, readonly number[]>>>;

/** The labels of each region. The regions overlap: WT ⊇ TC ⊇ ET. */
export const REGION_LABELS: Record<LabelScheme, Record<Region, readonly number[]>> = {
  brats: { WT: [1, 2, 4], TC: [1, 4], ET: [4] },
  brats2021: { WT: [1, 2, 3], TC: [1, 3], ET: [3] },
  brats2024: { WT: [1, 2, 3], TC: [1, 3], ET: [3] },
  msd: { WT: [1, 2, 3], TC: [2, 3], ET: [3] },
  brats2013: { WT: [1, 2, 3, 4], TC: [1, 3, 4], ET: [4] },
  'brats-peds': { WT: [1, 2, 3, 4], TC: [1, 2, 3], ET: [1] },
};

/** Labels of a scheme that belong to no region: the resection cavity. */
const NO_REGION: Partial<Record<LabelScheme, readonly number[]>> = { brats2024: [4] };

/** Every label that a scheme knows, 0 included. */
export function knownLabels(scheme: LabelScheme): number[] {
  return [0, ...REGION_LABELS[scheme].WT, ...(NO_REGION[scheme] ?? [])];
}

/** A label of the scheme that is of the whole tumour and of none of its parts: oedema. */
export function oedemaLabel(scheme: LabelScheme): number {
  const { WT, TC } = REGION_LABELS[scheme];
  return WT.find((label) => !TC.includes(label))!;
}

/** A label map; voxel (i, j, k) is `data[i + size[0] * (j + size[1] * k)]`. */
export interface LabelMap {
  readonly data: ArrayLike<number>;
  readonly size: Size;
}

/** The voxels with one of the labels in a label map, or in the part of it inside `box`. */
export function labelMask(map: LabelMap, labels: readonly number[], box?: Box): Mask {
  const inside = new Uint8Array(256);
  for (const label of labels) inside[label] = 1;
  const { start, size } = box ?? { start: [0, 0, 0], size: map.size };
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0, v = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      let from = start[0] + map.size[0] * (start[1] + j + map.size[1] * (start[2] + k));
      for (let i = 0; i < size[0]; i++, v++, from++) data[v] = inside[map.data[from]] ?? 0;
    }
  }
  return { data, size };
}

/** One region of a label map, or of the part of it inside `box`. */
export function regionMask(map: LabelMap, region: Region, scheme: LabelScheme, box?: Box): Mask {
  return labelMask(map, REGION_LABELS[scheme][region], box);
}
