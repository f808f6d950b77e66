import { partOfGrid } from './placement.js';
import type { Size, Volume } from './volume.js';

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
  const words = wordsOf(data);
  const shift = data instanceof Uint8Array ? 2 : 1;
  const others = (1 << shift) - 1;
  const end = nx * ny * nz;
  for (let at = 0; at < end; ) {
    // Most of a mask or an image is empty: bytes are passed over four at a time, floats two at a time.
    if (words !== null && (at & others) === 0) while (words[at >> shift] === 0) at += others + 1;
    if (at >= end) break;
    if (data[at] === 0) {
      at++;
      continue;
    }
    const row = Math.floor(at / nx);
    const j = row % ny;
    const k = (row - j) / ny;
    const next = (row + 1) * nx;
    let to = next - 1;
    while (data[to] === 0) to--;
    first[0] = Math.min(first[0], at - row * nx);
    last[0] = Math.max(last[0], to - row * nx);
    first[1] = Math.min(first[1], j);
    last[1] = Math.max(last[1], j);
    first[2] = Math.min(first[2], k);
    last[2] = k;
    at = next;
  }
  return last[0] < 0 ? null : { first, last };
}

/** All of a volume. */
export function wholeExtent([nx, ny, nz]: Size): Extent {
  return { first: [0, 0, 0], last: [nx - 1, ny - 1, nz - 1] };
}

/** The same memory in whole words of four bytes or two floats, 0 only where all of them are; null where there are none. */
function wordsOf(data: ArrayLike<number>): Uint32Array | Float64Array | null {
  if (data instanceof Uint8Array && data.byteOffset % 4 === 0)
    return new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  if (data instanceof Float32Array && data.byteOffset % 8 === 0)
    return new Float64Array(data.buffer, data.byteOffset, data.length >> 1);
  return null;
}

/** A part of a mask, and where in it its first voxel lies. */
export interface Part extends Volume<Uint8Array> {
  readonly first: Size;
}

/** The smallest part of a mask that holds every voxel that is not 0; null where all are. */
export function shownPart({ data, size, affine }: Volume<Uint8Array>): Part | null {
  const extent = extentOf(data, size);
  if (!extent) return null;
  const { first, last } = extent;
  const grid = partOfGrid({ size, affine }, first, last);
  const [nx, ny, nz] = grid.size;
  const out = new Uint8Array(nx * ny * nz);
  for (let k = 0, to = 0; k < nz; k++)
    for (let j = 0; j < ny; j++, to += nx) {
      const from = first[0] + size[0] * (first[1] + j + size[1] * (first[2] + k));
      out.set(data.subarray(from, from + nx), to);
    }
  return { ...grid, data: out, first };
}
