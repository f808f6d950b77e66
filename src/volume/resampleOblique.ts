import { roundPosition } from './resampleAligned.js';
import type { Affine, Size, Volume, VoxelArray } from './volume.js';

/** Takes the value at a source position (x, y, z) in voxels. */
type Sampler = (x: number, y: number, z: number) => number;

/** Source positions along one row of the target: where it begins, and one step. */
interface Row {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly dx: number;
  readonly dy: number;
  readonly dz: number;
}

function forEachRow([nx, ny, nz]: Size, mapping: Affine, visit: (row: Row, from: number) => void): void {
  const [dx, dy, dz] = [mapping[0], mapping[1], mapping[2]];
  for (let k = 0, from = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++, from += nx) {
      const x = mapping[4] * j + mapping[8] * k + mapping[12];
      const y = mapping[5] * j + mapping[9] * k + mapping[13];
      const z = mapping[6] * j + mapping[10] * k + mapping[14];
      visit({ x, y, z, dx, dy, dz }, from);
    }
  }
}

/** Trilinear interpolation for any mapping (target voxel → source voxel). */
export function linearOblique(
  volume: Volume<VoxelArray>,
  size: Size,
  mapping: Affine,
  outside: number,
  out: VoxelArray,
): void {
  // Copied only where that is less work than what follows.
  const data = out.length < volume.data.length ? (volume.data as Float32Array) : asFloats(volume.data);
  const source = { ...volume, data };
  const border = borderSampler(source, outside);
  forEachRow(size, mapping, (row, from) => {
    linearRow(source.data, source.size, row, out as Float32Array, from, size[0], outside, border);
  });
}

/** One type of array for the innermost loop; small whole numbers are the same as floats. */
function asFloats(data: VoxelArray): Float32Array {
  const isExact =
    data instanceof Uint8Array ||
    data instanceof Int8Array ||
    data instanceof Int16Array ||
    data instanceof Uint16Array;
  return isExact ? new Float32Array(data) : (data as Float32Array);
}

function linearRow(
  data: Float32Array,
  [nx, ny, nz]: Size,
  row: Row,
  out: Float32Array,
  from: number,
  count: number,
  outside: number,
  border: Sampler,
): void {
  const nxy = nx * ny;
  for (let n = 0; n < count; n++) {
    const x = roundPosition(row.x + row.dx * n);
    const y = roundPosition(row.y + row.dy * n);
    const z = roundPosition(row.z + row.dz * n);
    if (x >= 0 && x < nx - 1 && y >= 0 && y < ny - 1 && z >= 0 && z < nz - 1) {
      const i = Math.floor(x);
      const j = Math.floor(y);
      const k = Math.floor(z);
      const [fx, fy, fz] = [x - i, y - j, z - k];
      const at = i + nx * j + nxy * k;
      const up = at + nxy;
      const near0 = data[at] + fx * (data[at + 1] - data[at]);
      const near1 = data[at + nx] + fx * (data[at + nx + 1] - data[at + nx]);
      const far0 = data[up] + fx * (data[up + 1] - data[up]);
      const far1 = data[up + nx] + fx * (data[up + nx + 1] - data[up + nx]);
      const near = near0 + fy * (near1 - near0);
      out[from + n] = near + fz * (far0 + fy * (far1 - far0) - near);
    } else if (x > -1 && x < nx && y > -1 && y < ny && z > -1 && z < nz) out[from + n] = border(x, y, z);
    else out[from + n] = outside;
  }
}

/** The same where some of the eight neighbours lie outside the volume. */
function borderSampler({ data, size: [nx, ny, nz] }: Volume<VoxelArray>, outside: number): Sampler {
  return (x, y, z) => {
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
    const [fx, fy, fz] = [x - i, y - j, z - k];
    let value = 0;
    for (let corner = 0; corner < 8; corner++) {
      const [di, dj, dk] = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const [ci, cj, ck] = [i + di, j + dj, k + dk];
      const weight = (di ? fx : 1 - fx) * (dj ? fy : 1 - fy) * (dk ? fz : 1 - fz);
      const inside = ci >= 0 && ci < nx && cj >= 0 && cj < ny && ck >= 0 && ck < nz;
      value += weight * (inside ? data[ci + nx * (cj + ny * ck)] : outside);
    }
    return value;
  };
}

/** Nearest neighbour for any mapping (target voxel → source voxel). */
export function nearestOblique(
  { data, size: [nx, ny, nz] }: Volume<VoxelArray>,
  size: Size,
  mapping: Affine,
  outside: number,
  out: VoxelArray,
): void {
  forEachRow(size, mapping, (row, from) => {
    for (let n = 0; n < size[0]; n++) {
      const i = Math.floor(roundPosition(row.x + row.dx * n) + 0.5);
      const j = Math.floor(roundPosition(row.y + row.dy * n) + 0.5);
      const k = Math.floor(roundPosition(row.z + row.dz * n) + 0.5);
      const inside = i >= 0 && i < nx && j >= 0 && j < ny && k >= 0 && k < nz;
      out[from + n] = inside ? data[i + nx * (j + ny * k)] : outside;
    }
  });
}
