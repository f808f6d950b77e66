import { QuorumError } from '../errors.js';
import type { ImageHeader } from '../volume/read.js';
import type { Affine } from '../volume/volume.js';
import { NIFTI_VOXELS, type PlacedFrames, ras, VIEWS } from './placeFrames.js';

/** A slice this near to a place of the even stack, in distances of slices, is taken as it is. */
const AS_IT_IS = 0.1;

/**
 * A converted NIfTI with its slices at even distances: those that lie there as they are, others by linear interpolation between the two
 * around them.
 *
 * @param spacing about how far slices shall lie apart, mm; first and last slice keep their places.
 * @returns the file's bytes with the new number of slices, and voxel → RAS mm.
 */
export function onEvenSlices(
  nifti: Uint8Array,
  { size: [columns, rows], datatype }: Pick<ImageHeader, 'size' | 'datatype'>,
  { frames, affine, isFlipped }: PlacedFrames,
  spacing: number,
): { readonly nifti: Uint8Array; readonly affine: Affine } {
  const View = VIEWS[datatype as keyof typeof VIEWS];
  if (!View) throw new QuorumError({ code: 'CONVERSION_FAILED', field: 'datatype', found: datatype });
  const places = frames.map(({ imagePositionPatient }) => ras(imagePositionPatient));
  const axes = [...affine];
  const along = axes.slice(8, 11);
  const normal = along.map((v) => v / Math.hypot(...along));
  const heights = places.map((place) => place.reduce((sum, v, axis) => sum + v * normal[axis], 0));
  const [first, last] = [heights[0], heights.at(-1)!];
  const count = Math.round((last - first) / spacing) + 1;
  const step = (last - first) / (count - 1);

  const stored = new View(nifti.slice(NIFTI_VOXELS).buffer);
  const pixels = columns * rows;
  const slice = (k: number) => stored.subarray(k * pixels, (k + 1) * pixels);
  const made = new View(count * pixels);
  for (let n = 0, below = 0; n < count; n++) {
    const height = first + n * step;
    while (below < heights.length - 2 && heights[below + 1] <= height) below++;
    const share = (height - heights[below]) / (heights[below + 1] - heights[below]);
    const near = [below, below + 1].find((k) => Math.abs(heights[k] - height) < AS_IT_IS * step);
    if (near !== undefined) made.set(slice(near), n * pixels);
    else between(slice(below), slice(below + 1), share, made.subarray(n * pixels, (n + 1) * pixels));
  }
  const bytes = new Uint8Array(NIFTI_VOXELS + made.byteLength);
  bytes.set(nifti.subarray(0, NIFTI_VOXELS));
  bytes.set(new Uint8Array(made.buffer), NIFTI_VOXELS);
  new DataView(bytes.buffer).setInt16(46, count, true);

  const origin = places[0].map((mm, axis) => mm - (isFlipped ? affine[4 + axis] * (rows - 1) : 0));
  const placed = [...axes.slice(0, 8), ...normal.map((v) => v * step), 0, ...origin, 1];
  return { nifti: bytes, affine: placed };
}

function between(a: ArrayLike<number>, b: ArrayLike<number>, share: number, into: ArrayLike<number>): void {
  const isWhole = !(into instanceof Float32Array);
  for (let i = 0; i < a.length; i++) {
    const value = a[i] + share * (b[i] - a[i]);
    (into as number[])[i] = isWhole ? Math.round(value) : value;
  }
}
