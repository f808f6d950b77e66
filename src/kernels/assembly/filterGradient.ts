import { ListOperation, Operation, TAPS, VOXEL } from './descriptor';
import { madd } from './simd';

@unmanaged
class FilterGradient extends ListOperation {
  input: usize;
  /** Gradient with respect to the convolution's output. */
  outputGradient: usize;
  /** (slab, out block, in block, 27 taps, 8 in, 8 out): one sum per slab of `chunk` voxels. */
  partials: usize;
  inBlocks: u32;
  outBlocks: u32;
}

/** Voxels whose terms are added before a sum goes back to memory; they stay in the first-level cache. */
// @ts-ignore: decorator
@inline
const RUN: usize = 128;

/** Gradient of a 3×3×3 convolution's filters. One item: one slab of voxels for one pair of blocks. */
export function filterGradient(pointer: usize, item: u32): void {
  const op = changetype<FilterGradient>(pointer);
  const pairs = op.inBlocks * op.outBlocks;
  const slab = item / pairs;
  const pair = item % pairs;
  const sums = op.partials + <usize>item * TAPS * 256;
  const input = op.input + op.block * (pair % op.inBlocks);
  const gradient = op.outputGradient + op.block * (pair / op.inBlocks);
  memory.fill(sums, 0, TAPS * 256);
  const end = op.positions + (min((slab + 1) * op.chunk, op.count) << 2);
  for (let run = op.positions + ((slab * op.chunk) << 2); run < end; run += RUN << 2) {
    const runEnd = min(run + (RUN << 2), end);
    let sum = sums;
    for (let depth: usize = 0; depth < 3; depth++) {
      for (let height: usize = 0; height < 3; height++) {
        for (let width: usize = 0; width < 3; width++) {
          const x = input + depth * op.plane + height * op.row + width * VOXEL - op.plane - op.row - VOXEL;
          addFilter(run, runEnd, x, gradient, sum);
          addFilter(run, runEnd, x + 16, gradient, sum + 128);
          sum += 256;
        }
      }
    }
  }
}

/** Adds Σ input · gradient over the positions, four input channels by eight output channels. */
function addFilter(from: usize, to: usize, input: usize, gradient: usize, sum: usize): void {
  let a0 = v128.load(sum), b0 = v128.load(sum, 16);
  let a1 = v128.load(sum, 32), b1 = v128.load(sum, 48);
  let a2 = v128.load(sum, 64), b2 = v128.load(sum, 80);
  let a3 = v128.load(sum, 96), b3 = v128.load(sum, 112);
  do {
    const offset = load<usize>(from);
    const g0 = v128.load(gradient + offset);
    const g1 = v128.load(gradient + offset, 16);
    const s0 = v128.load_splat<f32>(input + offset);
    const s1 = v128.load_splat<f32>(input + offset, 4);
    const s2 = v128.load_splat<f32>(input + offset, 8);
    const s3 = v128.load_splat<f32>(input + offset, 12);
    a0 = madd(s0, g0, a0);
    b0 = madd(s0, g1, b0);
    a1 = madd(s1, g0, a1);
    b1 = madd(s1, g1, b1);
    a2 = madd(s2, g0, a2);
    b2 = madd(s2, g1, b2);
    a3 = madd(s3, g0, a3);
    b3 = madd(s3, g1, b3);
    from += 4;
  } while (from != to);
  v128.store(sum, a0);
  v128.store(sum, b0, 16);
  v128.store(sum, a1, 32);
  v128.store(sum, b1, 48);
  v128.store(sum, a2, 64);
  v128.store(sum, b2, 80);
  v128.store(sum, a3, 96);
  v128.store(sum, b3, 112);
}

/** The same for one input channel in single floats (see `convolveSingle`); partials (slab, out block, 27 taps, 8 out). */
export function filterGradientSingle(pointer: usize, item: u32): void {
  const op = changetype<FilterGradient>(pointer);
  const slab = item / op.outBlocks;
  const sums = op.partials + <usize>item * TAPS * 32;
  const gradient = op.outputGradient + op.block * (item % op.outBlocks);
  const row = op.row >> 3;
  const plane = op.plane >> 3;
  memory.fill(sums, 0, TAPS * 32);
  const end = op.positions + (min((slab + 1) * op.chunk, op.count) << 2);
  for (let run = op.positions + ((slab * op.chunk) << 2); run < end; run += RUN << 2) {
    const runEnd = min(run + (RUN << 2), end);
    let sum = sums;
    for (let depth: usize = 0; depth < 3; depth++) {
      for (let height: usize = 0; height < 3; height++) {
        addFilterRow(run, runEnd, op.input + depth * plane + height * row - plane - row - 4, gradient, sum);
        sum += 96;
      }
    }
  }
}

