import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { maxPoolGradient, normaliseGradient } from '../../../src/engine/tensorflow/gradients.js';
import {
  maxPool,
  normalise,
  type Sides,
  upsample,
  upsampleTransposed,
} from '../../../src/engine/tensorflow/operations.js';
import { randomStream } from '../../../src/training/random.js';

beforeAll(() => {
  tf.enableProdMode();
  return tf.setBackend('cpu');
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** (voxels, channels) from a function of position and channel. */
function rows([d, h, w]: Sides, channels: number, f: (z: number, y: number, x: number, c: number) => number) {
  const values: number[] = [];
  for (let z = 0; z < d; z++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) for (let c = 0; c < channels; c++) values.push(f(z, y, x, c));
  return tf.tensor2d(values, [d * h * w, channels]);
}

function normalRows(voxels: number, channels: number, seed: number) {
  const random = randomStream(seed);
  return tf.tensor2d(
    Float32Array.from({ length: voxels * channels }, () => random.normal()),
    [voxels, channels],
  );
}

const dot = (a: tf.Tensor, b: tf.Tensor): number => tf.sum(tf.mul(a, b)).arraySync() as number;

function expectClose(found: tf.Tensor, expected: tf.Tensor, tolerance: number): void {
  expect(found.shape).toEqual(expected.shape);
  expect(tf.max(tf.abs(tf.sub(found, expected))).arraySync() as number).toBeLessThan(tolerance);
}

describe('upsample', () => {
  it('keeps the corners and reproduces a function that is linear along each axis', () => {
    const sides: Sides = [2, 3, 5];
    const f = (z: number, y: number, x: number, c: number) => (1 + z) * (2 - y) * (3 + x) + 10 * c;
    const found = upsample(rows(sides, 2, f), sides);
    const expected = rows([4, 6, 10], 2, (z, y, x, c) => f(z / 3, (y * 2) / 5, (x * 4) / 9, c));
    expectClose(found, expected, 1e-4);
  });

  it('repeats a single voxel', () => {
    expectClose(
      upsample(tf.tensor2d([[3, -1]]), [1, 1, 1]),
      rows([2, 2, 2], 2, (_z, _y, _x, c) => [3, -1][c]),
      1e-6,
    );
  });

  it('has the stated transpose: ⟨Ux, y⟩ = ⟨x, Uᵀy⟩', () => {
    const sides: Sides = [2, 3, 4];
    const x = normalRows(24, 3, 1);
    const y = normalRows(192, 3, 2);
    expect(dot(upsample(x, sides), y)).toBeCloseTo(dot(x, upsampleTransposed(y, sides)), 3);
  });
});

describe('maxPool', () => {
  const sides: Sides = [2, 4, 2];

  it('takes the maximum of each block of eight', () => {
    const x = rows(sides, 1, (z, y, x) => z + 10 * y - x);
    expectClose(maxPool(x, sides), tf.tensor2d([[11], [31]]), 1e-6);
  });

  it('sends the cotangent to where the maximum was', () => {
    const x = rows(sides, 1, (z, y, x) => z + 10 * y - x);
    const { inputs } = maxPoolGradient(tf.tensor2d([[5], [7]]), x, maxPool(x, sides), sides);
    const expected = rows(sides, 1, (z, y, x) => (z === 1 && x === 0 ? [0, 5, 0, 7][y] : 0));
    expectClose(inputs[0], expected, 1e-6);
  });
});

describe('normalise', () => {
  const groups = 2;
  let scale: tf.Tensor1D;
  beforeEach(() => {
    scale = tf.tensor1d([1.5, -0.5, 2, 0.7]);
  });
  const run = (x: tf.Tensor2D, w: tf.Tensor1D, b: tf.Tensor1D) => normalise(x, groups, 1e-5, w, b);

  it('gives each group mean 0 and variance 1, then scale, shift and ReLU', () => {
    const x = tf.tensor2d([
      [1, 3, 10, 10],
      [5, 7, 30, 10],
    ]);
    // group 1: 1 3 5 7, mean 4, variance 5; group 2: 10 10 30 10, mean 15, variance 75
    const deviations = [Math.sqrt(5 + 1e-5), Math.sqrt(75 + 1e-5)];
    const expected = [
      [-3, -1, -5, -5],
      [1, 3, 15, -5],
    ].map((row) =>
      row.map((value, c) => {
        const [w, b] = [
          [1.5, 0.1],
          [-0.5, 0.2],
          [2, -0.3],
          [0.7, 0.4],
        ][c];
        return Math.max(0, (value / deviations[c < 2 ? 0 : 1]) * w + b);
      }),
    );
    expectClose(run(x, scale, tf.tensor1d([0.1, 0.2, -0.3, 0.4])).output, tf.tensor2d(expected), 1e-5);
  });

  it('has the gradient that finite differences give, on both sides of the ReLU', () => {
    const away = tf.tensor1d([8, 8, -8, 8]); // far from the kink: the third channel is off, the others are on
    const x = normalRows(30, 4, 5);
    const cotangent = normalRows(30, 4, 6);
    const { output, statistics } = run(x, scale, away);
    const gradient = normaliseGradient(cotangent, x, output, groups, scale, statistics);
    const [byInput, byScale, byShift] = [normalRows(30, 4, 7), channels(8), channels(9)];
    const along = (h: number): number[] =>
      [
        run(moved(x, byInput, h), scale, away),
        run(x, moved(scale, byScale, h), away),
        run(x, scale, moved(away, byShift, h)),
      ].map((result) => dot(result.output, cotangent));
    const step = 1e-2;
    const [up, down] = [along(step), along(-step)];
    const found = [...gradient.inputs, ...gradient.parameters];
    [byInput, byScale, byShift].forEach((direction, i) => {
      expect(dot(found[i], direction)).toBeCloseTo((up[i] - down[i]) / (2 * step), 2);
    });
  });

  const channels = (seed: number): tf.Tensor1D => tf.reshape(normalRows(1, 4, seed), [4]);
  const moved = <T extends tf.Tensor>(x: T, direction: T, h: number): T =>
    tf.add(x, tf.mul(direction, h)) as T;
});
