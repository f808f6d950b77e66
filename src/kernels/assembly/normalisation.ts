import { GridOperation, Operation, VOXEL } from './descriptor';
import { high, low, madd } from './simd';

/** Per-channel arrays of floats behind `statistics`, one after the other. */
// @ts-ignore: decorator
@inline
const MEAN: u32 = 0;
// @ts-ignore: decorator
@inline
const INVERSE_DEVIATION: u32 = 1;
// @ts-ignore: decorator
@inline
const SCALE: u32 = 2;
// @ts-ignore: decorator
@inline
const SHIFT: u32 = 3;

@unmanaged
class Normalisation extends GridOperation {
  input: usize;
  /** Output of the forward pass; in the backward pass the gradient with respect to it, replaced by the input's. */
  output: usize;
  /** (4, channels): mean, 1/deviation, scale and shift: y = max(0, scale·x + shift). */
  statistics: usize;
  /** (3, channels): the input's gradient is c0·g + c1·x + c2, g being the output's where y > 0. */
  coefficients: usize;
  /** Doubles: sums of each item. */
  partials: usize;
  channels: u32;
}

/** Σx and Σx² of one plane of one block (the item), as 16 doubles. */
export function sumPlane(pointer: usize, item: u32): void {
  const op = changetype<Normalisation>(pointer);
  let line = op.input + (item / op.depth) * op.block + ((item % op.depth) + 1) * op.plane + op.row + VOXEL;
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let q0 = s0, q1 = s0, q2 = s0, q3 = s0;
  for (let h: u32 = 0; h < op.height; h++) {
    const end = line + op.width * VOXEL;
    for (let x = line; x < end; x += VOXEL) {
      const v0 = f64x2.promote_low_f32x4(v128.load64_zero(x));
      const v1 = f64x2.promote_low_f32x4(v128.load64_zero(x, 8));
      const v2 = f64x2.promote_low_f32x4(v128.load64_zero(x, 16));
      const v3 = f64x2.promote_low_f32x4(v128.load64_zero(x, 24));
      s0 = f64x2.add(s0, v0);
      s1 = f64x2.add(s1, v1);
      s2 = f64x2.add(s2, v2);
      s3 = f64x2.add(s3, v3);
      q0 = f64x2.add(q0, f64x2.mul(v0, v0));
      q1 = f64x2.add(q1, f64x2.mul(v1, v1));
      q2 = f64x2.add(q2, f64x2.mul(v2, v2));
      q3 = f64x2.add(q3, f64x2.mul(v3, v3));
    }
    line += op.row;
  }
  const sums = op.partials + (item << 7);
  store4(sums, s0, s1, s2, s3);
  store4(sums + 64, q0, q1, q2, q3);
}

// @ts-ignore: decorator
@inline
function store4(pointer: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(pointer, a);
  v128.store(pointer, b, 16);
  v128.store(pointer, c, 32);
  v128.store(pointer, d, 48);
}

@unmanaged
class GroupStatistics extends Operation {
  /** (blocks, depth, 2, 8) doubles from `sumPlane` or `sumGradientPlane`. */
  partials: usize;
  depth: u32;
  channels: u32;
  /** Channels per group, and voxels per channel. */
  groupChannels: u32;
  voxels: u32;
  epsilon: f32;
  weight: usize;
  bias: usize;
  statistics: usize;
  coefficients: usize;
  weightGradient: usize;
  biasGradient: usize;
}

/** One channel's sum over planes of the first (`which` 0) or second (1) quantity. */
function channelSum(op: GroupStatistics, channel: u32, which: u32): f64 {
  let at = op.partials + (((channel >> 3) * op.depth) << 7) + (which << 6) + ((channel & 7) << 3);
  let sum: f64 = 0;
  for (let d: u32 = 0; d < op.depth; d++) {
    sum += load<f64>(at);
    at += 128;
  }
  return sum;
}

