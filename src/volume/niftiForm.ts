import { type AffineRow, affineFromRows, affineRows, invertAffine, voxelSpacing } from './affine.js';
import type { Affine, Size } from './volume.js';

/**
 * The fields by which a NIfTI header says where its voxels lie, exactly as the file has them
 * (nifti1.h; all fields that a mask must repeat to lie on its source in every viewer).
 */
export interface NiftiForm {
  readonly qformCode: number;
  readonly sformCode: number;
  /** quatern_b, quatern_c, quatern_d */
  readonly quatern: readonly [number, number, number];
  /** qoffset_x, qoffset_y, qoffset_z */
  readonly qoffset: readonly [number, number, number];
  /** srow_x, srow_y, srow_z */
  readonly srow: readonly [AffineRow, AffineRow, AffineRow];
  /** pixdim[0..7]; pixdim[0] is qfac */
  readonly pixdim: readonly number[];
  readonly xyztUnits: number;
}

/** What is to be said of where a file's voxels lie. */
export type HeaderRemark =
  /** Nothing tells which side is left: no form at all, or Analyze. */
  | 'ORIENTATION_UNKNOWN'
  /** The sform is of unit vectors although voxels are not of 1 mm; their size is pixdim's. */
  | 'VOXEL_SIZE_FROM_PIXDIM'
  /** The sform is no matrix of a grid; the qform was taken. */
  | 'SFORM_UNUSABLE';

/**
 * Which of the standard's three ways gives the affine: sform before qform, else pixdim alone (method 1). An sform of zeros is none; one
 * that is no matrix of a grid gives way to a qform.
 */
export function formInUse(form: NiftiForm): 'sform' | 'qform' | 'pixdim' {
  if (form.sformCode > 0 && (isMatrix(form.srow) || (form.qformCode <= 0 && !isZero(form.srow))))
    return 'sform';
  return form.qformCode > 0 ? 'qform' : 'pixdim';
}

function isMatrix(rows: NiftiForm['srow']): boolean {
  return invertAffine(affineFromRows(rows)) !== null;
}

function isZero(rows: NiftiForm['srow']): boolean {
  return rows.every((row) => row.every((value) => value === 0));
}

/** What a form leaves open, or contradicts itself in. */
export function remarksOfForm(form: NiftiForm, size: Size): HeaderRemark[] {
  const use = formInUse(form);
  return [
    ...(use === 'pixdim' ? (['ORIENTATION_UNKNOWN'] as const) : []),
    ...(use === 'qform' && form.sformCode > 0 ? (['SFORM_UNUSABLE'] as const) : []),
    ...(lacksVoxelSize(form, size) ? (['VOXEL_SIZE_FROM_PIXDIM'] as const) : []),
  ];
}

/** Sizes that differ by more than this share are not one. */
const SAME_SIZE = 0.01;
/** No head is longer: pixdim that says so was left behind by a tool that resampled to 1 mm. */
const MOST_MM = 500;

/** Whether the sform in use has unit vectors where pixdim says that voxels are of another size than 1 mm. */
function lacksVoxelSize(form: NiftiForm, size: Size): boolean {
  if (formInUse(form) !== 'sform') return false;
  const pixdim = form.pixdim.slice(1, 4);
  const isUnit = voxelSpacing(affineFromRows(form.srow)).every((mm) => Math.abs(mm - 1) < 1e-3);
  const isPlausible = pixdim.every((mm, axis) => mm > 0 && mm * size[axis] <= MOST_MM);
  return isUnit && isPlausible && pixdim.some((mm) => Math.abs(mm - 1) > SAME_SIZE);
}

/**
 * Voxel → RAS mm by the rules of nifti1.h: the sform where sform_code > 0, else the qform where qform_code > 0,
 * else pixdim alone with the origin in voxel 0 (method 1). Metres and micrometres are converted to mm.
 *
 * @param size of the image; an sform without voxel size is told by it.
 */
export function affineOfForm(form: NiftiForm, size: Size): Affine {
  const scale = millimetresPerUnit(form.xyztUnits);
  const rows = rowsOfForm(form).map((row) =>
    lacksVoxelSize(form, size) ? row.map((v, axis) => (axis < 3 ? v * form.pixdim[axis + 1] : v)) : row,
  );
  return affineFromRows(rows.map((row) => row.map((v) => v * scale)));
}

