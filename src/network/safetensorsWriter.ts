/** Writes safetensors files (the format is described in `safetensors.ts`). */
import { QuorumError } from '../errors.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import { fromHalves, toHalves } from '../halfPrecision.js';
import { firstNotFinite, type StoredDtype, type TensorData } from './safetensors.js';

/** A tensor to be written; the element type of the file follows from the array's, save for `dtype: 'F16'`. */
export interface WritableTensor {
  /** C order; the product is `data.length`. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface WriteOptions {
  /** F16 rounds every Float32Array to half precision; F32, the default, keeps it. Other arrays keep their type. */
  readonly dtype?: 'F32' | 'F16';
}

/**
 * The bytes of a safetensors file, tensors in the given order.
 *
 * @throws QuorumError WEIGHTS_INVALID when a shape does not fit its data or a value is not finite in the file's dtype.
 */
export function serialiseSafetensors(
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata: Readonly<Record<string, string>> = {},
  { dtype = 'F32' }: WriteOptions = {},
): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  const parts: Uint8Array[] = [];
  let position = 0;
  for (const [name, tensor] of tensors) {
    const encoded = encode(name, tensor, dtype);
    const end = position + encoded.bytes.length;
    header[name] = { dtype: encoded.dtype, shape: tensor.shape, data_offsets: [position, end] };
    parts.push(encoded.bytes);
    position = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + position).fill(0x20, 8 + json.length, 8 + headerLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(json, 8);
  let at = 8 + headerLength;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function encode(
  name: string,
  { shape, data }: WritableTensor,
  dtype: 'F32' | 'F16',
): { dtype: StoredDtype; bytes: Uint8Array } {
  const length = shape.reduce((product, side) => product * side, 1);
  if (length !== data.length) {
    throw new QuorumError({
      code: 'WEIGHTS_INVALID',
      field: name,
      expected: `${length} values for [${shape.join(', ')}]`,
      found: `${data.length} values`,
    });
  }
  const half = dtype === 'F16' && data instanceof Float32Array;
  const stored = half ? toHalves(data) : data;
  const index = firstNotFinite(half ? fromHalves(stored as Uint16Array) : data);
  if (index >= 0) {
    throw new QuorumError({
      code: 'WEIGHTS_INVALID',
      field: `${name}[${index}]`,
      expected: `a finite number in ${half ? 'F16' : dtypeOf(data)}`,
      found: String(data[index]),
    });
  }
  return {
    dtype: half ? 'F16' : dtypeOf(data),
    bytes: new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength),
  };
}

function dtypeOf(data: TensorData): StoredDtype {
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof BigInt64Array) return 'I64';
  return data instanceof Int32Array ? 'I32' : 'U8';
}

/**
 * Writes a safetensors file: to a temporary name beside it, synchronised to the disk, then renamed, so that
 * `path` holds either the old file or the whole new one. An existing file is replaced.
 *
 * @throws QuorumError WEIGHTS_INVALID (as `serialiseSafetensors`), DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteOptions = {},
): Promise<void> {
  await writeFileAtomically(path, [serialiseSafetensors(tensors, metadata, options)]);
}
