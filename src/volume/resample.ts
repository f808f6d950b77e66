import { QuorumError } from '../errors.js';
import { invertAffine, multiplyAffines } from './affine.js';
import { alignedAxes, linearAligned, nearestAligned } from './resampleAligned.js';
import { linearOblique, nearestOblique } from './resampleOblique.js';
import { type Grid, type Volume, type VoxelArray, voxelCount } from './volume.js';

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
  const toVoxel = invertAffine(volume.affine);
  if (toVoxel === null || out.length !== voxelCount(grid.size)) {
    const field = toVoxel === null ? 'affine' : 'into';
    throw new QuorumError({
      code: 'INTERNAL',
      field,
      expected: 'an invertible affine and room for the grid',
    });
  }
  // Position in the source's voxels = mapping · index in the target.
  const mapping = multiplyAffines(toVoxel, grid.affine);
  const outside = options.outside ?? 0;
  const axes = alignedAxes(mapping, grid.size);
  if (options.interpolation === 'linear') {
    if (axes) linearAligned(volume, grid.size, axes, outside, out);
    else linearOblique(volume, grid.size, mapping, outside, out);
  } else if (axes) nearestAligned(volume, grid.size, axes, outside, out);
  else nearestOblique(volume, grid.size, mapping, outside, out);
  return out;
}
