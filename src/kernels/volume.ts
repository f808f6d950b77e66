import type { Grid } from './grid.js';
import { gridFields, type Operation, operation } from './operations.js';

/** Channels of a volume in shared memory, in blocks of 8; a part of another's blocks or all of them. */
export interface BlockedVolume {
  /** Address of the margin's first voxel of the first block. */
  readonly pointer: number;
  readonly blocks: number;
  readonly grid: Grid;
}

/** Sets the margin to zero: 3×3×3 convolutions read it as their padding. */
export function clearMargin({ pointer, blocks, grid }: BlockedVolume): Operation {
  return operation('clearMargin', blocks * (grid.depth + 2), ...gridFields(grid), pointer);
}

/** Blocks `first` to `first + blocks` of a volume; concatenation and split are this. */
export function blocksOf(volume: BlockedVolume, first: number, blocks: number): BlockedVolume {
  return { ...volume, pointer: volume.pointer + first * volume.grid.block, blocks };
}
