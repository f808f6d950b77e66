import { describe, expect, it } from 'vitest';
import { blur, changeIntensities, type IntensityRules } from '../../src/training/intensity.js';
import { randomStream } from '../../src/training/random.js';

const SHAPE = [16, 16, 16] as const;
const OFF: IntensityRules = {
  contrast: { chance: 0, gain: 0.3, offset: 0.2 },
  gamma: { chance: 0, strength: 0.5 },
  noise: { chance: 0, deviation: 0.5 },
  blur: { chance: 0, deviation: 1.5 },
  bias: { chance: 0, strength: 0.3 },
  missingSlices: { chance: 0, slices: 3 },
};
const only = (rule: keyof IntensityRules): IntensityRules => ({
  ...OFF,
  [rule]: { ...OFF[rule], chance: 1 },
});

/** Half air, half values from a normal distribution. */
function example(): Float32Array {
  const random = randomStream(4);
  return Float32Array.from({ length: 16 ** 3 }, (_, v) => (v % 2 === 0 ? 0 : random.normal()));
}

function changed(rules: IntensityRules, seed: number): { before: Float32Array; after: Float32Array } {
  const before = example();
  const after = before.slice();
  changeIntensities(after, SHAPE, rules, randomStream(seed));
  return { before, after };
}

const tissue = (image: Float32Array) => [...image].filter((_, v) => v % 2 === 1);
const everySeed = Array.from({ length: 10 }, (_, seed) => seed);

describe('intensity changes', () => {
  it.each(Object.keys(OFF) as (keyof IntensityRules)[])(
    '%s: air stays 0, tissue changes, the seed decides',
    (rule) => {
      const { before, after } = changed(only(rule), 1);
      expect(after.some((value, v) => v % 2 === 0 && value !== 0)).toBe(false);
      expect(after).not.toEqual(before);
      expect(changed(only(rule), 1).after).toEqual(after);
      expect(changed(only(rule), 2).after).not.toEqual(after);
      expect(changed(OFF, 1).after).toEqual(before);
    },
  );

  it('contrast is linear within its bounds', () => {
    for (const seed of everySeed) {
      const { before, after } = changed(only('contrast'), seed);
      const gain = (after[3] - after[1]) / (before[3] - before[1]);
      const offset = after[1] - gain * before[1];
      expect(Math.abs(gain - 1)).toBeLessThanOrEqual(0.3 + 1e-5);
      expect(Math.abs(offset)).toBeLessThanOrEqual(0.2 + 1e-5);
      const found = tissue(after);
      const worst = Math.max(...tissue(before).map((value, i) => Math.abs(found[i] - gain * value - offset)));
      expect(worst).toBeLessThan(1e-3);
    }
  });

  it('gamma keeps the extremes and the order', () => {
    const { before, after } = changed(only('gamma'), 5);
    expect(Math.min(...after)).toBeCloseTo(Math.min(...before), 5);
    expect(Math.max(...after)).toBeCloseTo(Math.max(...before), 5);
    const order = (values: number[]) => values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
    expect(order(tissue(after))).toEqual(order(tissue(before)));
  });

  it('noise has mean 0 and at most the deviation asked for', () => {
    for (const seed of everySeed) {
      const { before, after } = changed(only('noise'), seed);
      const clean = tissue(before);
      const added = tissue(after).map((value, i) => value - clean[i]);
      const mean = added.reduce((sum, x) => sum + x, 0) / added.length;
      const deviation = Math.sqrt(added.reduce((sum, x) => sum + (x - mean) ** 2, 0) / added.length);
      expect(Math.abs(mean)).toBeLessThan(0.05);
      expect(deviation).toBeLessThan(0.5 * 1.05);
    }
  });

  it('the bias field is a smooth gain about the scanner’s zero, within its strength', () => {
    for (const seed of everySeed) {
      const { before, after } = changed(only('bias'), seed);
      const field = (v: number) => (after[v] - before[v]) / (before[v] + 3);
      for (let v = 1; v < before.length; v += 2) {
        if (Math.abs(before[v] + 3) < 0.5) continue;
        expect(Math.abs(field(v))).toBeLessThanOrEqual(0.3 + 1e-4);
        if (v % 16 < 13) expect(Math.abs(field(v + 2) - field(v))).toBeLessThan(0.15);
      }
    }
  });

  it('missing slices are whole, next to each other, and at most as many as asked', () => {
    for (const seed of everySeed) {
      const { after } = changed(only('missingSlices'), seed);
      const strides = [256, 16, 1];
      const lost = strides.map((stride) =>
        Array.from({ length: 16 }, (_, slice) => slice).filter((slice) =>
          after.every((value, v) => v % 2 === 0 || Math.floor(v / stride) % 16 !== slice || value === 0),
        ),
      );
      // Along w every second slice is air in the example itself.
      const slices =
        lost[0].length > 0 ? lost[0] : lost[1].length > 0 ? lost[1] : lost[2].filter((s) => s % 2 === 1);
      expect(slices.length).toBeLessThanOrEqual(3);
      expect(Math.max(...slices) - Math.min(...slices)).toBeLessThan(3);
    }
  });
});

describe('blur', () => {
  it('keeps a constant and the air around it', () => {
    const image = Float32Array.from({ length: 16 ** 3 }, (_, v) => (v % 16 < 5 ? 0 : 2));
    const before = image.slice();
    blur(image, SHAPE, 1.2);
    image.forEach((value, v) => {
      expect(value).toBeCloseTo(before[v], 5);
    });
  });

  it('spreads a point as a Gaussian', () => {
    const image = new Float32Array(16 ** 3).fill(1e-30);
    const centre = 8 + 16 * (8 + 16 * 8);
    image[centre] = 1;
    blur(image, SHAPE, 1);
    expect(image[centre + 1] / image[centre]).toBeCloseTo(Math.exp(-0.5), 5);
    expect(image[centre + 16 * 2] / image[centre]).toBeCloseTo(Math.exp(-2), 5);
    expect(image.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 2);
  });
});
