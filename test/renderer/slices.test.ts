import { describe, expect, it } from 'vitest';
import { DEFAULT_STYLES, labelColours } from '../../renderer/logic/colours.js';
import { contentBox } from '../../renderer/logic/contentBox.js';
import { planeAxes } from '../../renderer/logic/geometry.js';
import { paintImage, paintOverlay } from '../../renderer/logic/slices.js';
import { gridOf } from './grids.js';

const lps = gridOf([2, 3, 1], 'LPS');
const image = {
  grid: lps,
  data: Float32Array.from([0, 10, 20, 30, 40, 50]),
  minimum: 0,
  maximum: 50,
  window: [0, 50] as const,
  content: { low: [0, 0, 0], high: [1, 2, 0] },
};
const axial = planeAxes('LPS', 'axial', true);
const greys = (pixels: Uint8ClampedArray) =>
  Array.from({ length: pixels.length / 4 }, (_, at) => pixels[4 * at]);

describe('slices', () => {
  it('show values between the ends of the window as grey, others black or white', () => {
    const pixels = new Uint8ClampedArray(24);
    paintImage(pixels, image, lps, axial, 0, [10, 40]);
    expect(greys(pixels)).toEqual([0, 0, 85, 170, 255, 255]);
  });

  it('look an image on another grid up by its header: mirrored storage, the same picture', () => {
    // The same values stored from right to left and front to back reversed; the shift puts voxel (0, 0, 0) back in place.
    const stored = { ...gridOf([2, 3, 1], 'RAS') };
    const affine = [...stored.affine];
    affine[12] = -1;
    affine[13] = -2;
    const grid = { ...stored, affine: affine as unknown as typeof stored.affine };
    const mirrored = { ...image, grid, data: image.data.slice().reverse() };
    const pixels = new Uint8ClampedArray(24);
    paintImage(pixels, mirrored, lps, axial, 0, [0, 51]);
    expect(greys(pixels)).toEqual([0, 50, 100, 150, 200, 250]);
  });

  it('colour a mask by its labels, mirrored with the convention', () => {
    const mask = { key: '', grid: lps, data: Uint8Array.from([0, 4, 1, 2, 0, 0]) };
    const colours = labelColours(DEFAULT_STYLES, 1);
    const row = (radiological: boolean) => {
      const pixels = new Uint8ClampedArray(24);
      paintOverlay(pixels, mask, planeAxes('LPS', 'axial', radiological), 0, colours);
      return [...pixels.subarray(0, 8)];
    };
    expect(row(true)).toEqual([0, 0, 0, 0, 240, 228, 66, 255]);
    expect(row(false)).toEqual([240, 228, 66, 255, 0, 0, 0, 0]);
  });
});

describe('labels', () => {
  it('take the colour of their innermost region that is visible', () => {
    const hidden = { ...DEFAULT_STYLES, ET: { ...DEFAULT_STYLES.ET, visible: false } };
    const colours = labelColours(hidden, 0.5);
    expect([...colours.subarray(16, 20)]).toEqual([0, 114, 178, 128]);
    const none = { ...hidden, TC: { ...hidden.TC, visible: false }, WT: { ...hidden.WT, visible: false } };
    expect(labelColours(none, 1).every((value) => value === 0)).toBe(true);
  });
});

describe('the box of what is not empty', () => {
  it('has a margin and stays inside the image', () => {
    const grid = gridOf([60, 60, 60], 'LPS');
    const data = new Uint8Array(60 ** 3);
    for (let k = 21; k <= 30; k++)
      for (let j = 3; j <= 12; j++) for (let i = 45; i <= 57; i++) data[i + 60 * (j + 60 * k)] = 9;
    const box = contentBox({ grid, data, minimum: 0 });
    expect(box).toEqual({ low: [37, 0, 13], high: [59, 20, 38] });
  });

  it('is the whole image when that is empty', () => {
    const grid = gridOf([4, 5, 6], 'LPS');
    const empty = { grid, data: new Uint8Array(120), minimum: 0 };
    expect(contentBox(empty)).toEqual({ low: [0, 0, 0], high: [3, 4, 5] });
  });
});
