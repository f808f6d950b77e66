import { encode } from 'fast-png';
import { MODALITIES, type Modality } from '../terms.js';
import type { Grid, Volume } from '../volume/volume.js';
import { OUTLINE_COLOURS } from './dicom/colours.js';
import { type Crop, type PictureMask, shownSlice } from './shownSlice.js';

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

/**
 * An overview as PNG: the shown slice (`shownSlice`) of every image, then once per mask with its labels over the last image. Four
 * dots in each tile's corner say which of T1, T1ce, T2, FLAIR it stands for (filled = used). Green: oedema; blue: non-enhancing
 * core; yellow: enhancing tumour.
 *
 * @param masks BraTS label maps on the grid, the reference one first.
 */
export function overviewPicture(
  images: Readonly<Partial<Record<Modality, Volume>>>,
  grid: Grid,
  masks: readonly PictureMask[],
): Uint8Array {
  const slice = shownSlice(images, grid, masks);
  const background = slice.images[slice.images.length - 1].grey;
  const tiles: Tile[] = slice.images.map(({ modality, grey }) => ({
    image: grey,
    labels: null,
    members: [modality],
  }));
  while (tiles.length % COLUMNS !== 0 && masks.length > 1)
    tiles.push({ image: new Float32Array(background.length), labels: null, members: [] });
  for (const { mask, labels } of slice.masks)
    tiles.push({ image: background, labels, members: mask.members });
  return drawTiles(tiles, slice.crop, slice.width);
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
  const colour = labels ? OUTLINE_COLOURS[labels[at]] : undefined;
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
