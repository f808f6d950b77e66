import type { Region } from '../../src/terms.js';
import type { Vec3 } from './geometry.js';
import { labelsIn } from './labels.js';
import type { Overlay } from './slices.js';

/** One connected part of a mask. */
export interface Lesion {
  /** In its fullest axial slice, near the middle of it there, and in the mask. */
  readonly voxel: Vec3;
  readonly voxels: number;
  readonly ml: number;
}

/**
 * The slice with the most of a region: its voxel nearest to the region's middle there.
 *
 * @param axis voxel axis that the slices are counted along.
 * @returns null where the mask has nothing of the region.
 */
export function largestSlice({ grid, data }: Overlay, region: Region, axis: number): Vec3 | null {
  const inside = labelsIn(region);
  const found: number[] = [];
  for (let at = 0; at < data.length; at++) if (inside[data[at]]) found.push(at);
  return fullest(found, grid.size, axis);
}

/** Of voxels by index: the one in the fullest slice that is nearest to their middle there. */
function fullest(indices: readonly number[], size: readonly number[], axis: number): Vec3 | null {
  const slices = new Map<number, Vec3[]>();
  for (const index of indices) {
    const voxel = placeOf(index, size);
    const slice = slices.get(voxel[axis]);
    if (slice) slice.push(voxel);
    else slices.set(voxel[axis], [voxel]);
  }
  let best: Vec3[] = [];
  for (const slice of slices.values()) if (slice.length > best.length) best = slice;
  if (best.length === 0) return null;
  const middle = [0, 1, 2].map((a) => best.reduce((sum, voxel) => sum + voxel[a], 0) / best.length);
  const off = (voxel: Vec3) => voxel.reduce((sum, v, a) => sum + (v - middle[a]) ** 2, 0);
  return best.reduce((nearest, voxel) => (off(voxel) < off(nearest) ? voxel : nearest));
}

const placeOf = (index: number, [nx, ny]: readonly number[]): Vec3 => [
  index % nx,
  Math.floor(index / nx) % ny,
  Math.floor(index / (nx * ny)),
];

/** The parts of a mask (any label) that touch by a face, an edge or a corner, largest first. */
export function lesionsOf({ grid, data }: Overlay): Lesion[] {
  const [nx, ny, nz] = grid.size;
  const ml = grid.spacing.reduce((product, mm) => product * mm, 1) / 1000;
  const seen = new Uint8Array(data.length);
  const found: Lesion[] = [];
  for (let start = 0; start < data.length; start++) {
    if (data[start] === 0 || seen[start]) continue;
    seen[start] = 1;
    const part = [start];
    for (let next = 0; next < part.length; next++) {
      const [i, j, k] = placeOf(part[next], grid.size);
      for (let z = Math.max(0, k - 1); z <= Math.min(nz - 1, k + 1); z++)
        for (let y = Math.max(0, j - 1); y <= Math.min(ny - 1, j + 1); y++)
          for (let x = Math.max(0, i - 1); x <= Math.min(nx - 1, i + 1); x++) {
            const at = x + nx * (y + ny * z);
            if (data[at] === 0 || seen[at]) continue;
            seen[at] = 1;
            part.push(at);
          }
    }
    found.push({ voxel: fullest(part, grid.size, 2)!, voxels: part.length, ml: part.length * ml });
  }
  return found.sort((a, b) => b.voxels - a.voxels);
}
