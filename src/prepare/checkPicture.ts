import { encode } from 'fast-png';
import { reorient } from '../volume/orientation.js';
import type { Grid, Size, Volume, VoxelArray } from '../volume/volume.js';

/** Side of a field of the checkerboard, in voxels. */
const FIELD = 24;
const OUTLINE = [230, 159, 0] as const;

export interface CheckPicture {
  /** Shown everywhere, or in every second field when there is a `second` one. */
  readonly first: Float32Array;
  /** Lies in the other fields: where the two meet, edges must go on. */
  readonly second?: Float32Array;
  /** Its border is drawn in orange. */
  readonly mask?: Uint8Array;
  /** The voxel (of `grid`) through which the three planes go; the grid's middle by default. */
  readonly through?: Size;
}

/**
 * A picture (PNG) by which a person checks one step: an axial, a coronal and a sagittal plane side by side, radiological
 * convention, a pixel per voxel.
 *
 * @param picture arrays on `grid`, x fastest.
 */
export function checkPicture({ first, second, mask, through }: CheckPicture, grid: Grid): Uint8Array {
  const lps = <D extends VoxelArray>(data: D): Volume<D> => reorient({ ...grid, data }, 'LPS').volume;
  const a = lps(windowed(first));
  const b = second && lps(windowed(second));
  const outline = mask && lps(mask);
  const place = through ? placeInLps(grid, through) : a.size.map((n) => n >> 1);
  const [nx, ny, nz] = a.size;
  const planes: Plane[] = [
    { width: nx, height: ny, voxel: (x, y) => [x, y, place[2]] },
    { width: nx, height: nz, voxel: (x, y) => [x, place[1], nz - 1 - y] },
    { width: ny, height: nz, voxel: (x, y) => [place[0], x, nz - 1 - y] },
  ];
  const width = planes.reduce((sum, plane) => sum + plane.width, 0);
  const height = Math.max(ny, nz);
  const data = new Uint8Array(3 * width * height);
  let left = 0;
  for (const plane of planes) {
    for (let y = 0; y < plane.height; y++) {
      for (let x = 0; x < plane.width; x++) {
        const voxel = plane.voxel(x, y);
        const at = indexOf(a.size, voxel);
        const field = (Math.floor(x / FIELD) + Math.floor(y / FIELD)) % 2;
        const grey = Math.round(255 * (b && field === 1 ? b : a).data[at]);
        const edge = outline && isEdge(outline, plane, x, y);
        data.set(edge ? OUTLINE : [grey, grey, grey], 3 * (left + x + width * y));
      }
    }
    left += plane.width;
  }
  return encode({ width, height, data, channels: 3, depth: 8 });
}

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly voxel: (x: number, y: number) => Size;
}

function indexOf(size: Size, [i, j, k]: Size): number {
  return i + size[0] * (j + size[1] * k);
}

function isEdge(mask: Volume<Uint8Array>, { width, height, voxel }: Plane, x: number, y: number): boolean {
  const isSet = (px: number, py: number) =>
    px >= 0 && py >= 0 && px < width && py < height && mask.data[indexOf(mask.size, voxel(px, py))] !== 0;
  return isSet(x, y) && !(isSet(x - 1, y) && isSet(x + 1, y) && isSet(x, y - 1) && isSet(x, y + 1));
}

/** The index that a voxel gets when the grid's axes are turned to LPS. */
function placeInLps(grid: Grid, voxel: Size): Size {
  const data = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]);
  data[indexOf(grid.size, voxel)] = 1;
  const { volume } = reorient({ ...grid, data }, 'LPS');
  const at = volume.data.indexOf(1);
  const [nx, ny] = volume.size;
  return [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
}

/** Grey values 0..1, from 0 to the 99.5th percentile of what is above 0. */
function windowed(data: Float32Array): Float32Array {
  const positive = data.filter((value, at) => value > 0 && at % 7 === 0).sort();
  const top = positive[Math.floor(0.995 * (positive.length - 1))] || 1;
  return data.map((value) => Math.min(1, Math.max(0, value / top)));
}
