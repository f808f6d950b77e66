import { extentOf } from '../volume/extent.js';
import type { Size } from '../volume/volume.js';

/** A binary image: voxel (i, j, k) is `data[i + size[0] * (j + size[1] * k)]`, 0 or 1; where it only matters what is set, also labels. */
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
  const extents = masks.flatMap(({ data, size }) => extentOf(data, size) ?? []);
  if (extents.length === 0) return null;
  const low = [0, 1, 2].map((axis) => Math.min(...extents.map(({ first }) => first[axis])));
  const high = [0, 1, 2].map((axis) => Math.max(...extents.map(({ last }) => last[axis])));
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

function triple(values: readonly number[]): Size {
  return [values[0], values[1], values[2]];
}