function rowsOfForm(form: NiftiForm): readonly (readonly number[])[] {
  const use = formInUse(form);
  if (use === 'sform') return form.srow;
  const [qfacField, dx, dy, dz] = form.pixdim;
  if (use === 'pixdim') {
    return [
      [dx, 0, 0, 0],
      [0, dy, 0, 0],
      [0, 0, dz, 0],
    ];
  }
  const rotation = rotationOfQuaternion(form.quatern);
  const scales = [dx, dy, (qfacField < 0 ? -1 : 1) * dz];
  return rotation.map((row, r) => [
    row[0] * scales[0],
    row[1] * scales[1],
    row[2] * scales[2],
    form.qoffset[r],
  ]);
}

/** nifti_quatern_to_mat44 of nifti1_io.c: a = √(1 − b² − c² − d²); near a half turn b, c, d are normalised. */
function rotationOfQuaternion(quatern: readonly [number, number, number]): number[][] {
  let [b, c, d] = quatern;
  let a = 1 - (b * b + c * c + d * d);
  if (a < 1e-7) {
    const norm = Math.hypot(b, c, d);
    [a, b, c, d] = [0, b / norm, c / norm, d / norm];
  } else {
    a = Math.sqrt(a);
  }
  return [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
  ];
}

/** xyzt_units, spatial part: 1 metre, 2 millimetre, 3 micrometre; 0 (unknown) is taken as mm. */
function millimetresPerUnit(xyztUnits: number): number {
  const unit = xyztUnits & 7;
  if (unit === 1) return 1000;
  return unit === 3 ? 0.001 : 1;
}

/**
 * The form for a volume whose source was no NIfTI file: the affine as sform and, where it has no shear,
 * as qform too (code 1, scanner); mm.
 */
export function formOfAffine(affine: Affine): NiftiForm {
  const spacing = voxelSpacing(affine);
  const columns = [0, 1, 2].map((c) => [0, 1, 2].map((r) => affine[c * 4 + r] / spacing[c]));
  const qfac = determinant(columns) < 0 ? -1 : 1;
  columns[2] = columns[2].map((v) => v * qfac);
  const rigid =
    dot(columns[0], columns[1]) + dot(columns[0], columns[2]) + dot(columns[1], columns[2]) < 1e-4;
  return {
    qformCode: rigid ? 1 : 0,
    sformCode: 1,
    quatern: rigid ? quaternionOfColumns(columns) : [0, 0, 0],
    qoffset: [affine[12], affine[13], affine[14]],
    srow: affineRows(affine),
    pixdim: [qfac, ...spacing, 0, 0, 0, 0],
    xyztUnits: 2,
  };
}

function dot(u: readonly number[], v: readonly number[]): number {
  return Math.abs(u[0] * v[0] + u[1] * v[1] + u[2] * v[2]);
}

function determinant([u, v, w]: readonly (readonly number[])[]): number {
  return (
    u[0] * (v[1] * w[2] - v[2] * w[1]) -
    v[0] * (u[1] * w[2] - u[2] * w[1]) +
    w[0] * (u[1] * v[2] - u[2] * v[1])
  );
}

/** b, c, d with a ≥ 0 of the proper rotation whose columns are given (nifti_mat44_to_quatern of nifti1_io.c). */
function quaternionOfColumns([x, y, z]: readonly (readonly number[])[]): [number, number, number] {
  const trace = x[0] + y[1] + z[2];
  if (trace > -0.5) {
    const a = 0.5 * Math.sqrt(1 + trace);
    return [(y[2] - z[1]) / (4 * a), (z[0] - x[2]) / (4 * a), (x[1] - y[0]) / (4 * a)];
  }
  const squares = [1 + x[0] - y[1] - z[2], 1 + y[1] - x[0] - z[2], 1 + z[2] - x[0] - y[1]];
  const largest = squares.indexOf(Math.max(...squares));
  const r = 0.5 * Math.sqrt(squares[largest]);
  const sums = { bc: (x[1] + y[0]) / (4 * r), bd: (x[2] + z[0]) / (4 * r), cd: (y[2] + z[1]) / (4 * r) };
  const a = [y[2] - z[1], z[0] - x[2], x[1] - y[0]][largest] / (4 * r);
  const bcd: [number, number, number] =
    largest === 0 ? [r, sums.bc, sums.bd] : largest === 1 ? [sums.bc, r, sums.cd] : [sums.bd, sums.cd, r];
  return a < 0 ? [-bcd[0], -bcd[1], -bcd[2]] : bcd;
}
