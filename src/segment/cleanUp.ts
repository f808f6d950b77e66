import type { ModelDescription } from '../model/schema.js';
import { REGIONS, type Region } from '../terms.js';
import { voxelToWorld, voxelVolume } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import type { Grid } from '../volume/volume.js';
import { LABELS } from './combine.js';

/** A part of a region that was too small to keep; `voxels` and `label` bring it back. */
export interface Speck {
  readonly region: Region;
  readonly ml: number;
  /** Centroid in RAS mm, and as voxel index. */
  readonly centroidMm: readonly [number, number, number];
  readonly centroidVoxel: readonly [number, number, number];
  /** Indices into the label map, the labels they had, and the label they were given. */
  readonly voxels: Uint32Array;
  readonly labels: Uint8Array;
}

/** The labels that make up each region (nested), and what a removed part of it becomes. */
const REGION_LABELS: Record<Region, { members: readonly number[]; becomes: number }> = {
  WT: { members: [LABELS.core, LABELS.oedema, LABELS.enhancing], becomes: 0 },
  TC: { members: [LABELS.core, LABELS.enhancing], becomes: LABELS.oedema },
  ET: { members: [LABELS.enhancing], becomes: LABELS.core },
};

/**
 * Removes connected parts of a region that are smaller than model.json states, whole tumour first. A removed part of ET stays
 * core, a removed part of TC stays oedema, a removed part of WT becomes background. Changes `labels` in place.
 *
 * @returns what was removed, largest first.
 */
export function removeSpecks(labels: Uint8Array, grid: Grid, rule: ModelDescription['cleanUp']): Speck[] {
  const mlPerVoxel = voxelVolume(grid.affine) / 1000;
  const specks: Speck[] = [];
  for (const region of REGIONS) {
    const least = rule.minimumMl[region];
    if (least === 0) continue;
    const { members, becomes } = REGION_LABELS[region];
    const parts = connectedComponents(
      { ...grid, data: labels },
      (label) => members.includes(label),
      rule.connectivity,
    );
    for (const part of parts) {
      const ml = part.voxelCount * mlPerVoxel;
      if (ml >= least) continue;
      const voxels = part.voxels;
      specks.push({
        region,
        ml,
        centroidMm: voxelToWorld(grid.affine, ...part.centroid),
        centroidVoxel: part.centroid,
        voxels,
        labels: Uint8Array.from(voxels, (at) => labels[at]),
      });
      for (const at of voxels) labels[at] = becomes;
    }
  }
  return specks.sort((a, b) => b.ml - a.ml);
}

/** Puts removed parts back, the last removed first. Changes `labels` in place. */
export function restoreSpecks(labels: Uint8Array, specks: readonly Speck[]): void {
  for (const speck of specks.toReversed()) {
    speck.voxels.forEach((at, i) => {
      labels[at] = speck.labels[i];
    });
  }
}

/** Volumes of the nested regions of a BraTS label map (1, 2, 4), in ml. */
export function volumesOf(labels: Uint8Array, grid: Grid): Record<Region, number> {
  const counts = new Uint32Array(5);
  for (const label of labels) counts[label]++;
  const ml = voxelVolume(grid.affine) / 1000;
  const [, core, oedema, , enhancing] = counts;
  return { WT: (core + oedema + enhancing) * ml, TC: (core + enhancing) * ml, ET: enhancing * ml };
}
