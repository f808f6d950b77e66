import { NIFTI1, NIFTI2 } from 'nifti-reader-js';
import { QuorumError } from '../errors.js';
import { invertAffine } from './affine.js';
import { checkRightAngles, checkSize } from './imageFile.js';
import { affineOfForm, formInUse, type HeaderRemark, type NiftiForm, remarksOfForm } from './niftiForm.js';
import { mapAxes } from './tuples.js';
import type { Affine, Size } from './volume.js';
import { BYTES_PER_VOXEL, type Scaling, type VoxelType } from './voxelTypes.js';

/** Bytes that hold either version's header. */
export const NIFTI_HEADER_BYTES = 540;
const HEADER_BYTES = { nifti1: 348, nifti2: 540 } as const;

/** A NIfTI header that has been checked: everything needed to read the voxels. */
export interface NiftiHeader {
  readonly format: 'nifti1' | 'nifti2' | 'analyze';
  readonly littleEndian: boolean;
  readonly size: Size;
  readonly affine: Affine;
  /** Absent for Analyze, which has none. */
  readonly form?: NiftiForm;
  readonly remarks: readonly HeaderRemark[];
  readonly datatype: VoxelType;
  /** Offset of the first voxel in the (decompressed) file. */
  readonly voxOffset: number;
  readonly scaling: Scaling | null;
}

const DATATYPES: Record<number, VoxelType> = {
  2: 'uint8',
  4: 'int16',
  8: 'int32',
  16: 'float32',
  64: 'float64',
  256: 'int8',
  512: 'uint16',
  768: 'uint32',
  1024: 'int64',
  1280: 'uint64',
};

/** Which NIfTI version bytes claim to be by sizeof_hdr in either byte order, or null. */
function niftiVersion(bytes: Buffer): 'nifti1' | 'nifti2' | null {
  if (bytes.length < 4) return null;
  const sizes = [bytes.readInt32LE(0), bytes.readInt32BE(0)];
  if (sizes.includes(HEADER_BYTES.nifti1)) return 'nifti1';
  return sizes.includes(HEADER_BYTES.nifti2) ? 'nifti2' : null;
}

/**
 * Parses and checks the header of a NIfTI-1 or NIfTI-2 file (single-file form, magic n+1 or n+2).
 * @param bytes the first NIFTI_HEADER_BYTES of the decompressed file, or all of it
 * @throws QuorumError FORMAT_UNKNOWN, DATA_TRUNCATED, HEADER_INVALID, NOT_3D, DATATYPE_UNSUPPORTED, DATA_TOO_LARGE
 */
export function parseNiftiHeader(bytes: Buffer, file: string): NiftiHeader {
  const { format, raw, view } = rawHeader(bytes, file);
  checkMagic(bytes, format === 'nifti1' ? ['n+1'] : ['n+2'], format, file);
  return placed(raw, view, format, voxOffsetOf(raw.vox_offset, HEADER_BYTES[format], file), file);
}

/**
 * Parses and checks the .hdr of a pair: NIfTI-1 (magic ni1), or Analyze 7.5, which has no magic.
 * @throws QuorumError as `parseNiftiHeader`
 */
export function parsePairHeader(bytes: Buffer, file: string): NiftiHeader {
  const { format, raw, view } = rawHeader(bytes, file);
  const offset = Number.isInteger(raw.vox_offset) && raw.vox_offset > 0 ? raw.vox_offset : 0;
  if (format === 'nifti2' || bytes.toString('latin1', 344, 347) === 'ni1') {
    checkMagic(bytes, ['ni1', 'ni2'], format, file);
    return placed(raw, view, format, offset, file);
  }
  return analyzeHeader(raw, view, offset, file);
}

function rawHeader(bytes: Buffer, file: string) {
  const format = niftiVersion(bytes);
  if (format === null) {
    throw new QuorumError({ code: 'FORMAT_UNKNOWN', field: 'sizeof_hdr', expected: '348 or 540', file });
  }
  const length = HEADER_BYTES[format];
  if (bytes.length < length) {
    const found = `${bytes.length} bytes`;
    throw new QuorumError({
      code: 'DATA_TRUNCATED',
      field: 'header',
      expected: `${length} bytes`,
      found,
      file,
    });
  }
  const view = new Uint8Array(bytes.subarray(0, length)).buffer;
  const raw = format === 'nifti1' ? new NIFTI1() : new NIFTI2();
  raw.readHeader(view);
  return { format, raw, view: new DataView(view) };
}

