import { describe, expect, it } from 'vitest';
import { DEFAULT_STYLES } from '../../renderer/logic/colours.js';
import { planeAxes } from '../../renderer/logic/geometry.js';
import { largestSlice, lesionsOf } from '../../renderer/logic/lesions.js';
import { outlinesOf } from '../../renderer/logic/outlines.js';
import { windowPresets } from '../../renderer/logic/windowPresets.js';
import { gridOf } from './grids.js';

const grid = gridOf([6, 6, 4], 'LPS');
const at = (i: number, j: number, k: number) => i + 6 * (j + 6 * k);

function mask(labels: Record<number, number>) {
  const data = new Uint8Array(6 * 6 * 4);
  for (const [index, label] of Object.entries(labels)) data[Number(index)] = label;
  return { key: '', grid, data };
}

describe('the largest slice of a region', () => {
  const drawn = mask({
    // Slice 1: three of oedema. Slice 2: two of enhancing tumour in an L.
    [at(1, 1, 1)]: 2,
    [at(2, 1, 1)]: 2,
    [at(3, 1, 1)]: 2,
    [at(1, 1, 2)]: 4,
    [at(1, 2, 2)]: 4,
  });

  it('is counted for each region, along the axis that is asked for', () => {
    expect(largestSlice(drawn, 'WT', 2)).toEqual([2, 1, 1]);
    expect(largestSlice(drawn, 'ET', 2)![2]).toBe(2);
    expect(largestSlice(drawn, 'WT', 1)![1]).toBe(1);
  });

  it('gives a voxel of the region, also where its middle lies outside of it', () => {
    const ring = mask(
      Object.fromEntries(
        [0, 1, 2, 3].flatMap((n) => [
          [at(n, 0, 0), 1],
          [at(n, 3, 0), 1],
        ]),
      ),
    );
    const [i, j, k] = largestSlice(ring, 'TC', 2)!;
    expect(ring.data[at(i, j, k)]).toBe(1);
  });

  it('is null where there is none', () => expect(largestSlice(mask({ 5: 2 }), 'ET', 2)).toBeNull());
});

describe('lesions', () => {
  it('are the parts that touch, by a corner too, largest first, with their ml', () => {
    const found = lesionsOf(
      mask({
        [at(0, 0, 0)]: 2,
        [at(1, 1, 1)]: 4,
        [at(5, 5, 3)]: 1,
        [at(4, 0, 0)]: 2,
        [at(5, 0, 0)]: 2,
        [at(5, 1, 0)]: 2,
      }),
    );
    expect(found.map(({ voxels }) => voxels)).toEqual([3, 2, 1]);
    expect(found[0].ml).toBeCloseTo(0.003, 9);
    expect(found[0].voxel).toEqual([5, 0, 0]);
  });
});

describe('the outline of a region', () => {
  const axial = planeAxes('LPS', 'axial', true);
  const length = (pieces: readonly number[]) => pieces.length / 4;

  it('follows the edges of its pixels, inner regions counted in', () => {
    const drawn = mask({ [at(2, 2, 1)]: 4, [at(3, 2, 1)]: 2 });
    const [whole, core, enhancing] = outlinesOf(drawn, axial, 1, DEFAULT_STYLES);
    expect([whole, core, enhancing].map(({ pieces }) => length(pieces))).toEqual([6, 4, 4]);
    expect(outlinesOf(drawn, axial, 0, DEFAULT_STYLES).every(({ pieces }) => pieces.length === 0)).toBe(true);
  });

  it('closes at the edge of the image, and leaves out what is hidden', () => {
    const hidden = { ...DEFAULT_STYLES, TC: { ...DEFAULT_STYLES.TC, visible: false } };
    const outlines = outlinesOf(mask({ [at(0, 0, 0)]: 4 }), axial, 0, hidden);
    expect(outlines).toHaveLength(2);
    expect(length(outlines[0].pieces)).toBe(4);
  });
});

describe('presets of brightness and contrast', () => {
  const data = Float32Array.from({ length: 144 }, (_, n) => n);
  const content = { low: [0, 0, 0], high: [5, 5, 3] };
  const image = { grid, data, minimum: 0, maximum: 143, window: [10, 110] as const, content };

  it('come from the image’s own values, and around the tumour from those in the mask', () => {
    const drawn = mask(Object.fromEntries(Array.from({ length: 21 }, (_, n) => [50 + n, 1])));
    expect(windowPresets(image, drawn).map(({ window }) => window)).toEqual([
      [10, 110],
      [0, 143],
      [35, 85],
      [51 - 10, 69 + 10],
    ]);
  });

  it('have none around the tumour without a mask, or with one on another grid', () => {
    expect(windowPresets(image, null)).toHaveLength(3);
    const other = { ...mask({ 5: 1 }), grid: gridOf([6, 4, 6], 'LPS') };
    expect(windowPresets(image, other)).toHaveLength(3);
  });
});
