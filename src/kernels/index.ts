/** Kernels of the network on the CPU: WebAssembly SIMD on worker threads over shared memory. */
export * from './convolution.js';
export { BLOCK_CHANNELS, type Grid } from './grid.js';
export type { Block, SharedMemory } from './memory.js';
export * from './normalisation.js';
export type { Operation } from './operations.js';
export * from './pointwise.js';
export { KernelPool, type PoolOptions } from './pool.js';
export { Program } from './program.js';
export { createPyramid, type Pyramid } from './pyramid.js';
export * from './resampling.js';
export { type AdamSettings, PoolVectors } from './vectors.js';
export * from './volume.js';
