import type { Mask } from '../../src/masks/mask.js';
import type { Size } from '../../src/volume/volume.js';

/** Union of balls (x, y, z, radius): voxels with (i−x)² + (j−y)² + (k−z)² ≤ r². */
export function balls(size: Size, list: readonly (readonly [number, number, number, number])[]): Mask {
  return fill(size, (i, j, k) =>
    list.some(([x, y, z, r]) => (i - x) ** 2 + (j - y) ** 2 + (k - z) ** 2 <= r * r),
  );
}

export function fill(size: Size, inside: (i: number, j: number, k: number) => boolean): Mask {
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0, v = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, v++) data[v] = inside(i, j, k) ? 1 : 0;
    }
  }
  return { data, size };
}

/** Two masks with lesions hit, missed, too small, merged by dilation, and invented. */
export const LESIONS_SIZE: Size = [40, 36, 30];
export const TRUE_LESIONS = balls(LESIONS_SIZE, [
  [10, 10, 10, 5],
  [10, 10, 18, 2],
  [28, 26, 20, 4],
  [33, 6, 6, 3],
  [5, 30, 25, 1],
]);
export const PREDICTED_LESIONS = balls(LESIONS_SIZE, [
  [11, 10, 10, 5],
  [29, 24, 20, 3],
  [5, 30, 25, 2],
  [20, 5, 25, 2],
  [38, 34, 3, 1],
]);
