import { convolve, convolveSingle } from './convolution';
import { Operation } from './descriptor';
import { filterGradient, filterGradientSingle, packFilters, reduceFilters } from './filterGradient';
import {
  normalisationGradient,
  normalisationStatistics,
  normalise,
  normaliseGradient,
  reduceChannels,
  sumGradientPlane,
  sumPlane,
} from './normalisation';
import {
  convolvePointwise,
  pointwiseFilterGradient,
  pointwiseInputGradient,
  reducePointwise,
} from './pointwise';
import { clearMargin, maxPool, maxPoolGradient, upsample, upsampleGradient } from './resampling';
import { adamChunk, axpyChunk, clearChunk, dotChunk } from './vectors';

export { peak } from './peak';

/** Bytes of one descriptor. */
// @ts-ignore: decorator
@inline
const DESCRIPTOR: usize = 128;

/** Polls at a barrier before the thread sleeps: some tens of microseconds. */
// @ts-ignore: decorator
@inline
const POLLS: u32 = 2000;

/**
 * One thread's part of a program: `count` operations, one after the other, the items of each shared among
 * `threads` threads.
 *
 * @param barrier two zeroed words that the threads share: how many have arrived, and which round it is.
 */
export function run(program: usize, count: u32, barrier: usize, threads: u32): void {
  for (let n: u32 = 0; n < count; n++) {
    const op = program + n * DESCRIPTOR;
    const kernel = load<u32>(op, offsetof<Operation>('kernel'));
    const items = load<u32>(op, offsetof<Operation>('items'));
    let item = atomic.add<u32>(op, 1, offsetof<Operation>('next'));
    while (item < items) {
      perform(kernel, op, item);
      item = atomic.add<u32>(op, 1, offsetof<Operation>('next'));
    }
    if (threads > 1) meet(barrier, threads);
  }
}

function meet(barrier: usize, threads: u32): void {
  const round = atomic.load<u32>(barrier, 4);
  if (atomic.add<u32>(barrier, 1) == threads - 1) {
    atomic.store<u32>(barrier, 0);
    atomic.add<u32>(barrier, 1, 4);
    atomic.notify(barrier + 4, -1);
    return;
  }
  for (let poll: u32 = 0; poll < POLLS; poll++) {
    if (atomic.load<u32>(barrier, 4) != round) return;
  }
  while (atomic.load<u32>(barrier, 4) == round) atomic.wait<i32>(barrier + 4, round, -1);
}

/** Kernel numbers are those of `KERNELS` in `operations.ts` of the host. */
function perform(kernel: u32, op: usize, item: u32): void {
  switch (kernel) {
    case 0: return convolve(op, item);
    case 1: return convolveSingle(op, item);
    case 2: return filterGradient(op, item);
    case 3: return filterGradientSingle(op, item);
    case 4: return reduceFilters(op, item);
    case 5: return packFilters(op, item);
    case 6: return convolvePointwise(op, item);
    case 7: return pointwiseInputGradient(op, item);
    case 8: return pointwiseFilterGradient(op, item);
    case 9: return reducePointwise(op, item);
    case 10: return sumPlane(op, item);
    case 11: return normalisationStatistics(op, item);
    case 12: return normalise(op, item);
    case 13: return sumGradientPlane(op, item);
    case 14: return normalisationGradient(op, item);
    case 15: return normaliseGradient(op, item);
    case 16: return reduceChannels(op, item);
    case 17: return maxPool(op, item);
    case 18: return maxPoolGradient(op, item);
    case 19: return upsample(op, item);
    case 20: return upsampleGradient(op, item);
    case 21: return clearMargin(op, item);
    case 22: return dotChunk(op, item);
    case 23: return axpyChunk(op, item);
    case 24: return adamChunk(op, item);
    case 25: return clearChunk(op, item);
    default: unreachable();
  }
}