function placed(
  raw: NIFTI1 | NIFTI2,
  view: DataView,
  format: 'nifti1' | 'nifti2',
  voxOffset: number,
  file: string,
): NiftiHeader {
  const size = sizeOf(raw.dims, file);
  const form = formOf(raw, view, format);
  return {
    format,
    littleEndian: raw.littleEndian,
    size,
    affine: checkedAffine(form, size, file),
    form: withoutZeros(form),
    remarks: remarksOfForm(form, size),
    datatype: datatypeOf(raw, file),
    voxOffset,
    scaling: scalingOf(raw, file),
  };
}

/** Where i, j and k lead by Analyze's orient: transverse, coronal, sagittal; others are taken as transverse, the common case. */
const ANALYZE_AXES: Readonly<Record<number, readonly (readonly [row: number, sign: 1 | -1])[]>> = {
  1: [
    [0, -1],
    [2, 1],
    [1, 1],
  ],
  2: [
    [1, 1],
    [2, 1],
    [0, -1],
  ],
};
const TRANSVERSE = [
  [0, -1],
  [1, 1],
  [2, 1],
] as const;

/**
 * An Analyze header: no matrix, so that left and right are a convention (radiological: i grows to the left, as nibabel and SPM read it);
 * the origin is SPM's where it is set, else the middle.
 */
function analyzeHeader(raw: NIFTI1 | NIFTI2, view: DataView, voxOffset: number, file: string): NiftiHeader {
  const size = sizeOf(raw.dims, file);
  const spacing = raw.pixDims.slice(1, 4).map(Math.abs);
  if (!spacing.every((mm) => mm > 0 && Number.isFinite(mm)))
    throw invalid('pixdim', 'three numbers other than 0', spacing.join(', '), file);
  const axes = ANALYZE_AXES[view.getUint8(252)] ?? TRANSVERSE;
  const stored = [0, 1, 2].map((n) => view.getInt16(253 + 2 * n, raw.littleEndian));
  const isSet =
    stored.some((n) => n !== 0) && stored.every((n, axis) => n > -size[axis] && n < 2 * size[axis]);
  const zero = isSet ? stored.map((n) => n - 1) : size.map((n) => (n - 1) / 2);
  const affine = new Array<number>(16).fill(0);
  axes.forEach(([row, sign], axis) => {
    affine[4 * axis + row] = sign * spacing[axis];
    affine[12 + row] = 0 - sign * spacing[axis] * zero[axis];
  });
  affine[15] = 1;
  return {
    format: 'analyze',
    littleEndian: raw.littleEndian,
    size,
    affine: affine,
    remarks: ['ORIENTATION_UNKNOWN'],
    datatype: datatypeOf(raw, file),
    voxOffset,
    // SPM's scale lies where NIfTI has its slope; an intercept there is none.
    scaling: scalingOf({ ...raw, scl_inter: 0 } as NIFTI1, file),
  };
}

function invalid(field: string, expected: string, found: unknown, file: string): QuorumError {
  return new QuorumError({ code: 'HEADER_INVALID', field, expected, found: String(found), file });
}

function checkMagic(
  bytes: Buffer,
  expected: readonly string[],
  format: 'nifti1' | 'nifti2',
  file: string,
): void {
  const at = format === 'nifti1' ? 344 : 4;
  const found = bytes.toString('latin1', at, at + 3);
  if (!expected.includes(found)) throw invalid('magic', expected.join(' or '), JSON.stringify(found), file);
}

