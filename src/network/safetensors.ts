/**
 * The safetensors format: a little-endian u64 header length, a JSON header, then raw little-endian tensors.
 * Specification: https://github.com/huggingface/safetensors#format
 */
import { readFile, stat } from 'node:fs/promises';
import { isQuorumError, type Problem, QuorumError } from '../errors.js';
import { fromHalves } from '../halfPrecision.js';
import { type HeaderEntry, parseHeader, type StoredDtype } from './safetensorsHeader.js';

export type { StoredDtype } from './safetensorsHeader.js';

/** F16 and BF16 are widened to Float32Array; the others keep their type. */
export type TensorData = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint8Array;

export interface StoredTensor {
  /** The type in the file. */
  readonly dtype: StoredDtype;
  /** C order, the last axis fastest; [] is a scalar. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** `__metadata__` of the header. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ReadOptions {
  /** Refuse NaN and infinities in floating-point tensors; true unless said otherwise. */
  readonly requireFinite?: boolean;
  /** Named in errors when bytes are given. */
  readonly file?: string;
}

/** Larger files are refused before they are read; a width-1 network with Adam's moments has 0.16 GB. */
const MAX_FILE_BYTES = 2 ** 30;

/**
 * Reads a safetensors file, trusting nothing in it.
 *
 * @param source path, or the file's bytes.
 * @throws QuorumError FILE_NOT_FOUND, FILE_UNREADABLE, DATA_TOO_LARGE, or WEIGHTS_INVALID as `parseSafetensors`.
 */
export async function readSafetensors(
  source: string | Uint8Array,
  options: ReadOptions = {},
): Promise<Safetensors> {
  if (typeof source !== 'string') return parseSafetensors(source, options);
  return parseSafetensors(await readBounded(source), { ...options, file: source });
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      throw new QuorumError({
        code: 'DATA_TOO_LARGE',
        field: 'file size',
        expected: `at most ${MAX_FILE_BYTES} bytes`,
        found: `${size} bytes`,
        file: path,
      });
    }
    return await readFile(path);
  } catch (error) {
    if (isQuorumError(error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new QuorumError(
      { code: code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', found: message, file: path },
      { cause: error },
    );
  }
}

/**
 * Reads safetensors from memory. Tensors are copies; memory is allocated only after the header has been
 * checked against the number of bytes that are there.
 *
 * @throws QuorumError WEIGHTS_INVALID with field, expected, found (and `options.file`) for: a header length beyond
 * the file, invalid JSON, an unknown dtype, a shape that does not fit the offsets, offsets outside the file,
 * overlaps and gaps, and (unless `requireFinite` is false) a value that is not finite.
 */
export function parseSafetensors(bytes: Uint8Array, options: ReadOptions = {}): Safetensors {
  const fail = (problem: Omit<Problem, 'code' | 'file'>): never => {
    throw new QuorumError({
      code: 'WEIGHTS_INVALID',
      ...problem,
      ...(options.file === undefined ? {} : { file: options.file }),
    });
  };
  const { entries, metadata, dataStart } = parseHeader(bytes, fail);
  const tensors = new Map<string, StoredTensor>();
  for (const entry of entries) {
    const data = decode(bytes, dataStart, entry);
    if (options.requireFinite !== false) {
      const index = firstNotFinite(data);
      if (index >= 0) {
        fail({ field: `${entry.name}[${index}]`, expected: 'a finite number', found: String(data[index]) });
      }
    }
    tensors.set(entry.name, { dtype: entry.dtype, shape: entry.shape, data });
  }
  return { tensors, metadata };
}

/** The file is little-endian, as is every platform that Node's prebuilt releases for PCs and Macs run on. */
function decode(bytes: Uint8Array, dataStart: number, entry: HeaderEntry): TensorData {
  const buffer = new Uint8Array(bytes.subarray(dataStart + entry.begin, dataStart + entry.end)).buffer;
  switch (entry.dtype) {
    case 'F16':
      return fromHalves(new Uint16Array(buffer));
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'U8':
      return new Uint8Array(buffer);
  }
}

/** Index of the first NaN or infinity, or -1. */
export function firstNotFinite(data: TensorData): number {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return -1;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}
