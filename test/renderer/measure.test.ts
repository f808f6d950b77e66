import { describe, expect, it } from 'vitest';
import { planeAxes } from '../../renderer/logic/geometry.js';
import { areaStatistics, lengthMm, markText } from '../../renderer/logic/measure.js';
import { panned, placeUnder, pointOf } from '../../renderer/logic/placement.js';
import { gridOf } from './grids.js';

const AXIAL = planeAxes('LPS', 'axial', true);

/** A grid of 5 × 5 × 2 voxels of 2 × 3 × 4 mm. */
function grid() {
  const one = gridOf([5, 5, 2], 'LPS');
  const affine = [...one.affine];
  for (const [axis, mm] of [2, 3, 4].entries())
    for (let row = 0; row < 3; row++) affine[4 * axis + row] *= mm;
  return { ...one, spacing: [2, 3, 4], affine } as unknown as typeof one;
}

function imageOf(values: (i: number, j: number) => number) {
  const data = new Float32Array(50);
  for (let k = 0; k < 2; k++)
    for (let j = 0; j < 5; j++) for (let i = 0; i < 5; i++) data[i + 5 * (j + 5 * k)] = values(i, j);
  const content = { low: [0, 0, 0], high: [4, 4, 1] };
  return { grid: grid(), data, minimum: 0, maximum: 100, window: [0, 100] as const, content };
}

describe('a ruler', () => {
  it('gives the distance in mm whatever the spacing', () => {
    expect(lengthMm(grid(), [0, 0, 0], [3, 0, 0])).toBeCloseTo(6, 6);
    expect(lengthMm(grid(), [1, 1, 0], [3, 3, 0])).toBeCloseTo(Math.hypot(4, 6), 6);
    const mark = { kind: 'ruler', plane: 'axial', space: 'case', from: [0, 0, 0], to: [3, 0, 0] } as const;
    expect(markText(mark, grid(), null, AXIAL)).toBe('6.0 mm');
  });
});

describe('an area of interest', () => {
  it('has mean and sd of the voxels whose middle lies in the ellipse', () => {
    const image = imageOf((i, j) => 10 * i + j);
    // A circle of radius 1.2 around (2, 2): the middle and its four neighbours.
    const found = areaStatistics(image, grid(), AXIAL, { from: [0.8, 0.8, 0], to: [3.2, 3.2, 0] })!;
    const values = [22, 12, 32, 21, 23];
    const mean = values.reduce((a, b) => a + b) / 5;
    const sd = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 4);
    expect(found.voxels).toBe(5);
    expect(found.mean).toBeCloseTo(mean, 9);
    expect(found.sd).toBeCloseTo(sd, 9);
    expect(found.mm2).toBe(5 * 2 * 3);
  });

  it('is nothing where it holds no voxel, and stays within the image', () => {
    const image = imageOf(() => 7);
    expect(areaStatistics(image, grid(), AXIAL, { from: [1.1, 1.1, 0], to: [1.4, 1.4, 0] })).toBeNull();
    const all = areaStatistics(image, grid(), AXIAL, { from: [-9, -9, 1], to: [13, 13, 1] })!;
    expect([all.voxels, all.mean, all.sd]).toEqual([25, 7, 0]);
  });
});

describe('a slice on a canvas', () => {
  const frame = { left: 0, top: 0, width: 100, height: 100 };
  for (const radiological of [true, false])
    it(`gives the place under a point, and the point of a place (${radiological ? 'R' : 'L'} on the left)`, () => {
      const axes = planeAxes('LPS', 'axial', radiological);
      const place = { plane: 'axial', axes, left: 10, top: 20, scaleX: 8, scaleY: 12, frame } as const;
      const point = pointOf(place, [5, 5, 2], [3, 1, 1]);
      expect(point[0]).toBe(10 + ((radiological ? 3 : 1) + 0.5) * 8);
      expect(placeUnder(place, [5, 5, 2], ...point, 1)).toEqual([3, 1, 1]);
    });

  it('keeps what is under the pointer there while the picture is moved', () => {
    const axes = planeAxes('LPS', 'axial', true);
    const size = [5, 5, 2];
    const of = (middle: readonly number[]) => {
      // As the painter places it: the middle of the pane shows `middle`.
      const [left, top] = [50 - (middle[0] + 0.5) * 8, 50 - (middle[1] + 0.5) * 8];
      return { plane: 'axial', axes, left, top, scaleX: 8, scaleY: 8, frame } as const;
    };
    const before = placeUnder(of([2, 2, 0]), size, 30, 40, 0);
    const middle = panned(of([2, 2, 0]), size, [2, 2, 0], [30, 40], [47, 21]);
    const after = placeUnder(of(middle), size, 47, 21, 0);
    after.forEach((v, axis) => expect(v).toBeCloseTo(before[axis], 9));
  });
});
