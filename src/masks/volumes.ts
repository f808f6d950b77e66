import type { PerRegion } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import type { Grid } from '../volume/volume.js';
import { forEachLabelled, type Runs } from './runs.js';

/** Volumes of the nested regions of a BraTS label map (1, 2, 4), in ml. */
export function volumesOf(labels: Uint8Array, grid: Grid): PerRegion<number> {
  const counts = new Uint32Array(5);
  forEachLabelled(labels, (_, label) => counts[label]++);
  return volumesOfCounts(counts, grid);
}

/** The same of a mask's runs. */
export function volumesOfRuns(runs: Runs, grid: Grid): PerRegion<number> {
  const counts = new Uint32Array(5);
  for (let at = 0; at < runs.length; at += 3) counts[runs[at + 2]] += runs[at + 1];
  return volumesOfCounts(counts, grid);
}

function volumesOfCounts(counts: Uint32Array, grid: Grid): PerRegion<number> {
  const ml = voxelVolume(grid.affine) / 1000;
  const [, core, oedema, , enhancing] = counts;
  return { WT: (core + oedema + enhancing) * ml, TC: (core + enhancing) * ml, ET: enhancing * ml };
}
