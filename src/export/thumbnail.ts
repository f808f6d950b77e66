import { encode } from 'fast-png';
import { MODALITIES, type Modality } from '../terms.js';
import { voxelSpacing } from '../volume/affine.js';
import { reorient } from '../volume/orientation.js';
import type { Volume } from '../volume/volume.js';
import { OUTLINE_COLOURS } from './dicom/colours.js';
import { fullestSlice } from './shownSlice.js';

/** Pixels of the longer side. */
const SIDE = 64;
/** What is white, as a share of the slice's values above 0. */
const WHITE = 0.99;
const OPACITY = 0.55;

/**
 * A small picture by which a case is known again: the axial slice through the middle of what is not air, radiological
 * convention, in its true proportions.
 *
 * @param image values above 0 are shown; the darkest is black.
 * @returns PNG, 8 bits of grey, 64 pixels at the longer side.
 */
export function thumbnail(image: Volume): Uint8Array {
  const { volume } = reorient(image, 'LPS');
  const { width, height, grey } = draw(volume, middleSlice(volume.data, volume.size));
  return encode({ width, height, data: grey, channels: 1, depth: 8 });
}

/**
 * The axial slice with most of a mask, and the mask over it.
 *
 * @param images on one grid; FLAIR is drawn where it is there, else T1ce, T2, T1.
 * @param labels BraTS labels on that grid. Green: oedema; blue: non-enhancing core; yellow: enhancing tumour.
 * @returns PNG, 8 bits of each colour, 64 pixels at the longer side.
 */
export function maskThumbnail(
  images: Readonly<Partial<Record<Modality, Volume>>>,
  labels: Uint8Array,
): Uint8Array {
  const shown = (['flair', 't1ce', 't2', 't1'] as const).find((m) => images[m]) ?? MODALITIES[0];
  const image = images[shown]!;
  const { volume } = reorient(image, 'LPS');
  const mask = reorient({ size: image.size, affine: image.affine, data: labels }, 'LPS').volume;
  const isEmpty = !labels.some((label) => label > 0);
  const k = isEmpty ? middleSlice(volume.data, volume.size) : fullestSlice(mask);
  const { width, height, grey, at } = draw(volume, k);
  const pixels = new Uint8Array(3 * grey.length);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const colour = OUTLINE_COLOURS[mask.data[at[pixel]]];
    for (let channel = 0; channel < 3; channel++)
      pixels[3 * pixel + channel] = colour
        ? Math.round((1 - OPACITY) * grey[pixel] + OPACITY * colour[channel])
        : grey[pixel];
  }
  return encode({ width, height, data: pixels, channels: 3, depth: 8 });
}

/** An axial slice as grey values, and the voxel that each pixel shows. */
function draw({ size, affine, data }: Volume, k: number) {
  const [nx, ny] = size;
  const first = nx * ny * k;
  const slice = data.subarray(first, first + nx * ny);
  const [mmX, mmY] = voxelSpacing(affine);
  const mmPerPixel = Math.max(nx * mmX, ny * mmY) / SIDE;
  const width = Math.max(1, Math.round((nx * mmX) / mmPerPixel));
  const height = Math.max(1, Math.round((ny * mmY) / mmPerPixel));
  const bright = slice.filter((value) => value > 0).sort();
  const white = bright[Math.floor(WHITE * (bright.length - 1))] ?? 1;
  const grey = new Uint8Array(width * height);
  const at = new Uint32Array(width * height);
  for (let y = 0, pixel = 0; y < height; y++)
    for (let x = 0; x < width; x++, pixel++) {
      const i = Math.min(nx - 1, Math.floor(((x + 0.5) * nx) / width));
      const j = Math.min(ny - 1, Math.floor(((y + 0.5) * ny) / height));
      at[pixel] = first + i + nx * j;
      grey[pixel] = Math.round(255 * Math.min(1, Math.max(0, slice[i + nx * j] / white)));
    }
  return { width, height, grey, at };
}

/** The middle of the slices that show anything. */
function middleSlice(data: Float32Array, [nx, ny, nz]: Volume['size']): number {
  const shows = (k: number) => data.subarray(nx * ny * k, nx * ny * (k + 1)).some((value) => value > 0);
  const slices = Array.from({ length: nz }, (_, k) => k).filter(shows);
  return slices[slices.length >> 1] ?? nz >> 1;
}
