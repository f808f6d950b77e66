import { madd } from './simd';

/**
 * Twelve independent chains of multiply-adds of four lanes: 96 operations a round. What this build can do at
 * most on this machine; the bench compares the kernels with it.
 */
export function peak(rounds: u32, factor: f32): f32 {
  const f = f32x4.splat(factor);
  let a = f, b = f, c = f, d = f, e = f, g = f, h = f, i = f, j = f, k = f, l = f, m = f;
  for (let n: u32 = 0; n < rounds; n++) {
    a = madd(f, f, a);
    b = madd(f, f, b);
    c = madd(f, f, c);
    d = madd(f, f, d);
    e = madd(f, f, e);
    g = madd(f, f, g);
    h = madd(f, f, h);
    i = madd(f, f, i);
    j = madd(f, f, j);
    k = madd(f, f, k);
    l = madd(f, f, l);
    m = madd(f, f, m);
  }
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, g), f32x4.add(h, i)));
  a = f32x4.add(a, f32x4.add(f32x4.add(j, k), f32x4.add(l, m)));
  return f32x4.extract_lane(a, 0);
}
