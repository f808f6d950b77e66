import { connectedComponents } from '../volume/connectedComponents.js';
import type { Grid } from '../volume/volume.js';

/** A connected part of the voxels in which masks differ, and who says the same there. */
export interface DifferenceBlob {
  /** Indices of its voxels, ascending. */
  readonly voxels: Uint32Array;
  /** A voxel of the blob nearest to its centroid, (i, j, k). */
  readonly voxel: readonly [number, number, number];
  /** Groups of masks (indices) that say the same in every voxel of the blob, in the order of the masks. */
  readonly groups: readonly (readonly number[])[];
}

/**
 * The blobs (26-connected) in which at least two of the masks have different labels, largest first.
 *
 * @param masks BraTS label maps on the grid.
 */
export function differenceBlobs(masks: readonly Uint8Array[], grid: Grid): DifferenceBlob[] {
  const [first, ...others] = masks;
  const differ = new Uint8Array(first.length);
  for (const mask of others)
    for (let at = 0; at < first.length; at++) if (mask[at] !== first[at]) differ[at] = 1;
  return connectedComponents({ ...grid, data: differ }, (flag) => flag === 1, 26).map(
    ({ voxels, centroid }) => {
      const sorted = voxels.slice().sort();
      return { voxels: sorted, voxel: nearestVoxel(sorted, grid, centroid), groups: groupsOf(masks, sorted) };
    },
  );
}

function nearestVoxel(
  voxels: Uint32Array,
  { size: [nx, ny] }: Grid,
  centroid: readonly [number, number, number],
): [number, number, number] {
  let best: [number, number, number] = [0, 0, 0];
  let least = Number.POSITIVE_INFINITY;
  for (const index of voxels) {
    const i = index % nx;
    const j = ((index - i) / nx) % ny;
    const k = (index - i - j * nx) / (nx * ny);
    const distance = (i - centroid[0]) ** 2 + (j - centroid[1]) ** 2 + (k - centroid[2]) ** 2;
    if (distance < least) {
      least = distance;
      best = [i, j, k];
    }
  }
  return best;
}

function groupsOf(masks: readonly Uint8Array[], voxels: Uint32Array): number[][] {
  const groups: number[][] = [];
  masks.forEach((mask, m) => {
    const same = groups.find(([leader]) => voxels.every((at) => masks[leader][at] === mask[at]));
    if (same) same.push(m);
    else groups.push([m]);
  });
  return groups;
}
