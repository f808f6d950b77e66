import { describe, expect, it } from 'vitest';
import { axisCodes } from '../../src/volume/affine.js';
import { affineOfForm, formOfAffine, type NiftiForm } from '../../src/volume/niftiForm.js';
import { readHeader } from '../../src/volume/read.js';
import type { Affine } from '../../src/volume/volume.js';
import { temporaryFolder } from './folder.js';
import { type NiftiBytes, niftiBytes } from './niftiBytes.js';

const folder = temporaryFolder();
const HALF = Math.SQRT1_2;

async function affineOf(options: NiftiBytes): Promise<number[]> {
  return [...((await readHeader(folder.write('.nii', niftiBytes(options)))).affine as number[])];
}

function expectClose(found: ArrayLike<number>, expected: number[], digits = 6): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(found[i], `element ${i}`).toBeCloseTo(value, digits);
  });
}

const SROW = [-1, 0, 0, 10, 0, -2, 0, 20, 0, 0, 3, 30];
const SFORM_AFFINE = [-1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 3, 0, 10, 20, 30, 1];

describe.each([1, 2] as const)('NIfTI-%i', (version) => {
  it('prefers the sform, whatever the codes', async () => {
    const both = { version, srow: SROW, qformCode: 4, sformCode: 1, quatern: [0, 0, HALF] };
    expect(await affineOf(both)).toEqual(SFORM_AFFINE);
    expect(await affineOf({ ...both, littleEndian: false })).toEqual(SFORM_AFFINE);
  });

  // A turn by 90° about z takes x to y and y to -x.
  it('takes the qform where there is no sform: 90° about z', async () => {
    const affine = await affineOf({
      version,
      qformCode: 1,
      srow: SROW,
      quatern: [0, 0, HALF],
      qoffset: [5, 6, 7],
      pixdim: [1, 2, 3, 4, 0, 0, 0, 0],
    });
    expectClose(affine, [0, 2, 0, 0, -3, 0, 0, 0, 0, 0, 4, 0, 5, 6, 7, 1]);
  });

  it('reverses the third axis for qfac -1 and takes qfac 0 as 1', async () => {
    const form = { version, qformCode: 1, quatern: [0, 0, HALF] };
    const reversed = await affineOf({ ...form, pixdim: [-1, 2, 3, 4, 0, 0, 0, 0] });
    expectClose(reversed, [0, 2, 0, 0, -3, 0, 0, 0, 0, 0, -4, 0, 0, 0, 0, 1]);
    const zero = await affineOf({ ...form, pixdim: [0, 2, 3, 4, 0, 0, 0, 0] });
    expectClose(zero, [0, 2, 0, 0, -3, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1]);
  });

  it('uses pixdim alone, origin in voxel 0, where there is neither (method 1)', async () => {
    const affine = await affineOf({
      version,
      srow: SROW,
      qoffset: [9, 9, 9],
      pixdim: [-1, 2, 3, 4, 0, 0, 0, 0],
    });
    expect(affine).toEqual([2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1]);
  });

  it('converts metres and micrometres to mm', async () => {
    const metres = await affineOf({ version, pixdim: [1, 0.5, 0.25, 0.125, 0, 0, 0, 0], xyztUnits: 1 });
    expect([metres[0], metres[5], metres[10]]).toEqual([500, 250, 125]);
    const micrometres = await affineOf({
      version,
      pixdim: [1, 500, 250, 1000, 0, 0, 0, 0],
      xyztUnits: 3 | 8,
    });
    expectClose(micrometres, [0.5, 0, 0, 0, 0, 0.25, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], 12);
  });
});

/** Rodrigues' formula: the rotation by `angle` about a unit axis, rows. */
function rodrigues([x, y, z]: number[], angle: number): number[][] {
  const [c, s, t] = [Math.cos(angle), Math.sin(angle), 1 - Math.cos(angle)];
  return [
    [t * x * x + c, t * x * y - s * z, t * x * z + s * y],
    [t * x * y + s * z, t * y * y + c, t * y * z - s * x],
    [t * x * z - s * y, t * y * z + s * x, t * z * z + c],
  ];
}

const AXES = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1 / 3, 2 / 3, -2 / 3],
  [-0.6, 0, 0.8],
];
const ANGLES = [0, 0.3, -1.2, 2, 3.1, Math.PI];
const ROTATIONS = AXES.flatMap((axis) =>
  ANGLES.flatMap((angle) => [1, -1].map((qfac) => ({ axis, angle, qfac }))),
);