/** Adds Σ input · gradient for three taps of one row by eight output channels. */
function addFilterRow(from: usize, to: usize, input: usize, gradient: usize, sum: usize): void {
  let a0 = v128.load(sum), b0 = v128.load(sum, 16);
  let a1 = v128.load(sum, 32), b1 = v128.load(sum, 48);
  let a2 = v128.load(sum, 64), b2 = v128.load(sum, 80);
  do {
    const offset = load<usize>(from);
    const g0 = v128.load(gradient + offset);
    const g1 = v128.load(gradient + offset, 16);
    const x = input + (offset >> 3);
    const s0 = v128.load_splat<f32>(x);
    const s1 = v128.load_splat<f32>(x, 4);
    const s2 = v128.load_splat<f32>(x, 8);
    a0 = madd(s0, g0, a0);
    b0 = madd(s0, g1, b0);
    a1 = madd(s1, g0, a1);
    b1 = madd(s1, g1, b1);
    a2 = madd(s2, g0, a2);
    b2 = madd(s2, g1, b2);
    from += 4;
  } while (from != to);
  v128.store(sum, a0);
  v128.store(sum, b0, 16);
  v128.store(sum, a1, 32);
  v128.store(sum, b1, 48);
  v128.store(sum, a2, 64);
  v128.store(sum, b2, 80);
}

@unmanaged
class FilterReduction extends Operation {
  partials: usize;
  slabs: u32;
  inChannels: u32;
  inBlocks: u32;
  outBlocks: u32;
  /** Added to: (out, in, 27). */
  gradient: usize;
}

/** Adds the slabs' sums, in slab order and in double precision, to the filters' gradient. One item: one pair of blocks. */
export function reduceFilters(pointer: usize, item: u32): void {
  const op = changetype<FilterReduction>(pointer);
  const perBlock: u32 = op.inChannels == 1 ? 1 : 8;
  const filterFloats = <u32>TAPS * perBlock * 8;
  const stride = <usize>op.inBlocks * op.outBlocks * filterFloats * 4;
  const sums = op.partials + ((<usize>item * filterFloats) << 2);
  const slabs = op.slabs;
  const outFirst = (item / op.inBlocks) * 8;
  const inFirst = (item % op.inBlocks) * 8;
  const members = min(op.inChannels - inFirst, 8);
  const outStride: usize = op.inChannels * <u32>TAPS * 4;
  const first = op.gradient + (outFirst * op.inChannels + inFirst) * <u32>TAPS * 4;
  for (let tap: u32 = 0; tap < <u32>TAPS; tap++) {
    for (let i: u32 = 0; i < members; i++) {
      let at = sums + (tap * perBlock + i) * 32;
      let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let slab: u32 = 0; slab < slabs; slab++) {
        s0 = f64x2.add(s0, f64x2.promote_low_f32x4(v128.load64_zero(at)));
        s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.load64_zero(at, 8)));
        s2 = f64x2.add(s2, f64x2.promote_low_f32x4(v128.load64_zero(at, 16)));
        s3 = f64x2.add(s3, f64x2.promote_low_f32x4(v128.load64_zero(at, 24)));
        at += stride;
      }
      const target = first + (i * <u32>TAPS + tap) * 4;
      addPair(target, outStride, s0);
      addPair(target + 2 * outStride, outStride, s1);
      addPair(target + 4 * outStride, outStride, s2);
      addPair(target + 6 * outStride, outStride, s3);
    }
  }
}

/** Adds two doubles to floats `stride` apart. */
// @ts-ignore: decorator
@inline
function addPair(target: usize, stride: usize, sum: v128): void {
  store<f32>(target, <f32>(<f64>load<f32>(target) + f64x2.extract_lane(sum, 0)));
  store<f32>(target + stride, <f32>(<f64>load<f32>(target + stride) + f64x2.extract_lane(sum, 1)));
}

@unmanaged
class Packing extends Operation {
  /** (out, in, 27) */
  weights: usize;
  /** (out block, in block, 27, in, out), for `convolve`. */
  forward: usize;
  /** (in block, out block, 27 mirrored, out, in), for the input gradient; 0 for none. */
  backward: usize;
  inChannels: u32;
  inBlocks: u32;
  outBlocks: u32;
}

/**
 * Filters in the order in which the convolutions read them; channels that the last block lacks get zeros.
 * One item: one pair of blocks.
 */
export function packFilters(pointer: usize, item: u32): void {
  const op = changetype<Packing>(pointer);
  const perBlock: u32 = op.inChannels == 1 ? 1 : 8;
  const outBlock = item / op.inBlocks;
  const inBlock = item % op.inBlocks;
  const members = min(op.inChannels - inBlock * 8, 8);
  const forward = op.forward + ((item * <u32>TAPS * perBlock * 8) << 2);
  const backward = op.backward + (((inBlock * op.outBlocks + outBlock) * <u32>TAPS * 64) << 2);
  for (let o: u32 = 0; o < 8; o++) {
    for (let i: u32 = 0; i < perBlock; i++) {
      const filter = op.weights + (((outBlock * 8 + o) * op.inChannels + inBlock * 8 + i) * <u32>TAPS << 2);
      for (let tap: u32 = 0; tap < <u32>TAPS; tap++) {
        const weight = i < members ? load<f32>(filter + (tap << 2)) : <f32>0;
        store<f32>(forward + (((tap * perBlock + i) * 8 + o) << 2), weight);
        if (op.backward) store<f32>(backward + ((((<u32>TAPS - 1 - tap) * 8 + o) * 8 + i) << 2), weight);
      }
    }
  }
}
