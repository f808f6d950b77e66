import { encode } from 'fast-png';
import { MODALITIES, type Modality } from '../terms.js';
import { reorient } from '../volume/orientation.js';
import type { Grid, Volume, VoxelArray } from '../volume/volume.js';

/** Colours that colour-blind eyes tell apart (Okabe and Ito 2008), per BraTS label. */
export const LABEL_COLOURS: Readonly<Record<number, readonly [number, number, number]>> = {
  1: [0, 114, 178],
  2: [0, 158, 115],
  4: [240, 228, 66],
};
const OPACITY = 0.55;
const COLUMNS = 5;
const GAP = 4;
const DOT = 7;
const SCALE = 2;

/** One tile: an axial slice, optionally with labels over it, and which sequences it stands for. */
interface Tile {
  readonly image: Float32Array;
  readonly labels: Uint8Array | null;
  readonly members: readonly Modality[];
}

export interface PictureMask {
  readonly members: readonly Modality[];
  readonly labels: Uint8Array;
}

/**
 * An overview as PNG: the given images on the axial slice with the largest whole tumour of the first mask (the middle slice when
 * that is empty), then that slice once per mask with its labels over the last image (FLAIR where there is one). Radiological
 * convention. Four dots in each tile's corner say which of T1, T1ce, T2, FLAIR it stands for (filled = used).
 * Green: oedema; blue: non-enhancing core; yellow: enhancing tumour.
 *
 * @param masks BraTS label maps on the grid, the reference one first.
 */
export function overviewPicture(
  images: Readonly<Partial<Record<Modality, Volume>>>,
  grid: Grid,
  masks: readonly PictureMask[],
): Uint8Array {
  const present = MODALITIES.filter((m) => images[m]);
  const k = fullestSlice(toLps(grid, masks[0].labels));
  const slices = present.map((m) => windowed(sliceOf(toLps(grid, images[m]!.data), k)));
  const background = slices[slices.length - 1];
  const tiles: Tile[] = present.map((m, i) => ({ image: slices[i], labels: null, members: [m] }));
  while (tiles.length % COLUMNS !== 0 && masks.length > 1)
    tiles.push({ image: new Float32Array(background.length), labels: null, members: [] });
  for (const { members, labels } of masks)
    tiles.push({ image: background, labels: sliceOf(toLps(grid, labels), k), members });
  const { size } = toLps(grid, masks[0].labels);
  return drawTiles(tiles, cropOf(slices, size[0], size[1]), size[0]);
}

function toLps<D extends VoxelArray>(grid: Grid, data: D): Volume<D> {
  return reorient({ size: grid.size, affine: grid.affine, data }, 'LPS').volume;
}

function sliceOf<D extends VoxelArray>({ data, size }: Volume<D>, k: number): D {
  return data.slice(k * size[0] * size[1], (k + 1) * size[0] * size[1]) as D;
}

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

interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The box of what is not air in any slice, with a small margin; the whole slice where all is air. */
function cropOf(slices: readonly Float32Array[], width: number, height: number): Crop {
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
  const x = Math.max(0, box.left - GAP);
  const y = Math.max(0, box.top - GAP);
  return {
    x,
    y,
    width: Math.min(width, box.right + GAP + 1) - x,
    height: Math.min(height, box.bottom + GAP + 1) - y,
  };
}

function drawTiles(tiles: readonly Tile[], crop: Crop, sliceWidth: number): Uint8Array {
  const tileWidth = crop.width * SCALE + GAP;
  const tileHeight = crop.height * SCALE + GAP;
  const columns = Math.min(COLUMNS, tiles.length);
  const width = columns * tileWidth + GAP;
  const height = Math.ceil(tiles.length / columns) * tileHeight + GAP;
  const data = new Uint8Array(width * height * 3);
  tiles.forEach((tile, n) => {
    const left = GAP + (n % columns) * tileWidth;
    const top = GAP + Math.floor(n / columns) * tileHeight;
    for (let y = 0; y < crop.height * SCALE; y++) {
      for (let x = 0; x < crop.width * SCALE; x++) {
        const at = crop.x + Math.floor(x / SCALE) + sliceWidth * (crop.y + Math.floor(y / SCALE));
        data.set(colourOf(tile, at), 3 * (left + x + width * (top + y)));
      }
    }
    if (tile.members.length > 0) drawDots(tile.members, data, width, left + GAP, top + GAP);
  });
  return encode({ width, height, data, channels: 3, depth: 8 });
}

function colourOf({ image, labels }: Tile, at: number): number[] {
  const grey = 255 * image[at];
  const colour = labels ? LABEL_COLOURS[labels[at]] : undefined;
  return [0, 1, 2].map((c) => Math.round(colour ? (1 - OPACITY) * grey + OPACITY * colour[c] : grey));
}

/** Four dots from the left: T1, T1ce, T2, FLAIR; filled = used, ring = not used. */
function drawDots(
  members: readonly Modality[],
  data: Uint8Array,
  width: number,
  left: number,
  top: number,
): void {
  MODALITIES.forEach((modality, n) => {
    const centre = left + DOT + n * 2.4 * DOT;
    for (let y = 0; y <= 2 * DOT; y++) {
      for (let x = -DOT; x <= DOT; x++) {
        const radius = Math.hypot(x, y - DOT);
        const inside = members.includes(modality) ? radius <= DOT : radius <= DOT && radius > DOT - 2;
        if (inside) data.set([255, 255, 255], 3 * (Math.round(centre + x) + width * (top + y)));
      }
    }
  });
}
