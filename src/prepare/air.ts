import type { Volume } from '../volume/volume.js';

/** The share of the outermost voxels that air fills at least where it is also the lowest value of the image, and where it is not. */
const LOWEST = 0.5;
const ANY = 0.9;

/**
 * Sets air to exactly 0 where a tool wrote another constant for it (−1, −1024, the lowest value). Air is what most of the outermost voxels
 * hold; in an image of measured air no single value does. Where other values are negative, too, all are moved by the air's value instead.
 *
 * @returns the voxels and what air was, or null where air is 0 already or no constant.
 */
export function withZeroAir({
  data,
  size,
}: Volume): { readonly data: Float32Array; readonly value: number; readonly shifted: boolean } | null {
  const { value, share } = commonest(outermost(data, size));
  if (value === 0 || share < LOWEST) return null;
  let lowest = Number.POSITIVE_INFINITY;
  let negative = false;
  for (const one of data) {
    if (one < lowest) lowest = one;
    if (one < 0 && one !== value) negative = true;
  }
  if (share < ANY && lowest !== value) return null;
  const shifted = negative && lowest === value;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = shifted ? data[i] - value : data[i] === value ? 0 : data[i];
  return { data: out, value, shifted };
}

/** The values on the six faces of the volume. */
function* outermost(data: Float32Array, [nx, ny, nz]: Volume['size']): Generator<number> {
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = nx * (j + ny * k);
      const isFace = k === 0 || k === nz - 1 || j === 0 || j === ny - 1;
      for (let i = 0; i < nx; i += isFace || nx === 1 ? 1 : nx - 1) yield data[row + i];
    }
  }
}

/** More distinct values than this are measured air. */
const MOST_DISTINCT = 4096;

function commonest(values: Iterable<number>): { value: number; share: number } {
  const counts = new Map<number, number>();
  let total = 0;
  for (const value of values) {
    total++;
    const known = counts.get(value);
    if (known !== undefined || counts.size < MOST_DISTINCT) counts.set(value, (known ?? 0) + 1);
  }
  const [value, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0]);
  return { value, share: total === 0 ? 0 : count / total };
}
