import type { PerRegion } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import type { Grid } from '../volume/volume.js';
import { forEachLabelled } from './runs.js';

/** Volumes of the nested regions of a BraTS label map (1, 2, 4), in ml. */
export function volumesOf(labels: Uint8Array, grid: Grid): PerRegion<number> {
  const counts = new Uint32Array(5);
  forEachLabelled(labels, (_, label) => counts[label]++);
  const ml = voxelVolume(grid.affine) / 1000;
  const [, core, oedema, , enhancing] = counts;
  return { WT: (core + oedema + enhancing) * ml, TC: (core + enhancing) * ml, ET: enhancing * ml };
}
