import { transform } from './geometry.js';
import type { ImageVoxels, Overlay } from './slices.js';

/** Nearer to the middle than this (mm) lies on neither side. */
const MIDDLE_MM = 10;
/** Share of the mask that has to lie on one side. */
const NEARLY_ALL = 0.95;

/**
 * Whether a stroke lies in the other half of the head than nearly all of the mask, the stroke itself left out. Left and right are told
 * by the middle of what the image shows.
 */
export function isAcross(
  { grid, data }: Pick<Overlay, 'grid' | 'data'>,
  stroke: readonly number[],
  image: Pick<ImageVoxels, 'grid' | 'content'>,
): boolean {
  const { low, high } = image.content;
  const centre = low.map((first, axis) => (first + high[axis]) / 2);
  const [middle] = transform(image.grid.affine, centre);
  const [nx, ny] = grid.size;
  const sideOf = (index: number) => {
    const voxel = [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))];
    return transform(grid.affine, voxel)[0] - middle;
  };
  const painted = new Set(stroke);
  let [left, right] = [0, 0];
  data.forEach((label, index) => {
    if (label === 0 || painted.has(index)) return;
    if (sideOf(index) < 0) left++;
    else right++;
  });
  const side = stroke.reduce((sum, index) => sum + sideOf(index), 0) / stroke.length;
  if (left + right === 0 || Math.abs(side) < MIDDLE_MM) return false;
  return (side < 0 ? right : left) >= NEARLY_ALL * (left + right);
}
