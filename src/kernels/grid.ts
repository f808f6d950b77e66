/** Bytes of one voxel: a block of 8 channels. */
const VOXEL_BYTES = 32;
/** Channels of a block. */
export const BLOCK_CHANNELS = 8;

/** Size and strides of volumes in shared memory: (block, depth + 2, height + 2, width + 2, 8) floats. */
export interface GridShape {
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  /** Voxels, without the margin. */
  readonly count: number;
  /** Strides in bytes. */
  readonly row: number;
  readonly plane: number;
  readonly block: number;
}

/** A grid with the address of its list of voxels: byte offsets into a block, in C order. */
export interface Grid extends GridShape {
  readonly positions: number;
}

/** Strides, in bytes, of a grid of depth × height × width voxels with a border of one voxel all around. */
export function gridShape(depth: number, height: number, width: number): GridShape {
  const row = (width + 2) * VOXEL_BYTES;
  const plane = (height + 2) * row;
  const block = (depth + 2) * plane;
  return { depth, height, width, count: depth * height * width, row, plane, block };
}

/** The offsets of a grid's voxels, D slowest. */
export function writePositions(words: Uint32Array<ArrayBufferLike>, shape: GridShape): void {
  let n = 0;
  for (let d = 1; d <= shape.depth; d++) {
    for (let h = 1; h <= shape.height; h++) {
      const start = d * shape.plane + h * shape.row;
      for (let w = 1; w <= shape.width; w++) words[n++] = start + w * VOXEL_BYTES;
    }
  }
}
