import { LABELS, REGION_MEMBERS } from '../masks/labels.js';
import { type Box, boundingBox, crop } from '../masks/mask.js';
import type { ModelDescription } from '../model/schema.js';
import { REGIONS, type Region } from '../terms.js';
import { voxelToWorld, voxelVolume } from '../volume/affine.js';
import { connectedComponents, smallComponents } from '../volume/connectedComponents.js';
import { mapAxes } from '../volume/tuples.js';
import type { Grid, Size } from '../volume/volume.js';

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

/** What a removed part of each region becomes. */
const BECOMES: Readonly<Record<Region, number>> = { WT: 0, TC: LABELS.oedema, ET: LABELS.core };

/**
 * Removes connected parts of a region that are smaller than model.json states, whole tumour first. A removed part of ET stays
 * core, a removed part of TC stays oedema, a removed part of WT becomes background. Changes `labels` in place.
 *
 * @returns what was removed, largest first.
 */
export function removeSpecks(labels: Uint8Array, grid: Grid, rule: ModelDescription['cleanUp']): Speck[] {
  const mlPerVoxel = voxelVolume(grid.affine) / 1000;
  // A tumour is a small part of a head.
  const box = boundingBox([{ data: labels, size: grid.size }]);
  if (box === null) return [];
  // What is removed is removed in the box too: the next region is looked for in what is left.
  const inBox = {
    size: box.size,
    affine: grid.affine,
    data: crop({ data: labels, size: grid.size }, box).data,
  };
  const specks: Speck[] = [];
  for (const region of REGIONS) {
    const least = rule.minimumMl[region];
    if (least === 0) continue;
    const members = REGION_MEMBERS[region];
    const parts = smallComponents(
      inBox,
      (label) => members.includes(label),
      rule.connectivity,
      (count) => count * mlPerVoxel < least,
    );
    for (const part of parts) {
      const voxels = part.voxels.map((at) => indexInGrid(at, box, grid.size));
      const centroidVoxel = mapAxes(part.centroid, (n, a) => n + box.start[a]);
      specks.push({
        region,
        ml: part.voxelCount * mlPerVoxel,
        centroidMm: voxelToWorld(grid.affine, ...centroidVoxel),
        centroidVoxel,
        voxels,
        labels: Uint8Array.from(voxels, (at) => labels[at]),
      });
      for (const at of voxels) labels[at] = BECOMES[region];
      for (const at of part.voxels) inBox.data[at] = BECOMES[region];
    }
  }
  return specks.sort((a, b) => b.ml - a.ml);
}

function indexInGrid(at: number, { start, size }: Box, [nx, ny]: Size): number {
  const i = at % size[0];
  const rest = (at - i) / size[0];
  const j = rest % size[1];
  const k = (rest - j) / size[1];
  return start[0] + i + nx * (start[1] + j + ny * (start[2] + k));
}

/** Puts removed parts back, the last removed first. Changes `labels` in place. */
export function restoreSpecks(labels: Uint8Array, specks: readonly Speck[]): void {
  for (const speck of specks.toReversed()) {
    speck.voxels.forEach((at, i) => {
      labels[at] = speck.labels[i];
    });
  }
}

/**
 * Separate enhancing lesions: connected parts (26) of the whole tumour that hold at least this much enhancing tumour.
 * Several enhancing spots inside one tumour are one lesion.
 */
export function countEnhancingLesions(labels: Uint8Array, grid: Grid, minimumMl: number): number {
  // A tumour is a small part of a head.
  const box = boundingBox([{ data: labels, size: grid.size }]);
  if (box === null) return 0;
  const data = crop({ data: labels, size: grid.size }, box).data;
  if (!data.includes(LABELS.enhancing)) return 0;
  const mlPerVoxel = voxelVolume(grid.affine) / 1000;
  const parts = connectedComponents(
    { size: box.size, affine: grid.affine, data },
    (label) => label !== 0,
    26,
  );
  return parts.filter(({ voxels }) => {
    let enhancing = 0;
    for (const at of voxels) if (data[at] === LABELS.enhancing) enhancing += 1;
    return enhancing > 0 && enhancing * mlPerVoxel >= minimumMl;
  }).length;
}