function sizeOf(dims: readonly number[], file: string): Size {
  const count = dims[0];
  if (!(count >= 1 && count <= 7)) throw invalid('dim[0]', '3 (1 to 7)', count, file);
  const used = dims.slice(1, count + 1);
  if (count < 3) {
    throw new QuorumError({
      code: 'NOT_3D',
      field: 'dim',
      expected: '3 axes',
      found: used.join(' × '),
      file,
    });
  }
  const size: Size = [used[0], used[1], used[2]];
  checkSize(size, 'dim', file);
  const extra = used.slice(3);
  // Writers leave 0 in axes that they count but do not use.
  if (extra.some((n) => n !== 1 && n !== 0)) {
    throw new QuorumError({
      code: 'NOT_3D',
      field: 'dim',
      expected: '3 axes',
      found: used.join(' × '),
      file,
    });
  }
  return size;
}

function datatypeOf(raw: NIFTI1 | NIFTI2, file: string): VoxelType {
  const datatype = DATATYPES[raw.datatypeCode];
  if (datatype === undefined) {
    throw new QuorumError({
      code: 'DATATYPE_UNSUPPORTED',
      field: 'datatype',
      expected: `one of ${Object.keys(DATATYPES).join(', ')}`,
      found: String(raw.datatypeCode),
      file,
    });
  }
  const bits = BYTES_PER_VOXEL[datatype] * 8;
  if (raw.numBitsPerVoxel !== bits)
    throw invalid('bitpix', `${bits} for ${datatype}`, raw.numBitsPerVoxel, file);
  return datatype;
}

function voxOffsetOf(offset: number, headerBytes: number, file: string): number {
  // 0 is written by some tools for "right behind the header and its four extension bytes".
  if (offset === 0) return headerBytes + 4;
  if (Number.isInteger(offset) && offset >= headerBytes + 4 && offset <= 2 ** 30) return offset;
  throw invalid('vox_offset', `a whole number from ${headerBytes + 4} to 2^30`, offset, file);
}

/** Slope 0 means "no scaling" in the standard; NaN is what common writers put for the same. */
function scalingOf(raw: NIFTI1 | NIFTI2, file: string): Scaling | null {
  const { scl_slope: slope, scl_inter: inter } = raw;
  if (slope === 0 || Number.isNaN(slope) || (slope === 1 && inter === 0)) return null;
  if (!Number.isFinite(slope)) throw invalid('scl_slope', 'a finite number', slope, file);
  if (!Number.isFinite(inter)) throw invalid('scl_inter', 'a finite number', inter, file);
  return { slope, inter };
}

/** The library decides between qform and sform by the larger code, so srow is read here for both versions. */
function formOf(raw: NIFTI1 | NIFTI2, view: DataView, format: 'nifti1' | 'nifti2'): NiftiForm {
  const srowAt = (n: number) =>
    format === 'nifti1'
      ? view.getFloat32(280 + n * 4, raw.littleEndian)
      : view.getFloat64(400 + n * 8, raw.littleEndian);
  const srow = mapAxes(
    [0, 4, 8],
    (row) => [srowAt(row), srowAt(row + 1), srowAt(row + 2), srowAt(row + 3)] as const,
  );
  return {
    qformCode: raw.qform_code,
    sformCode: raw.sform_code,
    quatern: [raw.quatern_b, raw.quatern_c, raw.quatern_d],
    qoffset: [raw.qoffset_x, raw.qoffset_y, raw.qoffset_z],
    srow,
    pixdim: [...raw.pixDims],
    xyztUnits: raw.xyzt_units,
  };
}

/** What masks repeat: not an sform that no reader can use. */
function withoutZeros(form: NiftiForm): NiftiForm {
  return form.sformCode > 0 && formInUse(form) !== 'sform' ? { ...form, sformCode: 0 } : form;
}

function checkedAffine(form: NiftiForm, size: Size, file: string): Affine {
  const use = formInUse(form);
  const pixdim = form.pixdim.slice(1, 4);
  if (use !== 'sform' && !pixdim.every((v) => v > 0 && Number.isFinite(v))) {
    throw invalid('pixdim', 'three positive numbers', pixdim.join(', '), file);
  }
  const affine = affineOfForm(form, size);
  if (invertAffine(affine) === null) {
    const fields = { sform: form.srow, qform: [...form.quatern, ...form.qoffset], pixdim }[use];
    throw invalid(use, 'a finite, invertible matrix', fields.join(', '), file);
  }
  checkRightAngles(affine, use, file);
  return affine;
}
