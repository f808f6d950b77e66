import { describe, expect, it } from 'vitest';
import { matrixOfTransforms } from '../../../src/prepare/registration/transforms.js';
import { voxelToWorld } from '../../../src/volume/affine.js';
import { problemOfRefusal } from '../../volume/folder.js';

const texts = (numbers: readonly number[]) => numbers.map(String);
const euler = (parameters: readonly number[], centre: readonly number[]) => ({
  Transform: ['EulerTransform'],
  TransformParameters: texts(parameters),
  CenterOfRotationPoint: texts(centre),
});

describe('elastix’s parameters become one matrix', () => {
  it('a quarter turn about z through a centre, in LPS, seen in RAS', () => {
    // LPS: (x, y) about (10, 20) → (10 − (y − 20), 20 + (x − 10)), then + (1, 2, 3).
    const matrix = matrixOfTransforms([euler([0, 0, Math.PI / 2, 1, 2, 3], [10, 20, 5])]);
    // LPS (13, 24, 7) → (10 − 4 + 1, 20 + 3 + 2, 7 + 3) = (7, 25, 10); RAS has x and y negated.
    const [x, y, z] = voxelToWorld(matrix, -13, -24, 7);
    expect([x, y, z].map((mm) => mm + 0)).toEqual([
      expect.closeTo(-7, 9),
      expect.closeTo(-25, 9),
      expect.closeTo(10, 9),
    ]);
  });

  it('turns about several axes in the order of itk::Euler3DTransform: y first, then x, then z', () => {
    // y: (0, 0, 1) → (1, 0, 0); x leaves it; z: (1, 0, 0) → (0, 1, 0). In RAS: (0, 0, 1) → (0, −1, 0).
    const matrix = matrixOfTransforms([euler([Math.PI / 2, Math.PI / 2, Math.PI / 2, 0, 0, 0], [0, 0, 0])]);
    voxelToWorld(matrix, 0, 0, 1).forEach((mm, axis) => {
      expect(mm).toBeCloseTo([0, -1, 0][axis], 9);
    });
  });

  it('stages one after the other: each is applied to what those before it gave', () => {
    const shift = euler([0, 0, 0, 5, 0, 0], [0, 0, 0]);
    const scale = {
      Transform: ['AffineTransform'],
      TransformParameters: texts([2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]),
      CenterOfRotationPoint: texts([0, 0, 0]),
    };
    // LPS x: (0 + 5) · 2 = 10; RAS −10.
    expect(voxelToWorld(matrixOfTransforms([shift, scale]), 0, 0, 0)[0]).toBeCloseTo(-10, 9);
  });

  it('refuses what is not linear, and what is not finite', async () => {
    const refused = async (work: () => unknown) =>
      (await problemOfRefusal(Promise.resolve().then(work))).code;
    expect(await refused(() => matrixOfTransforms([{ Transform: ['BSplineTransform'] }]))).toBe(
      'REGISTRATION_FAILED',
    );
    expect(await refused(() => matrixOfTransforms([euler([Number.NaN, 0, 0, 0, 0, 0], [0, 0, 0])]))).toBe(
      'REGISTRATION_FAILED',
    );
  });
});
