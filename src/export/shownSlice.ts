import { MODALITIES, type Modality } from '../terms.js';
import { voxelSpacing } from '../volume/affine.js';
import { reorient, reorientedSlice } from '../volume/orientation.js';
import type { Grid, Volume, VoxelArray } from '../volume/volume.js';

const MARGIN = 4;

export interface PictureMask {
  /** Of which sequences it was made. */
  readonly members: readonly Modality[];
  readonly labels: Uint8Array;
}

/** The axial slice that pictures show, radiological convention: x to the patient's left, y to the back. */
export interface ShownSlice<Mask extends PictureMask> {
  readonly width: number;
  readonly height: number;
  /** The box of what is not air in any image or mask, with a small margin; all of the slice where all is air. */
  readonly crop: Crop;
  /** Millimetres from pixel to pixel, across and down. */
  readonly spacing: readonly [number, number];
  /** Grey values 0..1 of each image, in MODALITIES order. */
  readonly images: readonly { readonly modality: Modality; readonly grey: Float32Array }[];
  /** The masks with their labels on this slice; the last image, FLAIR where there is one, lies under them. */
  readonly masks: readonly { readonly mask: Mask; readonly labels: Uint8Array }[];
}

export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The given images and masks on the axial slice with the largest whole tumour of the first mask; the middle slice when that is
 * empty.
 *
 * @param masks BraTS label maps on the grid, the reference one first.
 */
export function shownSlice<Mask extends PictureMask>(
  images: Readonly<Partial<Record<Modality, Volume>>>,
  grid: Grid,
  masks: readonly Mask[],
): ShownSlice<Mask> {
  const { volume: reference, reorientation } = reorient({ ...grid, data: masks[0].labels }, 'LPS');
  const k = fullestSlice(reference);
  const [width, height] = reference.size;
  const sliceOf = <D extends VoxelArray>(data: D) => reorientedSlice(data, reorientation, k);
  const shown = MODALITIES.filter((m) => images[m]).map((modality) => ({
    modality,
    grey: windowed(sliceOf(images[modality]!.data)),
  }));
  const labelled = masks.map((mask) => ({ mask, labels: sliceOf(mask.labels) }));
  const [mmX, mmY] = voxelSpacing(reference.affine);
  const filled = [...shown.map(({ grey }) => grey), ...labelled.map(({ labels }) => labels)];
  return {
    width,
    height,
    crop: cropOf(filled, width, height),
    spacing: [mmX, mmY],
    images: shown,
    masks: labelled,
  };
}

/** The slice along the third axis with the most voxels that are not 0; the middle one where all are 0. */
export function fullestSlice({ data, size }: Volume<Uint8Array>): number {
  const area = size[0] * size[1];
  let best = Math.floor(size[2] / 2);
  let most = 0;
  for (let k = 0; k < size[2]; k++) {
    let count = 0;
    for (let at = k * area; at < (k + 1) * area; at++) if (data[at] !== 0) count++;
    if (count > most) [best, most] = [k, count];
  }
  return best;
}

/** Grey values 0..1 between the 1st and 99.5th percentile of the non-zero values. */
function windowed(slice: Float32Array): Float32Array {
  const values = slice.filter((value) => value !== 0).sort();
  const low = values[Math.floor(0.01 * values.length)] ?? 0;
  const high = values[Math.floor(0.995 * (values.length - 1))] ?? 1;
  return slice.map((value) =>
    value === 0 ? 0 : Math.min(1, Math.max(0, (value - low) / (high - low || 1))),
  );
}

/** The box of what is not air in any slice, with a small margin; the whole slice where all is air. */
function cropOf(slices: readonly VoxelArray[], width: number, height: number): Crop {
  const box = { left: width, right: 0, top: height, bottom: 0 };
  for (const slice of slices) {
    slice.forEach((value, at) => {
      if (value === 0) return;
      const [x, y] = [at % width, Math.floor(at / width)];
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
    });
  }
  if (box.right < box.left) return { x: 0, y: 0, width, height };
  const x = Math.max(0, box.left - MARGIN);
  const y = Math.max(0, box.top - MARGIN);
  return {
    x,
    y,
    width: Math.min(width, box.right + MARGIN + 1) - x,
    height: Math.min(height, box.bottom + MARGIN + 1) - y,
  };
}
