import { roundPosition } from './resampleAligned.js';
import type { Affine, Size, Volume, VoxelArray } from './volume.js';

/** Takes the value at a source position (x, y, z) in voxels. */
type Sampler = (x: number, y: number, z: number) => number;

function sampleAll(size: Size, mapping: Affine, out: VoxelArray, sample: Sampler): void {
  const [ax, ay, az] = [mapping[0], mapping[1], mapping[2]];
  let index = 0;
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      const x = mapping[4] * j + mapping[8] * k + mapping[12];
      const y = mapping[5] * j + mapping[9] * k + mapping[13];
      const z = mapping[6] * j + mapping[10] * k + mapping[14];
      for (let i = 0; i < size[0]; i++, index++) {
        out[index] = sample(roundPosition(x + ax * i), roundPosition(y + ay * i), roundPosition(z + az * i));
      }
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
  const { data } = volume;
  const [nx, ny, nz] = volume.size;
  const nxy = nx * ny;
  const border = borderSampler(volume, outside);
  sampleAll(size, mapping, out, (x, y, z) => {
    if (!(x > -1 && x < nx && y > -1 && y < ny && z > -1 && z < nz)) return outside;
    if (!(x >= 0 && x < nx - 1 && y >= 0 && y < ny - 1 && z >= 0 && z < nz - 1)) return border(x, y, z);
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = Math.floor(z);
    const fx = x - i;
    const fy = y - j;
    const fz = z - k;
    const at = i + nx * j + nxy * k;
    const up = at + nxy;
    const near0 = data[at] + fx * (data[at + 1] - data[at]);
    const near1 = data[at + nx] + fx * (data[at + nx + 1] - data[at + nx]);
    const far0 = data[up] + fx * (data[up + 1] - data[up]);
    const far1 = data[up + nx] + fx * (data[up + nx + 1] - data[up + nx]);
    const near = near0 + fy * (near1 - near0);
    return near + fz * (far0 + fy * (far1 - far0) - near);
  });
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
  sampleAll(size, mapping, out, (x, y, z) => {
    const i = Math.floor(x + 0.5);
    const j = Math.floor(y + 0.5);
    const k = Math.floor(z + 0.5);
    const inside = i >= 0 && i < nx && j >= 0 && j < ny && k >= 0 && k < nz;
    return inside ? data[i + nx * (j + ny * k)] : outside;
  });
}
