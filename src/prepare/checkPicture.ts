import { encode } from 'fast-png';
import { indexIn, type Reorientation, reorientationTo } from '../volume/orientation.js';
import { mapAxes } from '../volume/tuples.js';
import type { Grid, Size } from '../volume/volume.js';

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
  // Only what lies on a plane is looked at: a head has fifty times as many voxels.
  const lps = reorientationTo(grid, 'LPS');
  const voxelAt = indexIn(lps);
  const a = greyOf(first);
  const b = second && greyOf(second);
  const [nx, ny, nz] = lps.target.size;
  const place = through ? placed(lps, through) : mapAxes(lps.target.size, (n) => n >> 1);
  const planes: Plane[] = [
    { width: nx, height: ny, voxel: (x, y) => voxelAt(x, y, place[2]) },
    { width: nx, height: nz, voxel: (x, y) => voxelAt(x, place[1], nz - 1 - y) },
    { width: ny, height: nz, voxel: (x, y) => voxelAt(place[0], x, nz - 1 - y) },
  ];
  const width = planes.reduce((sum, plane) => sum + plane.width, 0);
  const height = Math.max(ny, nz);
  const data = new Uint8Array(3 * width * height);
  let left = 0;
  for (const plane of planes) {
    for (let y = 0; y < plane.height; y++) {
      for (let x = 0; x < plane.width; x++) {
        const field = (Math.floor(x / FIELD) + Math.floor(y / FIELD)) % 2;
        const grey = Math.round(255 * (b && field === 1 ? b : a)(plane.voxel(x, y)));
        const edge = mask && isEdge(mask, plane, x, y);
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
  /** The index of the voxel that a pixel shows. */
  readonly voxel: (x: number, y: number) => number;
}

function isEdge(mask: Uint8Array, { width, height, voxel }: Plane, x: number, y: number): boolean {
  const isSet = (px: number, py: number) =>
    px >= 0 && py >= 0 && px < width && py < height && mask[voxel(px, py)] !== 0;
  return isSet(x, y) && !(isSet(x - 1, y) && isSet(x + 1, y) && isSet(x, y - 1) && isSet(x, y + 1));
}

/** The index that a voxel gets when the grid's axes are turned. */
function placed({ axes, reversed, source }: Reorientation, voxel: Size): Size {
  return mapAxes(axes, (axis, target) =>
    reversed[target] ? source.size[axis] - 1 - voxel[axis] : voxel[axis],
  );
}

/** A voxel's grey value 0..1, from 0 to the 99.5th percentile of what is above 0 (by every seventh voxel). */
function greyOf(data: Float32Array): (voxel: number) => number {
  const positive = new Float32Array(Math.ceil(data.length / 7));
  let found = 0;
  for (let at = 0; at < data.length; at += 7) if (data[at] > 0) positive[found++] = data[at];
  const sorted = positive.subarray(0, found).sort();
  const top = sorted[Math.floor(0.995 * (found - 1))] || 1;
  return (voxel) => Math.fround(Math.min(1, Math.max(0, data[voxel] / top)));
}
