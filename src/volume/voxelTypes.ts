/** How a voxel can be stored. */
export type VoxelType =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float32'
  | 'float64';

export const BYTES_PER_VOXEL: Record<VoxelType, 1 | 2 | 4 | 8> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float32: 4,
  float64: 8,
};

const VIEWS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Value = stored · slope + inter. */
export interface Scaling {
  readonly slope: number;
  readonly inter: number;
}

/**
 * Turns the bytes of voxels, which may arrive in pieces cut anywhere, into one Float32Array,
 * so that the stored form is never held whole beside the decoded one.
 */
export class VoxelDecoder {
  /** Voxels decoded so far. */
  filled = 0;
  private carry: Buffer = Buffer.alloc(0);

  constructor(
    private readonly type: VoxelType,
    private readonly littleEndian: boolean,
    private readonly scaling: Scaling | null,
    private readonly out: Float32Array,
  ) {}

  /** Decodes the next bytes; those beyond the last voxel are ignored. */
  push(piece: Buffer): void {
    const width = BYTES_PER_VOXEL[this.type];
    const bytes = this.carry.length > 0 ? Buffer.concat([this.carry, piece]) : piece;
    const count = Math.min(Math.floor(bytes.length / width), this.out.length - this.filled);
    const stored = this.view(bytes.subarray(0, count * width), width);
    if (stored instanceof BigInt64Array || stored instanceof BigUint64Array) this.takeBig(stored);
    else if (this.scaling) this.takeScaled(stored, this.scaling);
    else this.out.set(stored, this.filled);
    this.filled += count;
    this.carry = Buffer.from(bytes.subarray(count * width, count * width + width));
  }

  private view(bytes: Buffer, width: number) {
    const swapped = width > 1 && !this.littleEndian;
    const aligned = swapped || bytes.byteOffset % width !== 0 ? new Uint8Array(bytes) : bytes;
    if (swapped) swapBytes(Buffer.from(aligned.buffer as ArrayBuffer), width);
    return new VIEWS[this.type](aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / width);
  }

  private takeScaled(stored: ArrayLike<number>, { slope, inter }: Scaling): void {
    const { out, filled } = this;
    for (let i = 0; i < stored.length; i++) out[filled + i] = stored[i] * slope + inter;
  }

  private takeBig(stored: BigInt64Array | BigUint64Array): void {
    const { slope, inter } = this.scaling ?? { slope: 1, inter: 0 };
    for (let i = 0; i < stored.length; i++) this.out[this.filled + i] = Number(stored[i]) * slope + inter;
  }
}

function swapBytes(buffer: Buffer, width: number): void {
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else buffer.swap64();
}

/** Index of the first value that is NaN or infinite, or -1. */
export function firstNotFinite(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  return sum === 0 ? -1 : values.findIndex((v) => !Number.isFinite(v));
}
