import { REGIONS } from '../../src/terms.js';
import type { RegionStyles } from './colours.js';
import { type PlaneAxes, voxelAt } from './geometry.js';
import { labelsIn } from './labels.js';
import type { Overlay } from './slices.js';

/** The border of one region on a slice, along the edges of pixels: x0, y0, x1, y1 of each piece, in pixels. */
export interface Outline {
  readonly colour: string;
  readonly pieces: readonly number[];
}

/** The borders of all regions that are visible, the outermost first. */
export function outlinesOf(
  { grid, data }: Overlay,
  axes: PlaneAxes,
  slice: number,
  styles: RegionStyles,
): Outline[] {
  const { size } = grid;
  const [width, height] = [size[axes.x.axis], size[axes.y.axis]];
  const strides = [1, size[0], size[0] * size[1]];
  const [i, j, k] = voxelAt(axes, size, 0, 0, slice);
  const start = i + size[0] * (j + size[1] * k);
  const stepX = strides[axes.x.axis] * (axes.x.flip ? -1 : 1);
  const stepY = strides[axes.y.axis] * (axes.y.flip ? -1 : 1);
  return REGIONS.filter((region) => styles[region].visible).map((region) => {
    const holds = labelsIn(region);
    const isIn = (x: number, y: number) =>
      x < 0 || y < 0 || x >= width || y >= height ? 0 : holds[data[start + x * stepX + y * stepY]];
    const pieces: number[] = [];
    for (let y = 0; y <= height; y++)
      for (let x = 0; x <= width; x++) {
        const here = isIn(x, y);
        if (here !== isIn(x - 1, y)) pieces.push(x, y, x, y + 1);
        if (here !== isIn(x, y - 1)) pieces.push(x, y, x + 1, y);
      }
    return { colour: styles[region].colour, pieces };
  });
}