/** GroupNorm's mean and deviation over group and volume, and with them y = scale·x + shift. One item: one group. */
export function normalisationStatistics(pointer: usize, group: u32): void {
  const op = changetype<GroupStatistics>(pointer);
  const first = group * op.groupChannels;
  let sum: f64 = 0;
  let squares: f64 = 0;
  for (let c = first; c < first + op.groupChannels; c++) {
    sum += channelSum(op, c, 0);
    squares += channelSum(op, c, 1);
  }
  const terms = <f64>op.groupChannels * op.voxels;
  const mean = sum / terms;
  const inverse = 1 / sqrt(max(squares / terms - mean * mean, 0) + op.epsilon);
  for (let c = first; c < first + op.groupChannels; c++) {
    const scale = load<f32>(op.weight + (c << 2)) * inverse;
    set(op.statistics, op.channels, MEAN, c, mean);
    set(op.statistics, op.channels, INVERSE_DEVIATION, c, inverse);
    set(op.statistics, op.channels, SCALE, c, scale);
    set(op.statistics, op.channels, SHIFT, c, load<f32>(op.bias + (c << 2)) - mean * scale);
  }
}

// @ts-ignore: decorator
@inline
function set(base: usize, channels: u32, array: u32, channel: u32, value: f64): void {
  store<f32>(base + ((array * channels + channel) << 2), <f32>value);
}

// @ts-ignore: decorator
@inline
function get(base: usize, channels: u32, array: u32, channel: u32): f64 {
  return load<f32>(base + ((array * channels + channel) << 2));
}

/**
 * scale·x + shift, rounded after the product in both builds, as the reference implementation does: where the sum
 * is within rounding of zero, fusing would let other voxels through the ReLU than there.
 */
// @ts-ignore: decorator
@inline
function affine(x: v128, scale: v128, shift: v128): v128 {
  return f32x4.add(f32x4.mul(x, scale), shift);
}

/** y = max(0, scale·x + shift). One item: one plane of one block. */
export function normalise(pointer: usize, item: u32): void {
  const op = changetype<Normalisation>(pointer);
  const block = item / op.depth;
  const start = block * op.block + ((item % op.depth) + 1) * op.plane + op.row + VOXEL;
  const scale = op.statistics + ((SCALE * op.channels + block * 8) << 2);
  const shift = op.statistics + ((SHIFT * op.channels + block * 8) << 2);
  const scale0 = v128.load(scale), scale1 = v128.load(scale, 16);
  const shift0 = v128.load(shift), shift1 = v128.load(shift, 16);
  const zero = f32x4.splat(0);
  const toOutput = op.output - op.input;
  let line = op.input + start;
  for (let h: u32 = 0; h < op.height; h++) {
    const end = line + op.width * VOXEL;
    for (let x = line; x < end; x += VOXEL) {
      v128.store(x + toOutput, f32x4.max(affine(v128.load(x), scale0, shift0), zero));
      v128.store(x + toOutput, f32x4.max(affine(v128.load(x, 16), scale1, shift1), zero), 16);
    }
    line += op.row;
  }
}

/** Σg and Σg·x of one plane of one block (the item), g being the output's gradient where y > 0. */
export function sumGradientPlane(pointer: usize, item: u32): void {
  const op = changetype<Normalisation>(pointer);
  const block = item / op.depth;
  const start = block * op.block + ((item % op.depth) + 1) * op.plane + op.row + VOXEL;
  const scale = op.statistics + ((SCALE * op.channels + block * 8) << 2);
  const shift = op.statistics + ((SHIFT * op.channels + block * 8) << 2);
  const sums = op.partials + (item << 7);
  sumHalf(op, start, scale, shift, sums);
  sumHalf(op, start + 16, scale + 16, shift + 16, sums + 32);
}

function sumHalf(op: Normalisation, start: usize, scaleAt: usize, shiftAt: usize, sums: usize): void {
  const scale = v128.load(scaleAt);
  const shift = v128.load(shiftAt);
  const zero = f32x4.splat(0);
  const toGradient = op.output - op.input;
  let s0 = f64x2.splat(0), s1 = s0, q0 = s0, q1 = s0;
  let line = op.input + start;
  for (let h: u32 = 0; h < op.height; h++) {
    const end = line + op.width * VOXEL;
    for (let at = line; at < end; at += VOXEL) {
      const x = v128.load(at);
      const g = v128.and(v128.load(at + toGradient), f32x4.gt(affine(x, scale, shift), zero));
      const g0 = low(g);
      const g1 = high(g);
      s0 = f64x2.add(s0, g0);
      s1 = f64x2.add(s1, g1);
      q0 = f64x2.add(q0, f64x2.mul(g0, low(x)));
      q1 = f64x2.add(q1, f64x2.mul(g1, high(x)));
    }
    line += op.row;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, q0, 64);
  v128.store(sums, q1, 80);
}

