import { LABELS } from '../../src/masks/labels.js';
import type { Grid, Size, Volume } from '../../src/volume/volume.js';
import { bratsGrid } from '../support/images.js';

/** Closed shapes on a 1 mm grid, with the label of enhancing tumour. */
export const GRID: Grid = bratsGrid([140, 120, 60]);

type Inside = (i: number, j: number, k: number) => boolean;

/** Semi-axes in mm; in-plane the first along i, the second along j. */
export const ellipsoid = ([ci, cj, ck]: Size, [a, b, c]: Size): Inside => {
  return (i, j, k) => ((i - ci) / a) ** 2 + ((j - cj) / b) ** 2 + ((k - ck) / c) ** 2 <= 1;
};

/** From voxel `low`, of `size` voxels. */
export const box = (low: Size, size: Size): Inside => {
  return (...at) => at.every((n, axis) => n >= low[axis] && n < low[axis] + size[axis]);
};

export function maskOf(...shapes: readonly Inside[]): Volume<Uint8Array> {
  const [nx, ny, nz] = GRID.size;
  const data = new Uint8Array(nx * ny * nz);
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++)
        if (shapes.some((inside) => inside(i, j, k))) data[at] = LABELS.enhancing;
  return { ...GRID, data };
}
