import { describe, expect, it } from 'vitest';
import { Adam, clipToNorm, updateAverage } from '../../src/training/optimiser.js';

describe('Adam', () => {
  it('with a constant gradient every step has the length of the learning rate', () => {
    const adam = new Adam(2);
    const parameters = Float32Array.of(1, -1);
    for (let step = 1; step <= 5; step++) {
      adam.step(parameters, Float32Array.of(0.3, -20), 0.01);
      expect(parameters[0]).toBeCloseTo(1 - 0.01 * step, 6);
      expect(parameters[1]).toBeCloseTo(-1 + 0.01 * step, 6);
    }
  });

  it('follows the published recursion for changing gradients', () => {
    const gradients = [0.5, -0.1, 0.2];
    const adam = new Adam(1);
    const parameters = Float32Array.of(0.7);
    let [expected, first, second] = [0.7, 0, 0];
    gradients.forEach((g, i) => {
      adam.step(parameters, Float32Array.of(g), 0.05);
      first = 0.9 * first + 0.1 * g;
      second = 0.999 * second + 0.001 * g * g;
      const [m, v] = [first / (1 - 0.9 ** (i + 1)), second / (1 - 0.999 ** (i + 1))];
      expected -= (0.05 * m) / (Math.sqrt(v) + 1e-8);
      expect(parameters[0]).toBeCloseTo(expected, 6);
    });
  });

  it('weight decay pulls towards 0 as an L2 penalty in the gradient', () => {
    const decayed = new Adam(1, { weightDecay: 0.1 });
    const plain = new Adam(1);
    const [a, b] = [Float32Array.of(2), Float32Array.of(2)];
    decayed.step(a, Float32Array.of(-0.5), 0.01);
    plain.step(b, Float32Array.of(-0.5 + 0.1 * 2), 0.01);
    expect(a[0]).toBe(b[0]);
  });

  it('AdamW shrinks what is to be decayed beside the step, and nothing else', () => {
    const decoupled = new Adam(2, { weightDecay: 0.1, decoupled: Uint8Array.of(1, 0) });
    const plain = new Adam(2);
    const [a, b] = [Float32Array.of(2, 2), Float32Array.of(2, 2)];
    decoupled.step(a, Float32Array.of(-0.5, -0.5), 0.01);
    plain.step(b, Float32Array.of(-0.5, -0.5), 0.01);
    expect(a[0]).toBeCloseTo(b[0] - 0.01 * 0.1 * 2, 6);
    expect(a[1]).toBe(b[1]);
    expect(decoupled.firstMoment[0]).toBe(plain.firstMoment[0]);
  });

  it('leaves a parameter alone whose gradient has always been 0', () => {
    const adam = new Adam(1);
    const parameters = Float32Array.of(3);
    adam.step(parameters, Float32Array.of(0), 0.01);
    expect(parameters[0]).toBe(3);
  });
});

describe('clipping', () => {
  it('scales a gradient down to the largest norm, and leaves a smaller one', () => {
    const [large, small] = [Float32Array.of(3, -4), Float32Array.of(0.3, 0.4)];
    expect(clipToNorm(large, 1)).toBe(5);
    expect([...large]).toEqual([3 / 5, -4 / 5].map(Math.fround));
    clipToNorm(small, 1);
    expect([...small]).toEqual([0.3, 0.4].map(Math.fround));
  });
});

describe('the running mean', () => {
  it('follows by its decay, faster at first', () => {
    const average = Float32Array.of(0);
    updateAverage(average, Float32Array.of(1), 0.9, 1);
    expect(average[0]).toBeCloseTo(1 - 2 / 11, 6);
    updateAverage(average, Float32Array.of(2), 0.9, 1000);
    expect(average[0]).toBeCloseTo(0.9 * (9 / 11) + 0.1 * 2, 6);
  });
});
