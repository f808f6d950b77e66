import { describe, expect, it } from 'vitest';
import {
  invert,
  multiply,
  PLANES,
  pixelOf,
  planeAxes,
  sameGrid,
  transform,
  type Vec3,
  voxelAt,
} from '../../renderer/logic/geometry.js';
import { gridOf } from './grids.js';

describe('planes on the screen', () => {
  // In LPS, index grows to the left, to the back, upwards.
  it('radiological: the patient’s left at the right, the front at the top', () => {
    const axes = planeAxes('LPS', 'axial', true);
    expect(axes.letters).toEqual(['R', 'L', 'A', 'P']);
    expect(voxelAt(axes, [10, 20, 30], 0, 0, 5)).toEqual([0, 0, 5]);
  });

  it('neurological: mirrored sideways alone', () => {
    const axes = planeAxes('LPS', 'axial', false);
    expect(axes.letters).toEqual(['L', 'R', 'A', 'P']);
    expect(voxelAt(axes, [10, 20, 30], 0, 0, 5)).toEqual([9, 0, 5]);
  });

  it('coronal and sagittal slices stand upright, sagittal with the nose at the left in both conventions', () => {
    expect(planeAxes('LPS', 'coronal', true).letters).toEqual(['R', 'L', 'S', 'I']);
    expect(voxelAt(planeAxes('LPS', 'coronal', true), [10, 20, 30], 0, 0, 7)).toEqual([0, 7, 29]);
    for (const radiological of [true, false])
      expect(planeAxes('LPS', 'sagittal', radiological).letters).toEqual(['A', 'P', 'S', 'I']);
  });

  it('the same point of the body lies on the same pixel however the voxels are stored', () => {
    // Front left upper corner of a 4×5×6 box, stored in LPS, RAS and SAL order.
    for (const [orientation, size, corner] of [
      ['LPS', [4, 5, 6], [3, 0, 5]],
      ['RAS', [4, 5, 6], [0, 4, 5]],
      ['SAL', [6, 5, 4], [5, 4, 3]],
    ] as [string, Vec3, Vec3][]) {
      expect(pixelOf(planeAxes(orientation, 'axial', true), size, corner)).toEqual([3, 0]);
      expect(pixelOf(planeAxes(orientation, 'sagittal', true), size, corner)).toEqual([0, 0]);
    }
  });

  it('pixel and voxel are inverse to each other', () => {
    const size: Vec3 = [7, 8, 9];
    for (const orientation of ['LPS', 'RAS', 'PIR'])
      for (const plane of PLANES)
        for (const radiological of [true, false]) {
          const axes = planeAxes(orientation, plane, radiological);
          const voxel: Vec3 = [1, 2, 3];
          const [x, y] = pixelOf(axes, size, voxel);
          expect(voxelAt(axes, size, x, y, voxel[axes.through])).toEqual(voxel);
        }
  });
});

describe('affines', () => {
  // Rotation by 90° about z, scaled by 2, shifted: (i, j, k) → (−2j + 10, 2i − 5, 2k + 1).
  const affine = [0, 2, 0, 0, -2, 0, 0, 0, 0, 0, 2, 0, 10, -5, 1, 1];

  it('carries points', () => expect(transform(affine, [1, 2, 3])).toEqual([6, -3, 7]));

  it('is undone by its inverse', () => {
    const back = multiply(invert(affine), affine);
    const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    back.forEach((value, at) => expect(value).toBeCloseTo(identity[at], 12));
    transform(invert(affine), [6, -3, 7]).forEach((value, axis) => expect(value).toBeCloseTo(axis + 1, 12));
  });

  it('tells grids apart by size and by place', () => {
    const grid = gridOf([4, 5, 6], 'LPS');
    expect(sameGrid(grid, { ...grid })).toBe(true);
    expect(sameGrid(grid, gridOf([4, 5, 6], 'RAS'))).toBe(false);
    expect(sameGrid(grid, gridOf([4, 5, 7], 'LPS'))).toBe(false);
  });
});
