import { Float16Array, f16round } from '@petamoriken/float16';
import { describe, expect, it } from 'vitest';
import { fromHalves, roundToHalf, toHalves } from '../src/halfPrecision.js';

const ALL = Uint16Array.from({ length: 2 ** 16 }, (_, n) => n);
/** By another's implementation of the proposal for ECMAScript. */
const VALUES = Float32Array.from(new Float16Array(ALL.buffer));

/** Every half-precision number, and in float32 the middle to the next, what lies beside either, and what lies far out. */
function hardCases(): Float32Array {
  const found: number[] = [0, -0, Number.NaN, 1e-40, -1e-40, 2 ** -149, 3.4e38, -3.4e38];
  const one = new Float32Array(1);
  const raw = new Uint32Array(one.buffer);
  for (const half of ALL) {
    const value = VALUES[half];
    const next = VALUES[(half + 1) & 0xffff];
    // The next after the largest would be 65,536.
    const middle = value + (Number.isFinite(next) ? next - value : Math.sign(value) * 32) / 2;
    for (const centre of [value, middle]) {
      found.push(centre);
      if (!Number.isFinite(centre)) continue;
      one[0] = centre;
      const there = raw[0];
      for (const step of [-1, 1]) {
        raw[0] = there + step;
        found.push(one[0]);
      }
    }
  }
  return Float32Array.from(found);
}

describe('half precision', () => {
  it('reads every number of 16 bits as another implementation does', () => {
    const values = fromHalves(ALL);
    expect(values.findIndex((value, at) => !Object.is(value, VALUES[at]))).toBe(-1);
  });

  it('rounds as another implementation does: all numbers, all ties, and what lies beside them', () => {
    const cases = hardCases();
    expect(cases.length).toBeGreaterThan(350_000);
    expect(cases.findIndex((value) => !Object.is(roundToHalf(value), f16round(value)))).toBe(-1);
    const wrong = toHalves(cases).findIndex((half, at) => !Object.is(VALUES[half], f16round(cases[at])));
    expect(wrong).toBe(-1);
  });
});
