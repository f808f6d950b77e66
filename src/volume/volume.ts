import type { ReadonlyMat4 } from 'gl-matrix';

/** Number of voxels along x, y, z (x is fastest in memory, as in NIfTI). */
export type Size = readonly [number, number, number];

/** Voxel index (i, j, k) → RAS position in mm; 4×4, column-major as in gl-matrix, in doubles. */
export type Affine = ReadonlyMat4;

export type VoxelArray = Float32Array | Float64Array | Uint8Array | Int16Array | Uint16Array | Int32Array;

/** Where voxels lie: the part of a volume that two volumes on one grid share. */
export interface Grid {
  readonly size: Size;
  readonly affine: Affine;
}

/** One 3-D image: `data[i + size[0] * (j + size[1] * k)]` is voxel (i, j, k). */
export interface Volume<D extends VoxelArray = Float32Array> extends Grid {
  readonly data: D;
}

/** Number of voxels of a grid. */
export function voxelCount(size: Size): number {
  return size[0] * size[1] * size[2];
}
