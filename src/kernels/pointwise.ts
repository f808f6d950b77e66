import { BLOCK_CHANNELS } from './grid.js';
import { listFields, operation } from './operations.js';
import type { Program } from './program.js';
import type { BlockedVolume } from './volume.js';

/** A 1×1×1 convolution: weights (regions, channels) and bias (regions) in shared memory. */
export interface Pointwise {
  readonly regions: number;
  readonly weights: number;
  readonly bias: number;
}

const CHUNK = 4096;

/** 1×1×1 convolution with bias to separate maps, (regions, D, H, W) floats at `maps`. */
export function convolvePointwise(
  program: Program,
  pointwise: Pointwise,
  input: BlockedVolume,
  maps: number,
): void {
  const items = Math.ceil(input.grid.count / CHUNK);
  program.add(operation('convolvePointwise', items, ...fields(pointwise, input, maps)));
}

/** Gradient with respect to the input, from that of the maps. */
export function pointwiseInputGradient(
  program: Program,
  pointwise: Pointwise,
  maps: number,
  result: BlockedVolume,
): void {
  const items = Math.ceil(result.grid.count / CHUNK);
  program.add(operation('pointwiseInputGradient', items, ...fields(pointwise, result, maps)));
}

/** Adds the gradients with respect to weights and bias, from that of the maps. */
export function addPointwiseGradient(
  program: Program,
  pointwise: Pointwise,
  input: BlockedVolume,
  maps: number,
  weightGradient: number,
  biasGradient: number,
): void {
  const { regions } = pointwise;
  const channels = input.blocks * BLOCK_CHANNELS;
  const slabs = Math.ceil(input.grid.count / CHUNK);
  const partials = program.allocate(slabs * regions * (channels + 1) * 8);
  program.add(
    operation('pointwiseFilterGradient', slabs, ...fields(pointwise, input, maps), partials.pointer),
    operation(
      'reducePointwise',
      regions,
      partials.pointer,
      slabs,
      regions,
      channels,
      weightGradient,
      biasGradient,
    ),
  );
  program.free(partials);
}

function fields({ regions, weights, bias }: Pointwise, volume: BlockedVolume, maps: number): number[] {
  return [...listFields(volume.grid, CHUNK), volume.pointer, maps, weights, bias, volume.blocks, regions];
}
