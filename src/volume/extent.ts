import type { Size } from './volume.js';

/** First and last index along x, y, z, both included. */
export interface Extent {
  readonly first: Size;
  readonly last: Size;
}

/**
 * The smallest box that holds every value that is not 0; null where all are.
 *
 * @param data x fastest, of `size` voxels.
 */
export function extentOf(data: ArrayLike<number>, [nx, ny, nz]: Size): Extent | null {
  const first: [number, number, number] = [nx, ny, nz];
  const last: [number, number, number] = [-1, -1, -1];
  for (let k = 0, row = 0; k < nz; k++)
    for (let j = 0; j < ny; j++, row += nx) {
      let from = row;
      const end = row + nx;
      while (from < end && data[from] === 0) from++;
      if (from === end) continue;
      let to = end - 1;
      while (data[to] === 0) to--;
      first[0] = Math.min(first[0], from - row);
      last[0] = Math.max(last[0], to - row);
      first[1] = Math.min(first[1], j);
      last[1] = Math.max(last[1], j);
      first[2] = Math.min(first[2], k);
      last[2] = k;
    }
  return last[0] < 0 ? null : { first, last };
}
