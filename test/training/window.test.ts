import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/training/random.js';
import { drawWindow, type WindowRules, wholeWindow } from '../../src/training/window.js';
import { volumeOf } from './volumes.js';

const RULES: WindowRules = { side: 32, shift: 5, tumourShare: 0.5 };
const draws = (volume: Parameters<typeof drawWindow>[0], rules: WindowRules, count = 200) =>
  Array.from({ length: count }, (_, seed) => drawWindow(volume, rules, randomStream(seed)));

describe('windows', () => {
  it('show a cut-out whole, shifted both ways but no further than asked', () => {
    const volume = volumeOf([20, 32, 17], () => 1, { known: { start: [0, 0, 0], end: [20, 32, 17] } });
    const windows = draws(volume, RULES);
    expect(new Set(windows.map(({ shape }) => shape.join()))).toEqual(new Set(['32,32,32']));
    const range = (axis: number) => {
      const shifts = windows.map(({ start }) => start[axis]);
      return [Math.min(...shifts), Math.max(...shifts)];
    };
    expect([0, 1, 2].map(range)).toEqual([
      [-5, 5],
      [-5, 5],
      [-4, 4],
    ]);
    expect(wholeWindow(volume)).toEqual({ start: [0, 0, 0], shape: [32, 32, 32] });
  });

  it('lie inside a whole case, with air beyond only where it is smaller than the window', () => {
    const volume = volumeOf([60, 40, 20], () => 1);
    for (const { start, shape } of draws(volume, RULES)) {
      expect(shape).toEqual([32, 32, 32]);
      expect(start[0]).toBeGreaterThanOrEqual(0);
      expect(start[0]).toBeLessThanOrEqual(28);
      expect(start[1]).toBeLessThanOrEqual(8);
      expect(start[2]).toBeLessThanOrEqual(0);
      expect(start[2]).toBeGreaterThanOrEqual(-12);
    }
  });

  it('may begin in air before a whole case and end in air behind it, no further than the margin', () => {
    const volume = volumeOf([20, 30, 40], () => 1);
    const windows = draws(volume, { ...RULES, side: 96, margin: 5 });
    const begins = [0, 1, 2].map((axis) => windows.map(({ start }) => start[axis]));
    for (const starts of begins) expect(new Set(starts).size).toBeGreaterThan(4);
    for (const { start, shape } of windows) {
      start.forEach((first, axis) => {
        // Sides are multiples of 16; all of the case is in the window.
        expect(shape[axis] % 16).toBe(0);
        expect(first).toBeLessThanOrEqual(0);
        expect(first + shape[axis]).toBeGreaterThanOrEqual(volume.shape[axis]);
      });
    }
  });

  it('are centred on tumour as often as asked, else on any brain voxel', () => {
    // Tumour fills one far corner of the brain; a window elsewhere misses it.
    const inTumour = (d: number, h: number, w: number) => d > 58 && h > 58 && w > 58;
    const volume = volumeOf([64, 64, 64], (d) => (d >= 4 ? 1 : 0), {
      label: (d, h, w) => (inTumour(d, h, w) ? 2 : 0),
    });
    const seen = (share: number) =>
      draws(volume, { ...RULES, tumourShare: share }, 60).filter(({ start }) => start.every((s) => s === 32))
        .length;
    expect(seen(1)).toBe(60);
    expect(seen(0)).toBeLessThan(10);
    const half = seen(0.5);
    expect(half).toBeGreaterThan(15);
    expect(half).toBeLessThan(45);
  });

  it('take a brain voxel where there is no tumour', () => {
    const volume = volumeOf([48, 48, 48], (d) => (d === 40 ? 1 : 0));
    for (const { start } of draws(volume, { ...RULES, tumourShare: 1 }, 20)) expect(start[0]).toBe(16);
  });
});
