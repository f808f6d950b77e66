import { Operation } from './descriptor';
import { high, low, madd } from './simd';

@unmanaged
class VectorOperation extends Operation {
  length: u32;
  /** Elements per item. */
  chunk: u32;
  x: usize;
  y: usize;
  /** Doubles, one per item (dot products). */
  partials: usize;
  factor: f32;
}

/** Σ x·y of one chunk (the item), in double precision. */
export function dotChunk(pointer: usize, item: u32): void {
  const op = changetype<VectorOperation>(pointer);
  const start = item * op.chunk;
  const end = min(start + op.chunk, op.length);
  const quads = start + ((end - start) & ~3);
  let a = f64x2.splat(0);
  let b = a;
  for (let n = start; n < quads; n += 4) {
    const x = v128.load(op.x + (n << 2));
    const y = v128.load(op.y + (n << 2));
    a = f64x2.add(a, f64x2.mul(low(x), low(y)));
    b = f64x2.add(b, f64x2.mul(high(x), high(y)));
  }
  const both = f64x2.add(a, b);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (let n = quads; n < end; n++) sum += <f64>load<f32>(op.x + (n << 2)) * <f64>load<f32>(op.y + (n << 2));
  store<f64>(op.partials + (item << 3), sum);
}

/** y ← factor·x + y of one chunk (the item). */
export function axpyChunk(pointer: usize, item: u32): void {
  const op = changetype<VectorOperation>(pointer);
  const start = item * op.chunk;
  const end = min(start + op.chunk, op.length);
  const quads = start + ((end - start) & ~3);
  const factor = f32x4.splat(op.factor);
  for (let n = start; n < quads; n += 4) {
    const at = op.y + (n << 2);
    v128.store(at, madd(v128.load(op.x + (n << 2)), factor, v128.load(at)));
  }
  for (let n = quads; n < end; n++) {
    const at = op.y + (n << 2);
    store<f32>(at, load<f32>(at) + op.factor * load<f32>(op.x + (n << 2)));
  }
}

@unmanaged
class AdamOperation extends Operation {
  length: u32;
  chunk: u32;
  parameters: usize;
  gradient: usize;
  first: usize;
  second: usize;
  /** Learning rate over the first moment's bias correction. */
  rate: f32;
  beta1: f32;
  beta2: f32;
  epsilon: f32;
  weightDecay: f32;
  /** 1/√(bias correction of the second moment). */
  inverseRoot: f32;
}

/** One Adam step of one chunk (the item). */
export function adamChunk(pointer: usize, item: u32): void {
  const op = changetype<AdamOperation>(pointer);
  const end = min((item + 1) * op.chunk, op.length) << 2;
  for (let n = (item * op.chunk) << 2; n < end; n += 4) {
    const parameter = load<f32>(op.parameters + n);
    const gradient = load<f32>(op.gradient + n) + op.weightDecay * parameter;
    const first = op.beta1 * load<f32>(op.first + n) + (1 - op.beta1) * gradient;
    const second = op.beta2 * load<f32>(op.second + n) + (1 - op.beta2) * gradient * gradient;
    store<f32>(op.first + n, first);
    store<f32>(op.second + n, second);
    store<f32>(op.parameters + n, parameter - (op.rate * first) / (sqrt(second) * op.inverseRoot + op.epsilon));
  }
}

@unmanaged
class Filling extends Operation {
  target: usize;
  bytes: u32;
  chunk: u32;
}

/** Sets one chunk of bytes (the item) to zero. */
export function clearChunk(pointer: usize, item: u32): void {
  const op = changetype<Filling>(pointer);
  const start = item * op.chunk;
  memory.fill(op.target + start, 0, min(op.chunk, op.bytes - start));
}
