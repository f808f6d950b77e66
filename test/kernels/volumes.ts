/** Plain (C, D, H, W) arrays into the kernels' volumes and back, for tests. */
import {
  type BlockedVolume,
  clearMargin,
  createPyramid,
  type KernelPool,
  type Pyramid,
} from '../../src/kernels/index.js';

export type Sides = readonly [depth: number, height: number, width: number];

/** Deterministic values in −1..1. */
export function values(length: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A kernel pool and one pyramid of grids, with ways to put data there and fetch it. */
export class Bench {
  readonly pyramid: Pyramid;

  constructor(
    readonly pool: KernelPool,
    readonly sides: Sides,
    levels = 1,
  ) {
    this.pyramid = createPyramid(pool.memory, sides, levels);
  }

  /** A volume whose memory, margin included, holds a foreign value; then its data and a margin of zeros. */
  async volume(channels: number, data?: Float32Array, level = 0): Promise<BlockedVolume> {
    const grid = this.pyramid.grids[level];
    const { pointer } = this.pool.memory.allocate((channels / 8) * grid.block);
    const volume = { pointer, blocks: channels / 8, grid };
    const floats = this.pool.memory.view(pointer, (channels / 8) * (grid.block / 4)).fill(99);
    await this.pool.run([clearMargin(volume)]);
    if (data) this.#each(volume, (at, n) => (floats[at] = data[n]));
    return volume;
  }

  read(volume: BlockedVolume): Float32Array {
    const { grid, blocks, pointer } = volume;
    const floats = this.pool.memory.view(pointer, (blocks * grid.block) / 4);
    const data = new Float32Array(blocks * 8 * grid.count);
    this.#each(volume, (at, n) => (data[n] = floats[at]));
    return data;
  }

  /** One channel with its margin of zeros. */
  single(data: Float32Array): { pointer: number; grid: BlockedVolume['grid'] } {
    const grid = this.pyramid.grids[0];
    const { pointer } = this.pool.memory.allocate(grid.block / 8);
    const floats = this.pool.memory.view(pointer, grid.block / 32).fill(0);
    this.#each({ pointer, blocks: 1, grid }, (at, n) => {
      if (n < grid.count) floats[at / 8] = data[n];
    });
    return { pointer, grid };
  }

  floats(data: Float32Array): number {
    const { pointer } = this.pool.memory.allocate(data.length * 4);
    this.pool.memory.view(pointer, data.length).set(data);
    return pointer;
  }

  fetch(pointer: number, length: number): Float32Array {
    return this.pool.memory.view(pointer, length).slice();
  }

  #each({ grid, blocks }: BlockedVolume, action: (at: number, n: number) => void): void {
    const { depth, height, width } = grid;
    let n = 0;
    for (let c = 0; c < blocks * 8; c++) {
      for (let d = 1; d <= depth; d++) {
        for (let h = 1; h <= height; h++) {
          for (let w = 1; w <= width; w++) {
            const block = (c >> 3) * grid.block;
            action((block + d * grid.plane + h * grid.row + w * 32) / 4 + (c & 7), n++);
          }
        }
      }
    }
  }
}

/** Largest |a − b| over the largest |b|. */
export function error(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} values against ${b.length}`);
  let largest = 0;
  let scale = 0;
  for (let n = 0; n < b.length; n++) {
    largest = Math.max(largest, Number.isFinite(a[n]) ? Math.abs(a[n] - b[n]) : Number.POSITIVE_INFINITY);
    scale = Math.max(scale, Math.abs(b[n]));
  }
  return largest / scale;
}

/** Σ a·b in double precision. */
export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += a[n] * b[n];
  return sum;
}
