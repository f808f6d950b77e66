import { describe, expect, it } from 'vitest';
import { initialiseParameters } from '../../src/network/initialise.js';
import { buildLayers } from '../../src/network/layers.js';
import { parameterSpecs } from '../../src/network/parameters.js';

const layers = buildLayers(0.5);
const specs = parameterSpecs(layers, 4);
const flat = initialiseParameters(layers, 4, 11);
const weights = specs.filter(({ shape }) => shape.length === 5);
const of = ({ offset, length }: { offset: number; length: number }) => flat.subarray(offset, offset + length);

describe('He initialisation', () => {
  it('gives each convolution variance 2 / fan-in and mean 0, within five standard errors', () => {
    expect(weights.length).toBe(19);
    for (const spec of weights) {
      const values = of(spec);
      const [, inChannels, kernel] = spec.shape;
      const variance = 2 / (inChannels * kernel ** 3);
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      const square = values.reduce((sum, x) => sum + x * x, 0) / values.length;
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / values.length));
      expect(Math.abs(square / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
    }
  });

  it('is normal: shares beyond 1, 2 and 3 deviations, fourth moment 3, neighbours uncorrelated', () => {
    const largest = weights.reduce((a, b) => (a.length > b.length ? a : b));
    const deviation = Math.sqrt(2 / (largest.length / largest.shape[0]));
    const z = Array.from(of(largest), (x) => x / deviation);
    const n = z.length;
    const share = (limit: number) => z.filter((x) => Math.abs(x) > limit).length / n;
    expect(n).toBeGreaterThan(400_000);
    expect(share(1)).toBeCloseTo(0.3173, 2);
    expect(share(2)).toBeCloseTo(0.0455, 2);
    expect(share(3)).toBeCloseTo(0.0027, 3);
    expect(Math.abs(z.reduce((sum, x) => sum + x ** 4, 0) / n - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    const correlation = z.slice(1).reduce((sum, x, i) => sum + x * z[i], 0) / n;
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
  });

  it('sets biases and shifts to 0 and scales to 1', () => {
    for (const spec of specs.filter(({ shape }) => shape.length === 1)) {
      const scale = spec.modality !== null && spec.name.endsWith('.weight');
      expect(new Set(of(spec))).toEqual(new Set([scale ? 1 : 0]));
    }
  });

  it('depends on the seed and on nothing else', () => {
    const bytes = (seed: number) => Buffer.from(initialiseParameters(layers, 4, seed).buffer);
    expect(bytes(11).equals(Buffer.from(flat.buffer))).toBe(true);
    expect(bytes(12).equals(bytes(11))).toBe(false);
  });
});
