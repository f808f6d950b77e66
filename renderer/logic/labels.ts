import type { Region } from '../../src/terms.js';

/** Innermost first: the regions to which a voxel with this BraTS label belongs. */
export const REGIONS_OF_LABEL: Readonly<Record<number, readonly Region[]>> = {
  1: ['TC', 'WT'],
  2: ['WT'],
  4: ['ET', 'TC', 'WT'],
};

/** For each of 256 labels: 1 where it belongs to the region. */
export function labelsIn(region: Region): Uint8Array {
  const table = new Uint8Array(256);
  for (const [label, regions] of Object.entries(REGIONS_OF_LABEL))
    if (regions.includes(region)) table[Number(label)] = 1;
  return table;
}
