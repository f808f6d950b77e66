import { roundPosition } from './resampleAligned.js';
import type { Affine, Size, Volume, VoxelArray } from './volume.js';

/** Calls `visit` with every target voxel's index and its rounded position in source voxels. */
function forEachPosition(
  size: Size,
  mapping: Affine,
  visit: (index: number, x: number, y: number, z: number) => void,
): void {
  const [ax, ay, az] = [mapping[0], mapping[1], mapping[2]];
  let index = 0;
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      const x = mapping[4] * j + mapping[8] * k + mapping[12];
      const y = mapping[5] * j + mapping[9] * k + mapping[13];
      const z = mapping[6] * j + mapping[10] * k + mapping[14];
      for (let i = 0; i < size[0]; i++, index++) {
        visit(index, roundPosition(x + ax * i), roundPosition(y + ay * i), roundPosition(z + az * i));
      }
    }
  }
}

/** Trilinear interpolation for any mapping (target voxel → source voxel). */
export function linearOblique(
  { data, size: source }: Volume<VoxelArray>,
  size: Size,
  mapping: Affine,
  outside: number,
  out: VoxelArray,
): void {
  const [nx, ny, nz] = source;
  forEachPosition(size, mapping, (index, x, y, z) => {
    if (!(x > -1 && x < nx && y > -1 && y < ny && z > -1 && z < nz)) {
      out[index] = outside;
      return;
    }
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
    const [fx, fy, fz] = [x - i, y - j, z - k];
    let value = 0;
    for (let corner = 0; corner < 8; corner++) {
      const [ci, cj, ck] = [i + (corner & 1), j + ((corner >> 1) & 1), k + (corner >> 2)];
      const weight =
        (corner & 1 ? fx : 1 - fx) * ((corner >> 1) & 1 ? fy : 1 - fy) * (corner >> 2 ? fz : 1 - fz);
      const inside = ci >= 0 && ci < nx && cj >= 0 && cj < ny && ck >= 0 && ck < nz;
      if (weight > 0) value += weight * (inside ? data[ci + nx * (cj + ny * ck)] : outside);
    }
    out[index] = value;
  });
}

/** Nearest neighbour for any mapping (target voxel → source voxel). */
export function nearestOblique(
  { data, size: source }: Volume<VoxelArray>,
  size: Size,
  mapping: Affine,
  outside: number,
  out: VoxelArray,
): void {
  const [nx, ny, nz] = source;
  forEachPosition(size, mapping, (index, x, y, z) => {
    const [i, j, k] = [Math.floor(x + 0.5), Math.floor(y + 0.5), Math.floor(z + 0.5)];
    const inside = i >= 0 && i < nx && j >= 0 && j < ny && k >= 0 && k < nz;
    out[index] = inside ? data[i + nx * (j + ny * k)] : outside;
  });
}
