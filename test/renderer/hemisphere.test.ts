import { describe, expect, it } from 'vitest';
import { isAcross } from '../../renderer/logic/hemisphere.js';
import { gridOf } from './grids.js';

const SIZE = 60;
const at = (i: number, j = 30, k = 30) => i + SIZE * (j + SIZE * k);

describe.each(['RAS', 'LPS'])('a stroke on a grid stored as %s', (orientation) => {
  const grid = gridOf([SIZE, SIZE, SIZE], orientation);
  const image = { grid, content: { low: [5, 5, 5], high: [55, 55, 55] } };
  const masked = (...indices: number[]) => {
    const data = new Uint8Array(SIZE ** 3);
    for (const index of indices) data[index] = 4;
    return { grid, data };
  };

  it('is across where the mask lies in the other half', () => {
    expect(isAcross(masked(at(45), at(46), at(10)), [at(10)], image)).toBe(true);
    expect(isAcross(masked(at(10), at(11), at(50)), [at(50)], image)).toBe(true);
  });

  it('is not across beside the mask, near the middle, over a mask of both halves, or over none', () => {
    expect(isAcross(masked(at(45), at(50)), [at(50)], image)).toBe(false);
    expect(isAcross(masked(at(45), at(25)), [at(25)], image)).toBe(false);
    expect(isAcross(masked(at(45), at(10), at(11)), [at(12)], image)).toBe(false);
    expect(isAcross(masked(at(10)), [at(10)], image)).toBe(false);
  });
});
