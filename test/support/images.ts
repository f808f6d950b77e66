import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import type { Grid, Size, Volume } from '../../src/volume/volume.js';

/** The affine of BraTS files: LPS axes, 1 mm, voxel 0 at RAS (0, 239, 0). */
export const BRATS_AFFINE = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 239, 0, 1] as const;

/** A grid like BraTS's, with another size; `shift` voxels are cut from (or, negative, added to) its low ends. */
export function bratsGrid(size: Size, shift: Size = [0, 0, 0]): Grid {
  const affine = [...BRATS_AFFINE] as unknown as number[];
  affine[12] -= shift[0];
  affine[13] -= shift[1];
  affine[14] += shift[2];
  return { size, affine: affine as unknown as Grid['affine'] };
}

/**
 * A smooth, textured ellipsoid in air, the size of a head when its radii are: no two images of different `seed` are equal.
 */
export function ellipsoid(
  grid: Grid,
  radii: Size,
  seed: number,
  centre = grid.size.map((n) => (n - 1) / 2),
): Volume {
  const { size } = grid;
  const data = new Float32Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, at++) {
        const r =
          ((i - centre[0]) / radii[0]) ** 2 +
          ((j - centre[1]) / radii[1]) ** 2 +
          ((k - centre[2]) / radii[2]) ** 2;
        if (r > 1) continue;
        data[at] = Math.round(
          400 +
            100 * Math.sin((i + seed) / 7) * Math.cos((j - seed) / 5) +
            60 * Math.sin((k * seed) / 11) +
            80 * r,
        );
      }
    }
  }
  return { ...grid, data };
}

/** Writes a volume as int16 .nii.gz, folders made on the way. */
export async function writeImage(file: string, volume: Volume): Promise<string> {
  mkdirSync(dirname(file), { recursive: true });
  await writeNifti(file, { ...volume, data: Int16Array.from(volume.data) });
  return file;
}