/** Adds to the gradients of GroupNorm's weight and bias, and finds the input gradient's coefficients. One item: one group. */
export function normalisationGradient(pointer: usize, group: u32): void {
  const op = changetype<GroupStatistics>(pointer);
  const first = group * op.groupChannels;
  const mean = get(op.statistics, op.channels, MEAN, first);
  const inverse = get(op.statistics, op.channels, INVERSE_DEVIATION, first);
  let plain: f64 = 0;
  let weighted: f64 = 0;
  for (let c = first; c < first + op.groupChannels; c++) {
    const biasGradient = channelSum(op, c, 0);
    const weightGradient = inverse * (channelSum(op, c, 1) - mean * biasGradient);
    const weight = <f64>load<f32>(op.weight + (c << 2));
    plain += weight * biasGradient;
    weighted += weight * weightGradient;
    const biasAt = op.biasGradient + (c << 2);
    const weightAt = op.weightGradient + (c << 2);
    store<f32>(biasAt, <f32>(<f64>load<f32>(biasAt) + biasGradient));
    store<f32>(weightAt, <f32>(<f64>load<f32>(weightAt) + weightGradient));
  }
  const terms = <f64>op.groupChannels * op.voxels;
  const slope = (-inverse * inverse * weighted) / terms;
  for (let c = first; c < first + op.groupChannels; c++) {
    set(op.coefficients, op.channels, 0, c, load<f32>(op.weight + (c << 2)) * inverse);
    set(op.coefficients, op.channels, 1, c, slope);
    set(op.coefficients, op.channels, 2, c, (-inverse * plain) / terms - slope * mean);
  }
}

/** Replaces the output's gradient by the input's and sums it (8 doubles): the bias of the convolution before. One item: one plane of one block. */
export function normaliseGradient(pointer: usize, item: u32): void {
  const op = changetype<Normalisation>(pointer);
  const block = item / op.depth;
  const start = block * op.block + ((item % op.depth) + 1) * op.plane + op.row + VOXEL;
  gradientHalf(op, start, block << 5, op.partials + (item << 6));
  gradientHalf(op, start + 16, (block << 5) + 16, op.partials + (item << 6) + 32);
}

function gradientHalf(op: Normalisation, start: usize, channelBytes: usize, sums: usize): void {
  const array = op.channels << 2;
  const scale = v128.load(op.statistics + SCALE * array + channelBytes);
  const shift = v128.load(op.statistics + SHIFT * array + channelBytes);
  const c0 = v128.load(op.coefficients + channelBytes);
  const c1 = v128.load(op.coefficients + array + channelBytes);
  const c2 = v128.load(op.coefficients + 2 * array + channelBytes);
  const zero = f32x4.splat(0);
  const toGradient = op.output - op.input;
  let s0 = f64x2.splat(0), s1 = s0;
  let line = op.input + start;
  for (let h: u32 = 0; h < op.height; h++) {
    const end = line + op.width * VOXEL;
    for (let at = line; at < end; at += VOXEL) {
      const x = v128.load(at);
      const g = v128.and(v128.load(at + toGradient), f32x4.gt(affine(x, scale, shift), zero));
      const result = madd(g, c0, madd(x, c1, c2));
      v128.store(at + toGradient, result);
      s0 = f64x2.add(s0, low(result));
      s1 = f64x2.add(s1, high(result));
    }
    line += op.row;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
}

@unmanaged
class ChannelReduction extends Operation {
  /** (blocks, depth, 8) doubles */
  partials: usize;
  depth: u32;
  /** (channels), added to. */
  gradient: usize;
}

/** Adds the planes' sums, in order, to a bias gradient. One item: one channel. */
export function reduceChannels(pointer: usize, channel: u32): void {
  const op = changetype<ChannelReduction>(pointer);
  let at = op.partials + (((channel >> 3) * op.depth) << 6) + ((channel & 7) << 3);
  let sum: f64 = 0;
  for (let d: u32 = 0; d < op.depth; d++) {
    sum += load<f64>(at);
    at += 64;
  }
  const target = op.gradient + (channel << 2);
  store<f32>(target, <f32>(<f64>load<f32>(target) + sum));
}
