import type { RanoRegion } from '../contract/followUp.js';
import { axialDiameters, type Diameters } from '../export/diameters.js';
import { isInRegion } from '../masks/labels.js';
import { axisCodes, voxelVolume } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import { partOfGrid } from '../volume/placement.js';
import { type Grid, type Size, type Volume, voxelCount } from '../volume/volume.js';

/** RANO 2.0 (Wen et al., J Clin Oncol 2023;41:5187): both diameters at least 10 mm, seen on at least two axial slices. */
const MEASURABLE = { mm: 10, slices: 2 } as const;

/** A separate part (26-connected) of a region, on its own grid. */
export interface Lesion {
  /** Indices into the mask. */
  readonly voxels: Uint32Array;
  readonly ml: number;
  /** Axial slices on which it is seen. */
  readonly slices: number;
  readonly diameters: Diameters;
  readonly isMeasurable: boolean;
}

/** mm² of the two diameters. */
export const productOf = ({ diameters }: Pick<Lesion, 'diameters'>) =>
  diameters.longestMm * diameters.perpendicularMm;

/**
 * The separate parts of a region, that with the largest product of its diameters first. Diameters are those of the report
 * (`export/diameters.ts`): the longest in one axial slice and the longest perpendicular to it, from the convex hull of one connected
 * part. So necrosis within an enhancing rim is measured across.
 *
 * @param mask BraTS labels.
 */
export function lesionsOf(mask: Volume<Uint8Array>, region: RanoRegion): Lesion[] {
  const ml = voxelVolume(mask.affine) / 1000;
  const lesions = connectedComponents(mask, (label) => isInRegion(label, region), 26).map(
    ({ voxels }): Lesion => {
      const { part, first, slices } = cut(mask, voxels);
      const found = axialDiameters(part, (label) => label === 1)!;
      const diameters = { ...found, slice: found.slice + first };
      const isMeasurable =
        diameters.longestMm >= MEASURABLE.mm &&
        diameters.perpendicularMm >= MEASURABLE.mm &&
        slices >= MEASURABLE.slices;
      return { voxels, ml: ml * voxels.length, slices, diameters, isMeasurable };
    },
  );
  return lesions.sort((a, b) => productOf(b) - productOf(a) || b.ml - a.ml);
}

/** A part alone in its box: 1 where it is. */
function cut({ size, affine }: Grid, voxels: Uint32Array) {
  const low: [number, number, number] = [...size];
  const high: [number, number, number] = [0, 0, 0];
  for (const voxel of voxels) {
    placeOf(voxel, size).forEach((n, axis) => {
      low[axis] = Math.min(low[axis], n);
      high[axis] = Math.max(high[axis], n);
    });
  }
  const box = partOfGrid({ size, affine }, low, high);
  const data = new Uint8Array(voxelCount(box.size));
  for (const voxel of voxels) {
    const [i, j, k] = placeOf(voxel, size);
    data[i - low[0] + box.size[0] * (j - low[1] + box.size[1] * (k - low[2]))] = 1;
  }
  const axial = [...axisCodes(affine)].findIndex((code) => 'SI'.includes(code));
  return { part: { ...box, data }, first: low[axial], slices: high[axial] - low[axial] + 1 };
}

function placeOf(voxel: number, [nx, ny]: Size): [number, number, number] {
  const i = voxel % nx;
  const j = Math.floor(voxel / nx) % ny;
  return [i, j, Math.floor(voxel / (nx * ny))];
}

/** The number (from 1) of the lesion at every voxel; 0 where there is none. */
export function lesionNumbers(lesions: readonly Lesion[], { size, affine }: Grid): Volume<Uint16Array> {
  const data = new Uint16Array(voxelCount(size));
  lesions.forEach(({ voxels }, n) => {
    for (const voxel of voxels) data[voxel] = n + 1;
  });
  return { size, affine, data };
}
