/**
 * Operation descriptors in shared memory, written by `operations.ts` of the host in this field order.
 *
 * Volumes are stored in blocks of 8 channels, (block, depth + 2, height + 2, width + 2, 8) floats: one voxel
 * is 32 bytes, with a margin of one voxel on every side. `row`, `plane` and `block` are strides in bytes;
 * the pointer of a volume is that of its margin's first voxel.
 */
@unmanaged
export class Operation {
  kernel: u32;
  /** Number of work items; which thread does an item never changes what the item computes. */
  items: u32;
  /** Next item to be taken, counted up atomically. */
  next: u32;
  reserved: u32;
}

/** An operation over the voxels of one grid. */
@unmanaged
export class GridOperation extends Operation {
  depth: u32;
  height: u32;
  width: u32;
  row: usize;
  plane: usize;
  block: usize;
}

/** An operation over a list of voxels: `positions` holds `count` byte offsets into a block. */
@unmanaged
export class ListOperation extends Operation {
  positions: usize;
  count: u32;
  /** Positions per work item. */
  chunk: u32;
  row: usize;
  plane: usize;
  block: usize;
}

/** Bytes of one voxel of a block, and floats of one 3×3×3 filter between two blocks. */
// @ts-ignore: decorator
@inline
export const VOXEL: usize = 32;
// @ts-ignore: decorator
@inline
export const TAPS: usize = 27;
