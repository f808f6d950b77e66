import type { Region } from '../terms.js';
import type { Size } from '../volume/volume.js';
import type { Box, Mask } from './mask.js';

/**
 * What the numbers in a label map mean. `brats`: 1 necrosis and non-enhancing core, 2 oedema, 4 enhancing.
 * `brats2021` (2021 and later): enhancing is 3. `brats2013` (BRATS 2013/15): 3 is non-enhancing core, 4 enhancing.
 */
export type LabelScheme = 'brats' | 'brats2021' | 'brats2013';

/** The labels of each region. The regions overlap: WT ⊇ TC ⊇ ET. */
export const REGION_LABELS: Record<LabelScheme, Record<Region, readonly number[]>> = {
  brats: { WT: [1, 2, 4], TC: [1, 4], ET: [4] },
  brats2021: { WT: [1, 2, 3], TC: [1, 3], ET: [3] },
  brats2013: { WT: [1, 2, 3, 4], TC: [1, 3, 4], ET: [4] },
};

/** A label map; voxel (i, j, k) is `data[i + size[0] * (j + size[1] * k)]`. */
export interface LabelMap {
  readonly data: ArrayLike<number>;
  readonly size: Size;
}

/** One region of a label map, or of the part of it inside `box`. */
export function regionMask(map: LabelMap, region: Region, scheme: LabelScheme, box?: Box): Mask {
  const inside = new Uint8Array(256);
  for (const label of REGION_LABELS[scheme][region]) inside[label] = 1;
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
