import { affineFromRows } from '../../src/volume/affine.js';
import type { Grid, Volume } from '../../src/volume/volume.js';

/** Made-up heads for checks of images: an ellipsoid of 44 × 50 × 38 voxels of 2 mm, LPS. */
export const SIZE = [48, 54, 42] as const;
export const GRID: Grid = {
  size: SIZE,
  affine: affineFromRows([
    [-2, 0, 0, 48],
    [0, -2, 0, 54],
    [0, 0, 2, -42],
  ]),
};

/** A brain-shaped field of blobs (sines of random directions) whose contrast `shade` decides; `seed` makes another head. */
export function head(seed: number, shade: (value: number) => number, mirrored = false): Volume {
  let state = seed;
  const random = () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  const waves = Array.from({ length: 30 }, () => [0, 1, 2, 3].map(() => 0.9 * (random() - 0.5)));
  const data = new Float32Array(SIZE[0] * SIZE[1] * SIZE[2]);
  for (let k = 0, v = 0; k < SIZE[2]; k++)
    for (let j = 0; j < SIZE[1]; j++)
      for (let i = 0; i < SIZE[0]; i++, v++) {
        const x = (mirrored ? SIZE[0] - 1 - i : i) - 23.5;
        const [y, z] = [j - 26.5, k - 20.5];
        if ((x / 22) ** 2 + (y / 25) ** 2 + (z / 19) ** 2 > 1) continue;
        const field = waves.reduce((sum, [a, b, c, d]) => sum + Math.sin(a * x + b * y + c * z + 7 * d), 0);
        data[v] = 20 + shade(field / 2);
      }
  return { ...GRID, data };
}
