import { ListOperation, TAPS, VOXEL } from './descriptor';
import { madd } from './simd';

@unmanaged
class Convolution extends ListOperation {
  input: usize;
  output: usize;
  /** (out block, in block, 27 taps, 8 in, 8 out). */
  weights: usize;
  /** One float per output channel, or 0 for none. */
  bias: usize;
  inBlocks: u32;
  outBlocks: u32;
}

/**
 * 3×3×3 convolution, padding 1, of four voxels by eight output channels at a time. With the filters transposed
 * and mirrored it is also the gradient with respect to the input. One item: `chunk` voxels of one output block.
 *
 * The innermost loop holds one input channel only: V8 puts all loads of a basic block before its arithmetic,
 * and 8 sums + 2 weights + 4 inputs are what 16 registers hold.
 */
export function convolve(pointer: usize, item: u32): void {
  const op = changetype<Convolution>(pointer);
  const outBlock: usize = item % op.outBlocks;
  const first = (item / op.outBlocks) * op.chunk;
  const last = op.positions + ((min(first + op.chunk, op.count) - 1) << 2);
  const input = op.input - op.plane - op.row - VOXEL;
  const output = op.output + op.block * outBlock;
  const blockBytes = TAPS * 256;
  const weights = op.weights + outBlock * op.inBlocks * blockBytes;
  const weightsEnd = weights + op.inBlocks * blockBytes;
  const nextRow = op.row - 3 * VOXEL;
  const nextPlane = op.plane - 3 * op.row;
  const nextBlock = op.block - 3 * op.plane;
  let bias0 = f32x4.splat(0);
  let bias1 = bias0;
  if (op.bias) {
    bias0 = v128.load(op.bias + outBlock * VOXEL);
    bias1 = v128.load(op.bias + outBlock * VOXEL, 16);
  }
  for (let at = op.positions + (first << 2); at <= last; at += 16) {
    let x0 = input + load<usize>(at);
    let x1 = input + load<usize>(min(at + 4, last));
    let x2 = input + load<usize>(min(at + 8, last));
    let x3 = input + load<usize>(min(at + 12, last));
    let a0 = bias0, a1 = bias0, a2 = bias0, a3 = bias0;
    let b0 = bias1, b1 = bias1, b2 = bias1, b3 = bias1;
    let w = weights;
    while (w < weightsEnd) {
      const blockEnd = w + blockBytes;
      while (w < blockEnd) {
        const planeEnd = w + 9 * 256;
        while (w < planeEnd) {
          const rowEnd = w + 3 * 256;
          do {
            const w0 = v128.load(w);
            const w1 = v128.load(w, 16);
            const s0 = v128.load_splat<f32>(x0);
            const s1 = v128.load_splat<f32>(x1);
            const s2 = v128.load_splat<f32>(x2);
            const s3 = v128.load_splat<f32>(x3);
            a0 = madd(s0, w0, a0);
            b0 = madd(s0, w1, b0);
            a1 = madd(s1, w0, a1);
            b1 = madd(s1, w1, b1);
            a2 = madd(s2, w0, a2);
            b2 = madd(s2, w1, b2);
            a3 = madd(s3, w0, a3);
            b3 = madd(s3, w1, b3);
            x0 += 4;
            x1 += 4;
            x2 += 4;
            x3 += 4;
            w += 32;
          } while (w != rowEnd);
          x0 += nextRow;
          x1 += nextRow;
          x2 += nextRow;
          x3 += nextRow;
        }
        x0 += nextPlane;
        x1 += nextPlane;
        x2 += nextPlane;
        x3 += nextPlane;
      }
      x0 += nextBlock;
      x1 += nextBlock;
      x2 += nextBlock;
      x3 += nextBlock;
    }
    store8(output + load<usize>(at), a0, b0);
    store8(output + load<usize>(min(at + 4, last)), a1, b1);
    store8(output + load<usize>(min(at + 8, last)), a2, b2);
    store8(output + load<usize>(min(at + 12, last)), a3, b3);
  }
}

/**
 * The same for one input channel, stored as (depth + 2, height + 2, width + 2) single floats: there a voxel is
 * 4 bytes, an eighth of `positions`. Weights (out block, 27 taps, 8 out).
 */
export function convolveSingle(pointer: usize, item: u32): void {
  const op = changetype<Convolution>(pointer);
  const outBlock: usize = item % op.outBlocks;
  const first = (item / op.outBlocks) * op.chunk;
  const last = op.positions + ((min(first + op.chunk, op.count) - 1) << 2);
  const row = op.row >> 3;
  const plane = op.plane >> 3;
  const input = op.input - plane - row - 4;
  const output = op.output + op.block * outBlock;
  const weights = op.weights + outBlock * TAPS * 32;
  const bias0 = v128.load(op.bias + outBlock * VOXEL);
  const bias1 = v128.load(op.bias + outBlock * VOXEL, 16);
  const nextRow = row - 12;
  const nextPlane = plane - 3 * row;
  for (let at = op.positions + (first << 2); at <= last; at += 16) {
    let x0 = input + (load<usize>(at) >> 3);
    let x1 = input + (load<usize>(min(at + 4, last)) >> 3);
    let x2 = input + (load<usize>(min(at + 8, last)) >> 3);
    let x3 = input + (load<usize>(min(at + 12, last)) >> 3);
    let a0 = bias0, a1 = bias0, a2 = bias0, a3 = bias0;
    let b0 = bias1, b1 = bias1, b2 = bias1, b3 = bias1;
    let w = weights;
    const end = w + TAPS * 32;
    while (w < end) {
      const planeEnd = w + 9 * 32;
      while (w < planeEnd) {
        const rowEnd = w + 3 * 32;
        do {
          const w0 = v128.load(w);
          const w1 = v128.load(w, 16);
          const s0 = v128.load_splat<f32>(x0);
          const s1 = v128.load_splat<f32>(x1);
          const s2 = v128.load_splat<f32>(x2);
          const s3 = v128.load_splat<f32>(x3);
          a0 = madd(s0, w0, a0);
          b0 = madd(s0, w1, b0);
          a1 = madd(s1, w0, a1);
          b1 = madd(s1, w1, b1);
          a2 = madd(s2, w0, a2);
          b2 = madd(s2, w1, b2);
          a3 = madd(s3, w0, a3);
          b3 = madd(s3, w1, b3);
          x0 += 4;
          x1 += 4;
          x2 += 4;
          x3 += 4;
          w += 32;
        } while (w != rowEnd);
        x0 += nextRow;
        x1 += nextRow;
        x2 += nextRow;
        x3 += nextRow;
      }
      x0 += nextPlane;
      x1 += nextPlane;
      x2 += nextPlane;
      x3 += nextPlane;
    }
    store8(output + load<usize>(at), a0, b0);
    store8(output + load<usize>(min(at + 4, last)), a1, b1);
    store8(output + load<usize>(min(at + 8, last)), a2, b2);
    store8(output + load<usize>(min(at + 12, last)), a3, b3);
  }
}

// @ts-ignore: decorator
@inline
function store8(pointer: usize, a: v128, b: v128): void {
  v128.store(pointer, a);
  v128.store(pointer, b, 16);
}
