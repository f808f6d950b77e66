import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/training/random.js';
import { cutPatch, drawMatrix } from '../../src/training/spatial.js';
import { volumeOf } from './volumes.js';

const RULES = {
  flip: [0.5, 0.5, 0.5],
  rotationChance: 1,
  rotationDegrees: 30,
  scaleChance: 1,
  scale: 0.2,
} as const;
const SPACING = [1.9, 1.9, 1.2] as const;
const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const at = (d: number, h: number, w: number) => 100 + 3 * d + 5 * h + 7 * w;

describe('cutting a patch', () => {
  it('without a change copies voxels; beyond a whole case is known air', () => {
    const volume = volumeOf([4, 5, 6], at, { label: (d) => d });
    const patch = cutPatch(volume, { start: [-1, 2, 1], shape: [4, 4, 4] });
    for (let d = 0, v = 0; d < 4; d++) {
      for (let h = 0; h < 4; h++) {
        for (let w = 0; w < 4; w++, v++) {
          const inside = d >= 1 && h < 3;
          expect(patch.images[0]![v]).toBe(inside ? at(d - 1, h + 2, w + 1) : 0);
          expect(patch.labels[v]).toBe(inside ? d - 1 : 0);
        }
      }
    }
    expect(patch.images[1]).toBeNull();
    expect(patch.known).toBeNull();
  });

  it('beyond the known box of a cut-out nothing is known', () => {
    const volume = volumeOf([4, 4, 4], at, { known: { start: [0, 0, 1], end: [4, 4, 3] } });
    const { known } = cutPatch(volume, { start: [2, 0, 0], shape: [4, 4, 4] });
    const expected = volumeOf([4, 4, 4], (d, _, w) => (d < 2 && (w === 1 || w === 2) ? 1 : 0)).images[0]!;
    expect([...known!]).toEqual([...expected]);
  });

  it('a flip reverses an axis exactly, images and labels alike', () => {
    const volume = volumeOf([4, 4, 4], at, { label: (_, h) => h });
    const patch = cutPatch(volume, { start: [0, 0, 0], shape: [4, 4, 4] }, [1, 0, 0, 0, -1, 0, 0, 0, 1]);
    const expected = volumeOf([4, 4, 4], (d, h, w) => at(d, 3 - h, w), { label: (_, h) => 3 - h });
    expect(patch.images[0]).toEqual(expected.images[0]);
    expect(patch.labels).toEqual(expected.labels);
  });

  it('any matrix samples a linear image exactly where it should, in all modalities', () => {
    const volume = volumeOf([20, 20, 20], at, { spacing: SPACING });
    const matrix = drawMatrix(RULES, SPACING, randomStream(3));
    const patch = cutPatch(volume, { start: [6, 6, 6], shape: [8, 8, 8] }, matrix);
    for (let d = 0, v = 0; d < 8; d++) {
      for (let h = 0; h < 8; h++) {
        for (let w = 0; w < 8; w++, v++) {
          const offset = [d - 3.5, h - 3.5, w - 3.5];
          const [x, y, z] = [0, 1, 2].map(
            (row) => 9.5 + offset.reduce((sum, value, column) => sum + matrix[3 * row + column] * value, 0),
          );
          expect(Math.abs(patch.images[0]![v] - at(x, y, z))).toBeLessThan(1e-3);
        }
      }
    }
    expect(patch.images[3]).toEqual(patch.images[0]);
  });

  it('does not mix tissue with air: a voxel mostly in air is air', () => {
    const volume = volumeOf([4, 4, 4], (d) => (d < 2 ? 10 : 0));
    const half = [0.5, 0, 0, 0, 1, 0, 0, 0, 1];
    const patch = cutPatch(volume, { start: [0, 0, 0], shape: [4, 4, 4] }, half);
    // Source positions 0.75, 1.25, 1.75, 2.25 along the first axis: weights on tissue 1, 0.75, 0.25, 0.
    expect([0, 16, 32, 48].map((v) => patch.images[0]![v])).toEqual([10, 7.5, 0, 0]);
  });
});

describe('random matrices', () => {
  it('are rotations, flips and one scale in mm', () => {
    for (let seed = 0; seed < 20; seed++) {
      const matrix = drawMatrix(RULES, SPACING, randomStream(seed));
      const inMm = matrix.map((value, i) => (value * SPACING[Math.floor(i / 3)]) / SPACING[i % 3]);
      const dot = (a: number, b: number) =>
        [0, 1, 2].reduce((sum, k) => sum + inMm[3 * a + k] * inMm[3 * b + k], 0);
      const scale = Math.sqrt(dot(0, 0));
      expect(scale).toBeGreaterThan(1 / 1.2 - 1e-9);
      expect(scale).toBeLessThan(1.2 + 1e-9);
      expect(dot(1, 1)).toBeCloseTo(scale ** 2, 9);
      expect(dot(2, 2)).toBeCloseTo(scale ** 2, 9);
      for (const [a, b] of [
        [0, 1],
        [1, 2],
        [0, 2],
      ]) {
        expect(dot(a, b)).toBeCloseTo(0, 9);
      }
    }
  });

  it('differ from draw to draw, flip about as often as asked, and are the identity when nothing is asked', () => {
    const none = {
      flip: [0, 0, 0],
      rotationChance: 0,
      rotationDegrees: 30,
      scaleChance: 0,
      scale: 0.2,
    } as const;
    expect(drawMatrix(none, SPACING, randomStream(1))).toEqual(IDENTITY);
    const onlyFlips = { ...none, flip: [0.5, 0.5, 0.5] } as const;
    const flipped = Array.from(
      { length: 400 },
      (_, seed) => drawMatrix(onlyFlips, SPACING, randomStream(seed))[4] < 0,
    );
    expect(Math.abs(flipped.filter(Boolean).length - 200)).toBeLessThan(50);
  });
});
