import { BLOCK_CHANNELS, type Grid } from './grid.js';
import { listFields, type Operation, operation } from './operations.js';
import type { Program } from './program.js';
import type { BlockedVolume } from './volume.js';

const TAPS = 27;

/**
 * Filters of a 3×3×3 convolution in shared memory. With one input channel the input is a single, unblocked map;
 * with any other number it lies in blocks, the channels that the last block lacks being zero.
 */
export interface Filters {
  readonly inChannels: number;
  readonly outChannels: number;
  /** (out, in, 3, 3, 3) as PyTorch keeps them. */
  readonly weights: number;
  readonly bias: number;
  /** As `packFilters` writes them, `packedFilterBytes` long; `backward` 0 where no input gradient is wanted. */
  readonly forward: number;
  readonly backward: number;
}

/** One channel with its margin: (depth + 2, height + 2, width + 2) floats from `pointer`. */
export interface SingleMap {
  readonly pointer: number;
  readonly grid: Grid;
}

/** Bytes of filters in the order in which the convolutions read them (`packFilters`). */
export function packedFilterBytes(filters: Filters): number {
  const stored = filters.inChannels === 1 ? 1 : blocksIn(filters).inBlocks * BLOCK_CHANNELS;
  return stored * filters.outChannels * TAPS * 4;
}

/** Brings `weights` into the order in which the convolutions read them; after every change of the weights. */
export function packFilters(filters: Filters): Operation {
  const { inBlocks, outBlocks } = blocksIn(filters);
  const { weights, forward, backward, inChannels } = filters;
  return operation(
    'packFilters',
    inBlocks * outBlocks,
    weights,
    forward,
    backward,
    inChannels,
    inBlocks,
    outBlocks,
  );
}

/** 3×3×3 convolution with padding 1 and bias; the input's margin must be zero, the output's is left alone. */
export function convolve(
  filters: Filters,
  input: BlockedVolume | SingleMap,
  output: BlockedVolume,
): Operation {
  const { inBlocks, outBlocks } = blocksIn(filters);
  const kernel = filters.inChannels === 1 ? 'convolveSingle' : 'convolve';
  const pointers = [input.pointer, output.pointer, filters.forward, filters.bias, inBlocks, outBlocks];
  return convolution(kernel, output.grid, outBlocks, pointers);
}

/** Gradient with respect to the input, from the output's gradient, whose margin must be zero. */
export function inputGradient(
  filters: Filters,
  outputGradient: BlockedVolume,
  result: BlockedVolume,
): Operation {
  const { inBlocks, outBlocks } = blocksIn(filters);
  const pointers = [outputGradient.pointer, result.pointer, filters.backward, 0, outBlocks, inBlocks];
  return convolution('convolve', result.grid, inBlocks, pointers);
}

/** Adds the gradient with respect to the filters to `gradient`, (out, in, 3, 3, 3) floats. Margins must be zero. */
export function addFilterGradient(
  program: Program,
  filters: Filters,
  input: BlockedVolume | SingleMap,
  outputGradient: BlockedVolume,
  gradient: number,
): void {
  const { inBlocks, outBlocks } = blocksIn(filters);
  const pairs = inBlocks * outBlocks;
  const { grid } = outputGradient;
  const { slabs, chunk } = slabsOf(grid.count, pairs);
  const partials = program.allocate(slabs * packedFilterBytes(filters));
  program.add(
    operation(
      filters.inChannels === 1 ? 'filterGradientSingle' : 'filterGradient',
      slabs * pairs,
      ...listFields(grid, chunk),
      input.pointer,
      outputGradient.pointer,
      partials.pointer,
      inBlocks,
      outBlocks,
    ),
    operation(
      'reduceFilters',
      pairs,
      partials.pointer,
      slabs,
      filters.inChannels,
      inBlocks,
      outBlocks,
      gradient,
    ),
  );
  program.free(partials);
}

function blocksIn({ inChannels, outChannels }: Filters): { inBlocks: number; outBlocks: number } {
  return { inBlocks: Math.ceil(inChannels / BLOCK_CHANNELS), outBlocks: outChannels / BLOCK_CHANNELS };
}

/** Items small enough to share out evenly, large enough to be worth taking; a matter of the shape alone. */
function convolution(
  kernel: 'convolve' | 'convolveSingle',
  grid: Grid,
  outBlocks: number,
  fields: readonly number[],
): Operation {
  const even = Math.ceil((grid.count * outBlocks) / 32 / 4) * 4;
  const chunk = Math.min(384, Math.max(4, even));
  return operation(kernel, Math.ceil(grid.count / chunk) * outBlocks, ...listFields(grid, chunk), ...fields);
}

/** How a sum over `count` voxels is split: fixed by the shape, so that threads do not change it. */
function slabsOf(count: number, pairs: number): { slabs: number; chunk: number } {
  const wanted = Math.min(Math.ceil(32 / pairs), Math.ceil(count / 256));
  const chunk = Math.ceil(count / wanted);
  return { slabs: Math.ceil(count / chunk), chunk };
}
