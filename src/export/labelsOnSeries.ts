import { QuorumError } from '../errors.js';
import { invertAffine, multiplyAffines, sameGrid } from '../volume/affine.js';
import { resample } from '../volume/resample.js';
import { type Affine, type Grid, type Volume, voxelCount } from '../volume/volume.js';

/**
 * A mask on a source series' own grid: every voxel of the series takes the label of the nearest voxel of the mask.
 *
 * @param toCase RAS mm of the series → RAS mm of the mask; null where nothing was moved.
 */
export function labelsOnSeries(
  mask: Volume<Uint8Array>,
  series: Grid,
  toCase: Affine | null,
): Volume<Uint8Array> {
  const { size, affine } = series;
  if (toCase === null && sameGrid(mask, series)) return { size, affine, data: mask.data };
  const back = toCase === null ? null : invertAffine(toCase);
  if (toCase !== null && back === null)
    throw new QuorumError({ code: 'INTERNAL', field: 'placement', expected: 'a transform with an inverse' });
  const moved = back === null ? mask : { ...mask, affine: multiplyAffines(back, mask.affine) };
  const data = new Uint8Array(voxelCount(size));
  return { size, affine, data: resample(moved, series, { interpolation: 'nearest', into: data }) };
}
