import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type Size, voxelCount } from '../../src/volume/volume.js';

/** Uniform numbers in [0, 1). */
export type Uniform = () => number;

/** The stream of a seed, the same on every machine. */
export function seededUniform(seed: number): Uniform {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat32(generator);
}

/** `count` numbers of the standard normal distribution (Box-Muller). */
export function gaussianNoise(count: number, uniform: Uniform): Float32Array {
  const noise = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    noise[i] = radius * Math.cos(angle);
    if (i + 1 < count) noise[i + 1] = radius * Math.sin(angle);
  }
  return noise;
}

/**
 * A smooth random field of mean 0 and standard deviation 1: Gaussian numbers on a lattice `spacing` voxels wide,
 * joined by cubic B-splines. x is fastest, as in every Volume.
 */
export function smoothNoise(size: Size, spacing: number, uniform: Uniform): Float32Array {
  const lattice: [number, number, number] = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) lattice[axis] = Math.ceil((size[axis] - 1) / spacing) + 4;
  let field = gaussianNoise(voxelCount(lattice), uniform);
  let current = lattice;
  for (let axis = 0; axis < 3; axis++) {
    field = splineAlong(field, current, axis, size[axis], spacing, uniform());
    current = current.map((n, a) => (a === axis ? size[axis] : n)) as [number, number, number];
  }
  return standardised(field);
}

function splineAlong(
  field: Float32Array,
  size: Size,
  axis: number,
  length: number,
  spacing: number,
  shift: number,
): Float32Array {
  const inner = size.slice(0, axis).reduce((a, b) => a * b, 1);
  const outer = size.slice(axis + 1).reduce((a, b) => a * b, 1);
  const out = new Float32Array(inner * length * outer);
  for (let n = 0; n < length; n++) {
    const position = n / spacing + shift;
    const cell = Math.floor(position);
    const [w0, w1, w2, w3] = cubicWeights(position - cell);
    for (let o = 0; o < outer; o++) {
      const from = (o * size[axis] + cell) * inner;
      const to = (o * length + n) * inner;
      for (let i = 0; i < inner; i++) {
        const f = from + i;
        out[to + i] =
          w0 * field[f] + w1 * field[f + inner] + w2 * field[f + 2 * inner] + w3 * field[f + 3 * inner];
      }
    }
  }
  return out;
}

function cubicWeights(t: number): [number, number, number, number] {
  const s = 1 - t;
  return [s ** 3 / 6, (3 * t ** 3 - 6 * t ** 2 + 4) / 6, (3 * s ** 3 - 6 * s ** 2 + 4) / 6, t ** 3 / 6];
}

/** The field moved and scaled, in place, to mean 0 and standard deviation 1. */
export function standardised(field: Float32Array): Float32Array {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < field.length; i++) {
    sum += field[i];
    squares += field[i] * field[i];
  }
  const mean = sum / field.length;
  const spread = Math.sqrt(squares / field.length - mean * mean);
  for (let i = 0; i < field.length; i++) field[i] = (field[i] - mean) / spread;
  return field;
}
