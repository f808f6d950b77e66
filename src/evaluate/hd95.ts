import { boundingBox, crop, type Mask } from '../masks/mask.js';
import { quantile } from '../statistics.js';
import type { Spacing } from '../volume/distanceTransform.js';
import { nearestDistances } from './nearestVoxel.js';

/** HD95 in mm; when a mask is empty the value is by convention, and is counted apart. */
export interface Hd95 {
  readonly value: number;
  readonly kind: 'measured' | 'both-empty' | 'one-empty';
}

/**
 * 95th percentile of the Hausdorff distance in mm: of the distances from every border voxel of one mask to the
 * nearest border voxel of the other, the 95th percentile (interpolated linearly) in each direction, the larger
 * of the two. A border voxel has at least one of its six neighbours outside the mask. Both masks empty: 0;
 * one empty: the diagonal of the volume.
 *
 * @param diagonal mm; given where the masks are a part of a volume, else that of the masks' own grid.
 */
export function hd95(a: Mask, b: Mask, spacing: Spacing, diagonal = diagonalOf(a.size, spacing)): Hd95 {
  const box = boundingBox([a, b]);
  if (!box) return { value: 0, kind: 'both-empty' };
  const borderA = border(crop(a, box));
  const borderB = border(crop(b, box));
  const fromA = nearestDistances(borderA, borderB, spacing);
  const fromB = nearestDistances(borderB, borderA, spacing);
  if (fromA.length === 0 || fromB.length === 0) return { value: diagonal, kind: 'one-empty' };
  return { value: Math.max(quantile(fromA, 0.95), quantile(fromB, 0.95)), kind: 'measured' };
}

/** Length in mm from corner to corner of a volume. */
export function diagonalOf(size: readonly number[], spacing: Spacing): number {
  return Math.hypot(size[0] * spacing[0], size[1] * spacing[1], size[2] * spacing[2]);
}

/** Voxels of the mask with at least one of six neighbours outside it; beyond the image is outside. */
function border(mask: Mask): Mask {
  const [nx, ny, nz] = mask.size;
  const data = new Uint8Array(mask.data.length);
  for (let k = 0, v = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, v++) {
        if (mask.data[v] === 0) continue;
        const atEdge = i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1;
        const inside =
          !atEdge &&
          mask.data[v - 1] &&
          mask.data[v + 1] &&
          mask.data[v - nx] &&
          mask.data[v + nx] &&
          mask.data[v - nx * ny] &&
          mask.data[v + nx * ny];
        data[v] = inside ? 0 : 1;
      }
    }
  }
  return { data, size: mask.size };
}