describe('the quaternion against axis and angle', () => {
  const spacing = [0.9, 1.1, 5.5];
  const expectedAffine = (axis: number[], angle: number, qfac: number) => {
    const r = rodrigues(axis, angle);
    const scales = [spacing[0], spacing[1], spacing[2] * qfac];
    return [...[0, 1, 2].flatMap((c) => [...r.map((row) => row[c] * scales[c]), 0]), 7, -8, 9, 1];
  };

  it.each(ROTATIONS)('gives the rotation: axis $axis, angle $angle, qfac $qfac', ({ axis, angle, qfac }) => {
    // A quaternion and its negative are one rotation; the format wants a ≥ 0, which holds for |angle| ≤ π.
    const quatern = axis.map((v) => v * Math.sin(angle / 2)) as unknown as NiftiForm['quatern'];
    const form: NiftiForm = {
      qformCode: 1,
      sformCode: 0,
      quatern,
      qoffset: [7, -8, 9],
      srow: [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
      pixdim: [qfac, ...spacing, 0, 0, 0, 0],
      xyztUnits: 2,
    };
    expectClose(affineOfForm(form, [2, 2, 2]) as number[], expectedAffine(axis, angle, qfac), 9);
  });

  it.each(ROTATIONS)(
    'is found from the matrix: axis $axis, angle $angle, qfac $qfac',
    ({ axis, angle, qfac }) => {
      const affine = expectedAffine(axis, angle, qfac);
      const form = formOfAffine(affine as unknown as Affine);
      expect(form).toMatchObject({ qformCode: 1, sformCode: 1, xyztUnits: 2 });
      expect(form.pixdim[0]).toBe(qfac);
      expectClose(form.pixdim.slice(1, 4), spacing, 9);
      const half = axis.map((v) => v * Math.sin(angle / 2));
      const sign = Math.sign(half.reduce((sum, v, i) => sum + v * form.quatern[i], 0)) || 1;
      // Only for a half turn are both signs the same rotation with a = 0.
      if (Math.abs(angle) < 3) expect(sign).toBe(1);
      expectClose(
        form.quatern,
        half.map((v) => v * sign),
        6,
      );
    },
  );
});

it('gives a sheared affine an sform only', () => {
  const form = formOfAffine([1, 0, 0, 0, 0.2, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  expect(form).toMatchObject({ qformCode: 0, sformCode: 1 });
});

it('reads the orientation that the header states', async () => {
  const header = await readHeader(folder.write('.nii', niftiBytes({ sformCode: 2, srow: SROW })));
  expect(axisCodes(header.affine)).toBe('LPS');
});

describe('forms that say too little, or too much', () => {
  const LARGE = { dim: [3, 40, 40, 20, 1, 1, 1, 1], voxels: Buffer.alloc(40 * 40 * 20) };
  const PIXDIM = [1, 0.9, 0.9, 5.5, 0, 0, 0, 0];
  const UNIT = [-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, 1, 30];
  const read = (options: NiftiBytes) =>
    readHeader(folder.write('.nii', niftiBytes({ ...LARGE, ...options })));

  it.each([0, 1])('takes pixdim for an sform of unit vectors (qform code %i)', async (qformCode) => {
    const { affine, remarks } = await read({ srow: UNIT, sformCode: 1, qformCode, pixdim: PIXDIM });
    expectClose(affine as number[], [-0.9, 0, 0, 0, 0, -0.9, 0, 0, 0, 0, 5.5, 0, 10, 20, 30, 1]);
    expect(remarks).toEqual(['VOXEL_SIZE_FROM_PIXDIM']);
  });

  it('takes an oblique sform of unit vectors for one, and no sform of another size', async () => {
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    const oblique = [-c, s, 0, 1, s, c, 0, 2, 0, 0, 1, 3];
    const { remarks } = await read({ srow: oblique, sformCode: 2, pixdim: PIXDIM });
    expect(remarks).toEqual(['VOXEL_SIZE_FROM_PIXDIM']);
    const scaled = await read({ srow: SROW, sformCode: 1, pixdim: PIXDIM });
    expect(scaled.remarks).toBeUndefined();
    expectClose(scaled.affine as number[], SFORM_AFFINE);
    expect((await read({ srow: UNIT, sformCode: 1 })).remarks).toBeUndefined();
  });

  it('leaves unit vectors alone where pixdim makes no head', async () => {
    const { affine, remarks } = await read({ srow: UNIT, sformCode: 1, pixdim: [1, 1, 1, 30, 0, 0, 0, 0] });
    expect([affine[10], remarks]).toEqual([1, undefined]);
  });

  it.each([
    ['zeros', new Array(12).fill(0)],
    ['what is no number', [Number.NaN, ...UNIT.slice(1)]],
    ['a flat matrix', [1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]],
  ])('takes the qform beside an sform of %s', async (_, srow) => {
    const { affine, remarks, niftiHeader } = await read({
      srow,
      sformCode: 1,
      qformCode: 1,
      pixdim: PIXDIM,
      qoffset: [5, 6, 7],
    });
    expectClose(affine as number[], [0.9, 0, 0, 0, 0, 0.9, 0, 0, 0, 0, 5.5, 0, 5, 6, 7, 1]);
    expect(remarks).toEqual(['SFORM_UNUSABLE']);
    // A mask that repeats this form is read by its qform, too.
    expect(niftiHeader).toMatchObject({ sformCode: 0, qformCode: 1 });
  });

  it('says that left and right are unknown where there is no form', async () => {
    expect((await read({ pixdim: PIXDIM })).remarks).toEqual(['ORIENTATION_UNKNOWN']);
    expect((await read({ pixdim: PIXDIM, sformCode: 1 })).remarks).toEqual(['ORIENTATION_UNKNOWN']);
  });

  it.each([
    [0.02, 'reads'],
    [0.04, 'reads'],
    [0.07, 'refuses'],
    [0.5, 'refuses'],
    [2, 'refuses'],
  ])('shear of %d°: %s', async (degrees, what) => {
    const shear = 5.5 * Math.tan((degrees * Math.PI) / 180);
    const srow = [0.9, 0, shear, 0, 0, 0.9, 0, 0, 0, 0, 5.5, 0];
    const code = await read({ srow, sformCode: 1, pixdim: PIXDIM }).then(
      () => 'reads',
      (error) =>
        error.code === 'HEADER_INVALID' && /sheared by/.test(error.problem.found) ? 'refuses' : error,
    );
    expect(code).toBe(what);
  });
});
