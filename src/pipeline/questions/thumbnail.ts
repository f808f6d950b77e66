import { encode } from 'fast-png';
import { voxelSpacing } from '../../volume/affine.js';
import { reorient } from '../../volume/orientation.js';
import type { Volume } from '../../volume/volume.js';

/** Pixels of the longer side. */
const SIDE = 64;
/** What is white, as a share of the slice's values above 0. */
const WHITE = 0.99;

/**
 * A small picture by which a case is known again: the axial slice through the middle of what is not air, radiological
 * convention, in its true proportions.
 *
 * @param image values above 0 are shown; the darkest is black.
 * @returns PNG, 8 bits of grey, 64 pixels at the longer side.
 */
export function thumbnail(image: Volume): Uint8Array {
  const { size, affine, data } = reorient(image, 'LPS').volume;
  const [nx, ny] = size;
  const middle = middleSlice(data, size);
  const slice = data.subarray(nx * ny * middle, nx * ny * (middle + 1));
  const [mmX, mmY] = voxelSpacing(affine);
  const mmPerPixel = Math.max(nx * mmX, ny * mmY) / SIDE;
  const width = Math.max(1, Math.round((nx * mmX) / mmPerPixel));
  const height = Math.max(1, Math.round((ny * mmY) / mmPerPixel));
  const bright = slice.filter((value) => value > 0).sort();
  const white = bright[Math.floor(WHITE * (bright.length - 1))] ?? 1;
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = Math.min(nx - 1, Math.floor(((x + 0.5) * nx) / width));
      const j = Math.min(ny - 1, Math.floor(((y + 0.5) * ny) / height));
      pixels[x + width * y] = Math.round(255 * Math.min(1, Math.max(0, slice[i + nx * j] / white)));
    }
  return encode({ width, height, data: pixels, channels: 1, depth: 8 });
}

/** The middle of the slices that show anything. */
function middleSlice(data: Float32Array, [nx, ny, nz]: Volume['size']): number {
  const shows = (k: number) => data.subarray(nx * ny * k, nx * ny * (k + 1)).some((value) => value > 0);
  const slices = Array.from({ length: nz }, (_, k) => k).filter(shows);
  return slices[slices.length >> 1] ?? nz >> 1;
}
