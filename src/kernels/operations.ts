import type { Grid } from './grid.js';

/** One kernel call: how many items of work, and its fields as 32-bit words in the descriptor's order (`assembly/descriptor.ts`). */
export interface Operation {
  readonly kernel: number;
  readonly items: number;
  readonly fields: readonly number[];
}

export const DESCRIPTOR_BYTES = 128;

/** Kernels by number: the order of `perform` in `assembly/index.ts`. */
const KERNELS = [
  'convolve',
  'convolveSingle',
  'filterGradient',
  'filterGradientSingle',
  'reduceFilters',
  'packFilters',
  'convolvePointwise',
  'pointwiseInputGradient',
  'pointwiseFilterGradient',
  'reducePointwise',
  'sumPlane',
  'normalisationStatistics',
  'normalise',
  'sumGradientPlane',
  'normalisationGradient',
  'normaliseGradient',
  'reduceChannels',
  'maxPool',
  'maxPoolGradient',
  'upsample',
  'upsampleGradient',
  'clearMargin',
  'dotChunk',
  'axpyChunk',
  'adamChunk',
  'clearChunk',
] as const;
export type KernelName = (typeof KERNELS)[number];

/** An operation of the kernel of that name. */
export function operation(kernel: KernelName, items: number, ...fields: number[]): Operation {
  return { kernel: KERNELS.indexOf(kernel), items, fields };
}

const bits = new DataView(new ArrayBuffer(4));

/** A float as the word that holds it. */
export function floatBits(value: number): number {
  bits.setFloat32(0, value, true);
  return bits.getUint32(0, true);
}

/** Fields of `GridOperation`. */
export function gridFields(grid: Grid): number[] {
  return [grid.depth, grid.height, grid.width, grid.row, grid.plane, grid.block];
}

/** Fields of `ListOperation`. */
export function listFields(grid: Grid, chunk: number): number[] {
  return [grid.positions, grid.count, chunk, grid.row, grid.plane, grid.block];
}

/** Writes descriptors, one after the other, from byte address `pointer`. */
export function writeOperations(
  words: Uint32Array<ArrayBufferLike>,
  pointer: number,
  operations: readonly Operation[],
): void {
  let at = pointer / 4;
  for (const { kernel, items, fields } of operations) {
    words.fill(0, at, at + DESCRIPTOR_BYTES / 4);
    words[at] = kernel;
    words[at + 1] = items;
    words.set(fields, at + 4);
    at += DESCRIPTOR_BYTES / 4;
  }
}
