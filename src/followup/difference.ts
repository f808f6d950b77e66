import type { Difference } from '../contract/followUp.js';
import { regionTable } from '../masks/labels.js';
import { inFiles } from '../numbers.js';
import type { Region } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import type { Grid } from '../volume/volume.js';

/** Values of a difference map; 0 where the region is at neither time. */
export const DIFFERENCE = { unchanged: 1, grown: 2, gone: 3, new: 4 } as const;

/**
 * What became of a region between two times: per voxel unchanged, gone, or added – grown where its connected part (26 neighbours) touches
 * what was there before, new where it touches nothing of it.
 *
 * @param before, after BraTS labels on one grid.
 */
export function differenceOf(
  before: Uint8Array,
  after: Uint8Array,
  { size, affine }: Grid,
  region: Region,
): { readonly map: Uint8Array; readonly ml: Difference } {
  const inRegion = regionTable(region);
  const map = new Uint8Array(before.length);
  const { unchanged, grown, gone } = DIFFERENCE;
  for (let voxel = 0; voxel < map.length; voxel++) {
    const was = inRegion[before[voxel]];
    if (inRegion[after[voxel]]) map[voxel] = was ? unchanged : grown;
    else if (was) map[voxel] = gone;
  }
  const isThere = (value: number) => value === unchanged || value === grown;
  for (const { voxels } of connectedComponents({ size, affine, data: map }, isThere, 26))
    if (voxels.every((voxel) => map[voxel] === grown))
      for (const voxel of voxels) map[voxel] = DIFFERENCE.new;
  const counts = new Uint32Array(5);
  for (const value of map) counts[value]++;
  const ml = voxelVolume(affine) / 1000;
  const of = (value: number) => inFiles(counts[value] * ml);
  return {
    map,
    ml: {
      unchangedMl: of(unchanged),
      grownMl: of(grown),
      goneMl: of(gone),
      newMl: of(DIFFERENCE.new),
    },
  };
}
