import type { Size } from '../volume/volume.js';

/** A binary image: voxel (i, j, k) is `data[i + size[0] * (j + size[1] * k)]`, 0 or 1. */
export interface Mask {
  readonly data: Uint8Array;
  readonly size: Size;
}

/** First voxel and number of voxels along x, y, z. */
export interface Box {
  readonly start: Size;
  readonly size: Size;
}

/**
 * The smallest box that holds every voxel that is set in any mask, grown by `margin` voxels but never beyond the
 * image; null when no voxel is set. All masks have one size.
 */
export function boundingBox(masks: readonly Mask[], margin = 0): Box | null {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [-1, -1, -1];
  for (const mask of masks) growBounds(mask, low, high);
  if (high[0] < 0) return null;
  const start = low.map((at) => Math.max(0, at - margin));
  const end = high.map((at, axis) => Math.min(masks[0].size[axis], at + margin + 1));
  return { start: triple(start), size: triple(end.map((at, axis) => at - start[axis])) };
}

/** The part of a mask inside a box. */
export function crop(mask: Mask, { start, size }: Box): Mask {
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      const from = start[0] + mask.size[0] * (start[1] + j + mask.size[1] * (start[2] + k));
      data.set(mask.data.subarray(from, from + size[0]), size[0] * (j + size[1] * k));
    }
  }
  return { data, size };
}

function growBounds({ data, size: [nx, ny] }: Mask, low: number[], high: number[]): void {
  for (let v = data.indexOf(1); v >= 0; v = data.indexOf(1, v + 1)) {
    const at = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
    for (let axis = 0; axis < 3; axis++) {
      if (at[axis] < low[axis]) low[axis] = at[axis];
      if (at[axis] > high[axis]) high[axis] = at[axis];
    }
  }
}

function triple(values: readonly number[]): Size {
  return [values[0], values[1], values[2]];
}
