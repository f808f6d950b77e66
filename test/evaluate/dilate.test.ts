import { describe, expect, it } from 'vitest';
import { dilate } from '../../src/evaluate/dilate.js';
import { fill } from './masks.js';

const CENTRE = fill([7, 7, 7], (i, j, k) => i === 3 && j === 3 && k === 3);
const steps = (i: number, j: number, k: number) => [i, j, k].map((x) => Math.abs(x - 3));

describe('dilation by 18 neighbours', () => {
  it('adds the neighbours by face and edge, not by corner', () => {
    const expected = fill([7, 7, 7], (i, j, k) => {
      const [a, b, c] = steps(i, j, k);
      return Math.max(a, b, c) <= 1 && a + b + c <= 2;
    });
    expect(dilate(CENTRE, 1).data).toEqual(expected.data);
    expect(expected.data.filter(Boolean)).toHaveLength(19);
  });

  it('three times reaches 3 along each axis and 6 in sum', () => {
    const expected = fill([7, 7, 7], (i, j, k) => {
      const [a, b, c] = steps(i, j, k);
      return a + b + c <= 6;
    });
    expect(dilate(CENTRE, 3).data).toEqual(expected.data);
  });

  it('stops at the edge of the image and leaves its input alone', () => {
    const corner = fill([3, 2, 2], (i, j, k) => i === 2 && j === 0 && k === 0);
    const grown = dilate(corner, 1);
    expect([...grown.data]).toEqual([0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1]);
    expect(dilate(corner, 0).data).toEqual(corner.data);
    expect(corner.data.filter(Boolean)).toHaveLength(1);
  });
});
