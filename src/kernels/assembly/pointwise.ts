import { ListOperation, Operation, VOXEL } from './descriptor';
import { madd } from './simd';

@unmanaged
class Pointwise extends ListOperation {
  /** Blocked volume: the input, or its gradient. */
  volume: usize;
  /** (regions, count) floats: the output, or its gradient. */
  maps: usize;
  /** (regions, channels) */
  weights: usize;
  bias: usize;
  blocks: u32;
  regions: u32;
  /** Doubles, (slab, regions, channels + 1): sums for the weights, then for the bias. */
  partials: usize;
}

// @ts-ignore: decorator
@inline
function laneSum(a: v128): f32 {
  return (
    f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3))
  );
}

/** 1×1×1 convolution from a blocked volume to separate maps. One item: `chunk` voxels. */
export function convolvePointwise(pointer: usize, item: u32): void {
  const op = changetype<Pointwise>(pointer);
  const end = min((item + 1) * op.chunk, op.count);
  for (let n = item * op.chunk; n < end; n++) {
    const voxel = op.volume + load<usize>(op.positions + (n << 2));
    for (let region: u32 = 0; region < op.regions; region++) {
      let sum = f32x4.splat(0);
      let w = op.weights + <usize>region * op.blocks * VOXEL;
      let x = voxel;
      for (let b: u32 = 0; b < op.blocks; b++) {
        sum = madd(v128.load(x), v128.load(w), sum);
        sum = madd(v128.load(x, 16), v128.load(w, 16), sum);
        x += op.block;
        w += VOXEL;
      }
      store<f32>(op.maps + ((region * op.count + n) << 2), laneSum(sum) + load<f32>(op.bias + (region << 2)));
    }
  }
}

/** Gradient of `convolvePointwise` with respect to its input. One item: `chunk` voxels. */
export function pointwiseInputGradient(pointer: usize, item: u32): void {
  const op = changetype<Pointwise>(pointer);
  const end = min((item + 1) * op.chunk, op.count);
  for (let n = item * op.chunk; n < end; n++) {
    let voxel = op.volume + load<usize>(op.positions + (n << 2));
    for (let b: u32 = 0; b < op.blocks; b++) {
      let a0 = f32x4.splat(0);
      let a1 = a0;
      for (let region: u32 = 0; region < op.regions; region++) {
        const s = v128.load_splat<f32>(op.maps + ((region * op.count + n) << 2));
        const w = op.weights + (region * op.blocks + b) * VOXEL;
        a0 = madd(s, v128.load(w), a0);
        a1 = madd(s, v128.load(w, 16), a1);
      }
      v128.store(voxel, a0);
      v128.store(voxel, a1, 16);
      voxel += op.block;
    }
  }
}

/** Gradient of `convolvePointwise` with respect to weights and bias. One item: one slab of `chunk` voxels. */
export function pointwiseFilterGradient(pointer: usize, item: u32): void {
  const op = changetype<Pointwise>(pointer);
  const start = item * op.chunk;
  const end = min(start + op.chunk, op.count);
  const channels = op.blocks * 8;
  for (let region: u32 = 0; region < op.regions; region++) {
    const map = op.maps + ((region * op.count) << 2);
    const sums = op.partials + (((item * op.regions + region) * (channels + 1)) << 3);
    let bias: f64 = 0;
    for (let n = start; n < end; n++) bias += load<f32>(map + (n << 2));
    store<f64>(sums + (channels << 3), bias);
    for (let b: u32 = 0; b < op.blocks; b++) {
      const volume = op.volume + b * op.block;
      let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let n = start; n < end; n++) {
        const voxel = volume + load<usize>(op.positions + (n << 2));
        const g = f64x2.splat(load<f32>(map + (n << 2)));
        s0 = f64x2.add(s0, f64x2.mul(g, f64x2.promote_low_f32x4(v128.load64_zero(voxel))));
        s1 = f64x2.add(s1, f64x2.mul(g, f64x2.promote_low_f32x4(v128.load64_zero(voxel, 8))));
        s2 = f64x2.add(s2, f64x2.mul(g, f64x2.promote_low_f32x4(v128.load64_zero(voxel, 16))));
        s3 = f64x2.add(s3, f64x2.mul(g, f64x2.promote_low_f32x4(v128.load64_zero(voxel, 24))));
      }
      v128.store(sums + (b << 6), s0);
      v128.store(sums + (b << 6), s1, 16);
      v128.store(sums + (b << 6), s2, 32);
      v128.store(sums + (b << 6), s3, 48);
    }
  }
}

@unmanaged
class PointwiseReduction extends Operation {
  partials: usize;
  slabs: u32;
  regions: u32;
  channels: u32;
  /** Added to: (regions, channels) and (regions). */
  weightGradient: usize;
  biasGradient: usize;
}

/** Adds the slabs' sums to the gradients. One item: one region. */
export function reducePointwise(pointer: usize, region: u32): void {
  const op = changetype<PointwiseReduction>(pointer);
  const length = op.channels + 1;
  for (let c: u32 = 0; c < length; c++) {
    let sum: f64 = 0;
    for (let slab: u32 = 0; slab < op.slabs; slab++) {
      sum += load<f64>(op.partials + (((slab * op.regions + region) * length + c) << 3));
    }
    const target =
      c < op.channels ? op.weightGradient + ((region * op.channels + c) << 2) : op.biasGradient + (region << 2);
    store<f32>(target, <f32>(<f64>load<f32>(target) + sum));
  }
}
