/** Half precision (IEEE 754 binary16), of which Node knows nothing before version 24. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Below this, half-precision numbers are multiples of 2⁻²⁴. */
const SMALLEST_NORMAL = 2 ** -14;
const LARGEST = 65_504;

/** The half-precision number nearest to a float32, ties to even; infinite from ±65,520 on. */
export function roundToHalf(value: number): number {
  float[0] = value;
  const single = float[0];
  const size = Math.abs(single);
  if (size < SMALLEST_NORMAL) {
    // Float32 numbers from 0.5 to 1 are multiples of 2⁻²⁴ too.
    const rounded = Math.fround(size + 0.5) - 0.5;
    return bits[0] >>> 31 ? -rounded : rounded;
  }
  if (!Number.isFinite(single)) return single;
  // 13 of the 23 bits of the fraction go.
  bits[0] = (bits[0] + 0xfff + ((bits[0] >>> 13) & 1)) & 0xffffe000;
  return Math.abs(float[0]) > LARGEST ? Math.sign(single) * Number.POSITIVE_INFINITY : float[0];
}

/** The bits of float32 values rounded to half precision. */
export function toHalves(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = bitsOf(roundToHalf(values[i]));
  return halves;
}

/** @param value a half-precision number. */
function bitsOf(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  if (Number.isNaN(value)) return 0x7e00;
  const size = Math.abs(value);
  if (size < SMALLEST_NORMAL) return sign | (size * 2 ** 24);
  if (size > LARGEST) return sign | 0x7c00;
  // The exponent is counted from −15, not −127.
  return sign | (((bits[0] & 0x7fffffff) >>> 13) - (112 << 10));
}

let table: Float32Array | undefined;

/** The values of half-precision numbers, by their bits: looked up, since working each out takes twenty times as long. */
export function fromHalves(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => valueOfHalf(half));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = table[halves[i]];
  return values;
}

function valueOfHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
