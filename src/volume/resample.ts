import { QuorumError } from '../errors.js';
import { invertAffine, multiplyAffines } from './affine.js';
import { alignedAxes, linearAligned, linearAlignedShown, nearestAligned } from './resampleAligned.js';
import { linearOblique, nearestOblique } from './resampleOblique.js';
import { type Affine, type Grid, type Volume, type VoxelArray, voxelCount } from './volume.js';

/** Linear takes Float32 results only; nearest keeps the values, so any array may take them. */
export type ResampleOptions<D extends VoxelArray> =
  | { readonly interpolation: 'linear'; readonly outside?: number; readonly into?: D & Float32Array }
  | { readonly interpolation: 'nearest'; readonly outside?: number; readonly into?: D };

/**
 * Values of a volume at the voxel centres of another grid, x fastest, in a new Float32Array or in `into`.
 *
 * The source is taken to continue with the constant `outside` (default 0) beyond its last voxel centres. Linear
 * interpolates trilinearly, also between a border voxel and the constant, so a position up to one voxel outside still
 * gets part of the border's value. Nearest takes the voxel whose centre is closest; a tie goes to the higher index.
 * Positions are rounded to 2^-20 voxel, so that another field of view of the same head gives the same weights.
 */
export function resample<D extends VoxelArray = Float32Array>(
  volume: Volume<VoxelArray>,
  grid: Grid,
  options: ResampleOptions<D>,
): D {
  const out = options.into ?? (new Float32Array(voxelCount(grid.size)) as VoxelArray as D);
  if (out.length !== voxelCount(grid.size)) throw misuse('into');
  const mapping = mappingOf(volume, grid);
  const outside = options.outside ?? 0;
  const axes = alignedAxes(mapping, grid.size);
  if (options.interpolation === 'linear') {
    if (axes) linearAligned(volume, grid.size, axes, outside, out);
    else linearOblique(volume, grid.size, mapping, outside, out);
  } else if (axes) nearestAligned(volume, grid.size, axes, outside, out);
  else nearestOblique(volume, grid.size, mapping, outside, out);
  return out;
}

/**
 * Linear values of an image whose air is 0 at the voxel centres of another grid, and the share of each of those voxels that is no air: both
 * as `resample` gives them of the image and of its voxels that are not 0.
 */
export function resampleShown(
  image: Volume<Float32Array>,
  grid: Grid,
): { values: Float32Array; shares: Float32Array } {
  const axes = alignedAxes(mappingOf(image, grid), grid.size);
  if (!axes) {
    const data = Uint8Array.from(image.data, (value) => (value === 0 ? 0 : 1));
    const options = { interpolation: 'linear' } as const;
    return { values: resample(image, grid, options), shares: resample({ ...image, data }, grid, options) };
  }
  const values = new Float32Array(voxelCount(grid.size));
  const shares = new Float32Array(values.length);
  linearAlignedShown(image, grid.size, axes, values, shares);
  return { values, shares };
}

/** Position in the source's voxels = mapping · index in the target. */
function mappingOf(source: Grid, target: Grid): Affine {
  const toVoxel = invertAffine(source.affine);
  if (toVoxel === null) throw misuse('affine');
  return multiplyAffines(toVoxel, target.affine);
}

function misuse(field: 'affine' | 'into'): QuorumError {
  return new QuorumError({ code: 'INTERNAL', field, expected: 'an invertible affine and room for the grid' });
}
