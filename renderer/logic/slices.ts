import type { GridSummary } from '../../src/contract/index.js';
import type { ContentBox } from './contentBox.js';
import { invert, multiply, type PlaneAxes, sameGrid, transform, voxelAt } from './geometry.js';

/** An image as it came from the services. */
export interface ImageVoxels {
  readonly grid: GridSummary;
  readonly data: Uint8Array | Int16Array | Float32Array;
  readonly minimum: number;
  readonly maximum: number;
  /** A window to begin with. */
  readonly window: readonly [number, number];
  /** Where it is not empty. */
  readonly content: ContentBox;
}

/** Any map of bytes on the Case's grid with a colour (RGBA) for each of its 256 values. */
export interface Overlay {
  /** Changes whenever the voxels do. */
  readonly key: string;
  readonly grid: GridSummary;
  readonly data: Uint8Array;
}

/** Grey pixels of one slice of `grid`; an image on another grid is looked up by its header, nearest voxel. */
export function paintImage(
  pixels: Uint8ClampedArray,
  image: ImageVoxels,
  grid: GridSummary,
  axes: PlaneAxes,
  slice: number,
  [low, high]: readonly [number, number],
): void {
  const width = grid.size[axes.x.axis];
  const height = grid.size[axes.y.axis];
  const scale = 255 / Math.max(1e-9, high - low);
  const lookup = sampler(image, grid, axes, slice);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 4) {
      const grey = (lookup(x, y) - low) * scale;
      pixels[at] = pixels[at + 1] = pixels[at + 2] = grey;
      pixels[at + 3] = 255;
    }
}

/** Gives the image's value (nearest voxel) at a pixel of a slice of `grid`; 0 outside of the image. */
export function sampler(
  image: ImageVoxels,
  grid: GridSummary,
  axes: PlaneAxes,
  slice: number,
): (x: number, y: number) => number {
  const toImage = sameGrid(image.grid, grid) ? null : multiply(invert(image.grid.affine), grid.affine);
  const place = (x: number, y: number) => {
    const voxel = voxelAt(axes, grid.size, x, y, slice);
    return toImage ? transform(toImage, voxel) : voxel;
  };
  const origin = place(0, 0);
  const stepX = place(1, 0).map((v, a) => v - origin[a]);
  const stepY = place(0, 1).map((v, a) => v - origin[a]);
  const [nx, ny, nz] = image.grid.size;
  const { data } = image;
  return (x: number, y: number) => {
    const i = Math.round(origin[0] + x * stepX[0] + y * stepY[0]);
    const j = Math.round(origin[1] + x * stepX[1] + y * stepY[1]);
    const k = Math.round(origin[2] + x * stepX[2] + y * stepY[2]);
    if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) return 0;
    return data[i + nx * (j + ny * k)];
  };
}

/** Coloured pixels of one slice of an overlay; `colours` are 256 × RGBA. */
export function paintOverlay(
  pixels: Uint8ClampedArray,
  overlay: Overlay,
  axes: PlaneAxes,
  slice: number,
  colours: Uint8ClampedArray,
): void {
  const { size } = overlay.grid;
  const strides = [1, size[0], size[0] * size[1]];
  const start = voxelAt(axes, size, 0, 0, slice);
  const first = start[0] + size[0] * (start[1] + size[1] * start[2]);
  const stepX = strides[axes.x.axis] * (axes.x.flip ? -1 : 1);
  const stepY = strides[axes.y.axis] * (axes.y.flip ? -1 : 1);
  for (let y = 0, at = 0; y < size[axes.y.axis]; y++)
    for (let x = 0, voxel = first + y * stepY; x < size[axes.x.axis]; x++, voxel += stepX, at += 4) {
      const colour = 4 * overlay.data[voxel];
      pixels[at] = colours[colour];
      pixels[at + 1] = colours[colour + 1];
      pixels[at + 2] = colours[colour + 2];
      pixels[at + 3] = colours[colour + 3];
    }
}
