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
  const words = wordsOf(data);
  const end = nx * ny * nz;
  for (let at = 0; at < end; ) {
    // Most of a mask is empty: its bytes are passed over four at a time.
    if (words !== null && (at & 3) === 0) while (words[at >> 2] === 0) at += 4;
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

/** Whole words of four bytes; null where there are none. */
function wordsOf(data: ArrayLike<number>): Uint32Array | null {
  if (!(data instanceof Uint8Array) || data.byteOffset % 4 !== 0) return null;
  return new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
}
