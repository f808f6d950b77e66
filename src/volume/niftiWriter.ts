import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { QuorumError } from '../errors.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import { sameGrid } from './affine.js';
import { affineOfForm, formOfAffine, type NiftiForm } from './niftiForm.js';
import { type Volume, voxelCount } from './volume.js';

/** nifti1.h datatype codes of what is written. */
const CODES = { Uint8Array: 2, Int16Array: 4, Float32Array: 16 } as const;

/** NIfTI-1 header with the four bytes that say "no extensions". */
const HEADER_BYTES = 352;
const PIECE = 1 << 20;

/** Measured on BraTS masks: level 4 takes 20 ms and a third of level 1's bytes, 6 gains nothing; for images time counts. */
const GZIP_LEVEL = { Uint8Array: 4, Int16Array: 1, Float32Array: 1 } as const;

export type WritableVoxels = Uint8Array | Int16Array | Float32Array;

/**
 * Writes a .nii.gz (NIfTI-1, little-endian, no scaling). With `form` the orientation fields are those of the source,
 * value by value; without it sform and qform are made from the affine. Every free text field is blank and there are
 * no extensions, so that nothing of the source's header travels with the mask.
 * @throws QuorumError GRIDS_DIFFER (`form` places the voxels elsewhere than the volume's affine), DISK_FULL,
 *   OUTPUT_NOT_WRITABLE
 */
export async function writeNifti(
  file: string,
  volume: Volume<WritableVoxels>,
  options: { readonly form?: NiftiForm | undefined; readonly mode?: number } = {},
): Promise<void> {
  const form = options.form ?? formOfAffine(volume.affine);
  if (options.form && !sameGrid(volume, { size: volume.size, affine: affineOfForm(form, volume.size) })) {
    throw new QuorumError({ code: 'GRIDS_DIFFER', field: 'form', expected: "the volume's own affine", file });
  }
  if (volume.data.length !== voxelCount(volume.size)) {
    const found = String(volume.data.length);
    throw new QuorumError({
      code: 'INTERNAL',
      field: 'voxels',
      expected: volume.size.join(' × '),
      found,
      file,
    });
  }
  const type = typeName(volume.data);
  const gzip = createGzip({ level: GZIP_LEVEL[type], chunkSize: PIECE });
  const raw = Readable.from(rawPieces(niftiHeader(volume, form), volume.data));
  raw.on('error', (error) => gzip.destroy(error));
  await writeFileAtomically(file, raw.pipe(gzip), options.mode === undefined ? {} : { mode: options.mode });
}

function typeName(data: WritableVoxels): keyof typeof CODES {
  if (data instanceof Uint8Array) return 'Uint8Array';
  return data instanceof Int16Array ? 'Int16Array' : 'Float32Array';
}

function* rawPieces(header: Buffer, data: WritableVoxels): Generator<Buffer> {
  yield header;
  const bytes = Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** The 352 bytes before the voxels (field offsets of nifti1.h). */
function niftiHeader(volume: Volume<WritableVoxels>, form: NiftiForm): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const floats = (offset: number, values: readonly number[]) =>
    values.forEach((value, i) => {
      header.writeFloatLE(value, offset + i * 4);
    });
  const shorts = (offset: number, values: readonly number[]) =>
    values.forEach((value, i) => {
      header.writeInt16LE(value, offset + i * 2);
    });
  header.writeInt32LE(348, 0);
  header.write('r', 38, 'latin1');
  shorts(40, [3, ...volume.size, 1, 1, 1, 1]);
  shorts(70, [CODES[typeName(volume.data)], volume.data.BYTES_PER_ELEMENT * 8]);
  floats(76, form.pixdim);
  floats(108, [HEADER_BYTES, 1, 0]);
  header.writeUInt8(form.xyztUnits & 0xff, 123);
  shorts(252, [form.qformCode, form.sformCode]);
  floats(256, [...form.quatern, ...form.qoffset, ...form.srow.flat()]);
  header.write('n+1\0', 344, 'latin1');
  return header;
}
