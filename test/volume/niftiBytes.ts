/** Hand-made NIfTI files: every byte placed by the offsets of nifti1.h and nifti2.h, without using the project. */
export interface NiftiBytes {
  version?: 1 | 2;
  littleEndian?: boolean;
  dim?: number[];
  datatype?: number;
  bitpix?: number;
  pixdim?: number[];
  voxOffset?: number;
  slope?: number;
  inter?: number;
  xyztUnits?: number;
  qformCode?: number;
  sformCode?: number;
  quatern?: number[];
  qoffset?: number[];
  srow?: number[];
  magic?: string;
  description?: string;
  extension?: Buffer;
  voxels?: Buffer;
}

const OFFSETS = {
  1: {
    dim: 40,
    datatype: 70,
    bitpix: 72,
    pixdim: 76,
    vox: 108,
    slope: 112,
    units: 123,
    descrip: 148,
    qform: 252,
    quatern: 256,
    srow: 280,
    magic: 344,
  },
  2: {
    dim: 16,
    datatype: 12,
    bitpix: 14,
    pixdim: 104,
    vox: 168,
    slope: 176,
    units: 500,
    descrip: 240,
    qform: 344,
    quatern: 352,
    srow: 400,
    magic: 4,
  },
} as const;

export function niftiBytes(options: NiftiBytes = {}): Buffer {
  const {
    version = 1,
    littleEndian: le = true,
    extension = Buffer.alloc(0),
    voxels = Buffer.alloc(8),
  } = options;
  const length = version === 1 ? 348 : 540;
  const at = OFFSETS[version];
  const bytes = Buffer.alloc(length + 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const real = (offset: number, values: number[]) =>
    values.forEach((v, i) => {
      if (version === 1) view.setFloat32(offset + i * 4, v, le);
      else view.setFloat64(offset + i * 8, v, le);
    });
  const offset = options.voxOffset ?? length + 4 + extension.length;
  view.setInt32(0, length, le);
  (options.dim ?? [3, 2, 2, 2, 1, 1, 1, 1]).forEach((n, i) => {
    if (version === 1) view.setInt16(at.dim + i * 2, n, le);
    else view.setBigInt64(at.dim + i * 8, BigInt(n), le);
  });
  view.setInt16(at.datatype, options.datatype ?? 2, le);
  view.setInt16(at.bitpix, options.bitpix ?? 8, le);
  real(at.pixdim, options.pixdim ?? [1, 1, 1, 1, 0, 0, 0, 0]);
  if (version === 1) view.setFloat32(at.vox, offset, le);
  else view.setBigInt64(at.vox, BigInt(offset), le);
  real(at.slope, [options.slope ?? 0, options.inter ?? 0]);
  if (version === 1) view.setUint8(at.units, options.xyztUnits ?? 2);
  else view.setInt32(at.units, options.xyztUnits ?? 2, le);
  const codes = [options.qformCode ?? 0, options.sformCode ?? 0];
  codes.forEach((code, i) => {
    if (version === 1) view.setInt16(at.qform + i * 2, code, le);
    else view.setInt32(at.qform + i * 4, code, le);
  });
  real(at.quatern, [...(options.quatern ?? [0, 0, 0]), ...(options.qoffset ?? [0, 0, 0])]);
  real(at.srow, options.srow ?? new Array(12).fill(0));
  bytes.write(options.description ?? '', at.descrip, 'latin1');
  bytes.write(options.magic ?? (version === 1 ? 'n+1\0' : 'n+2\0\r\n\x1a\n'), at.magic, 'latin1');
  if (extension.length > 0) bytes[length] = 1;
  const gap = Buffer.alloc(Math.max(0, offset - bytes.length - extension.length));
  return Buffer.concat([bytes, extension, gap, voxels]);
}
