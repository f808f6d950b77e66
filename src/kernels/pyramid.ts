import { type Grid, type GridShape, gridShape, writePositions } from './grid.js';
import type { SharedMemory } from './memory.js';
import type { AxisTables } from './resampling.js';
import { adjointTable, forwardTable } from './upsamplingTables.js';

/** The grids of a network with halving sides, finest first, and what resampling between neighbours needs. */
export interface Pyramid {
  readonly grids: readonly Grid[];
  /** Tables for upsampling grid n + 1 to grid n, and for its gradient. */
  readonly upsampling: readonly { readonly forward: AxisTables; readonly adjoint: AxisTables }[];
  free(): void;
}

/**
 * Writes a pyramid's lists and tables into shared memory.
 *
 * @param levels number of grids; the sides must divide by 2^(levels − 1).
 * @throws QuorumError ENGINE_FAILED when memory is exhausted.
 */
export function createPyramid(
  memory: SharedMemory,
  [depth, height, width]: readonly [number, number, number],
  levels: number,
): Pyramid {
  const shapes = Array.from({ length: levels }, (_, n) => gridShape(depth >> n, height >> n, width >> n));
  const parts: Uint32Array[] = [];
  const offsets: number[] = [];
  let words = 0;
  const place = (part: Uint32Array): number => {
    parts.push(part);
    offsets.push(words);
    words += part.length;
    return 4 * (words - part.length);
  };
  const positions = shapes.map((shape) => place(positionsOf(shape)));
  const tables = shapes.slice(1).map((shape) => ({
    forward: placeAxes(shape, forwardTable, place),
    adjoint: placeAxes(shape, adjointTable, place),
  }));
  const block = memory.allocate(words * 4);
  parts.forEach((part, n) => memory.words.set(part, block.pointer / 4 + offsets[n]));
  return {
    grids: shapes.map((shape, n) => ({ ...shape, positions: block.pointer + positions[n] })),
    upsampling: tables.map(({ forward, adjoint }) => ({
      forward: shift(forward, block.pointer),
      adjoint: shift(adjoint, block.pointer),
    })),
    free: () => memory.free(block),
  };
}

function positionsOf(shape: GridShape): Uint32Array {
  const words = new Uint32Array(shape.count);
  writePositions(words, shape);
  return words;
}

function placeAxes(
  { depth, height, width }: GridShape,
  table: (n: number) => Uint32Array,
  place: (part: Uint32Array) => number,
): AxisTables {
  return { depth: place(table(depth)), height: place(table(height)), width: place(table(width)) };
}

function shift({ depth, height, width }: AxisTables, by: number): AxisTables {
  return { depth: depth + by, height: height + by, width: width + by };
}
