import type { Volume } from '../volume/volume.js';

/** What one pass over an image's voxels tells. Air is exactly 0. */
export interface ImageMeasurements {
  readonly nonZeroVoxels: number;
  /** First and last index with a non-zero voxel, per axis (x, y, z). */
  readonly box: {
    readonly first: readonly [number, number, number];
    readonly last: readonly [number, number, number];
  };
  /** Share of the box that is non-zero: a brain fills about half of it, a volume without air all. */
  readonly boxFill: number;
  /** Distinct values found, counting stops at `DISTINCT_LIMIT`. */
  readonly distinctValues: number;
  readonly allIntegers: boolean;
}

/** An image with at most this many distinct integers (0 included) is a label map. */
export const DISTINCT_LIMIT = 12;

/** Measures one image in one pass over its voxels. */
export function measureImage({ data, size }: Pick<Volume, 'data' | 'size'>): ImageMeasurements {
  const first: [number, number, number] = [size[0], size[1], size[2]];
  const last: [number, number, number] = [-1, -1, -1];
  const distinct = new Set<number>([0]);
  let nonZeroVoxels = 0;
  let allIntegers = true;
  let at = 0;
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, at++) {
        const value = data[at];
        if (value === 0) continue;
        nonZeroVoxels++;
        if (i < first[0]) first[0] = i;
        if (i > last[0]) last[0] = i;
        if (j < first[1]) first[1] = j;
        if (j > last[1]) last[1] = j;
        if (k < first[2]) first[2] = k;
        if (k > last[2]) last[2] = k;
        if (allIntegers && value % 1 !== 0) allIntegers = false;
        if (distinct.size <= DISTINCT_LIMIT) distinct.add(value);
      }
    }
  }
  const boxVoxels = last.reduce((product, end, axis) => product * Math.max(0, end - first[axis] + 1), 1);
  return {
    nonZeroVoxels,
    box: { first, last },
    boxFill: nonZeroVoxels === 0 ? 0 : nonZeroVoxels / boxVoxels,
    distinctValues: distinct.size,
    allIntegers,
  };
}
