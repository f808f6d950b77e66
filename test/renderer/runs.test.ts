import { describe, expect, it } from 'vitest';
import { planeAxes } from '../../renderer/logic/geometry.js';
import { applyRuns, brushVoxels, fillVoxels, lineBetween, runsOf } from '../../renderer/logic/runs.js';

const axial = planeAxes('LPS', 'axial', true);

describe('runs', () => {
  it('join neighbours, in order, each voxel once', () => {
    expect([...runsOf([7, 3, 4, 5, 9, 4], 2)]).toEqual([3, 3, 2, 7, 1, 2, 9, 1, 2]);
  });

  it('are nothing for nothing', () => expect(runsOf([], 1).length).toBe(0));

  it('change exactly the voxels that they name', () => {
    const mask = new Uint8Array(8).fill(1);
    applyRuns(mask, Uint32Array.from([2, 3, 4, 6, 1, 0]));
    expect([...mask]).toEqual([1, 1, 4, 4, 4, 1, 0, 1]);
  });
});

describe('the brush', () => {
  const size = [9, 9, 9];

  it('is a disc in the plane: 5 voxels for 2 mm, the 13 of a radius of 2', () => {
    const disc = (diameter: number) =>
      brushVoxels(size, [1, 1, 1], [4, 4, 4], { diameter, threeD: false }, axial);
    expect(disc(2).length).toBe(5);
    expect(disc(4).length).toBe(13);
    expect(disc(4).every((index) => Math.floor(index / 81) === 4)).toBe(true);
  });

  it('is a ball when it paints neighbouring slices: 7 voxels for a radius of 1, 33 for 2', () => {
    const ball = (diameter: number) =>
      brushVoxels(size, [1, 1, 1], [4, 4, 4], { diameter, threeD: true }, axial).length;
    expect(ball(2)).toBe(7);
    expect(ball(4)).toBe(33);
  });

  it('counts millimetres, not voxels', () => {
    const voxels = brushVoxels(size, [1, 3, 1], [4, 4, 4], { diameter: 4, threeD: false }, axial);
    expect(voxels).toEqual([38, 39, 40, 41, 42].map((i) => i + 4 * 81));
  });

  it('stays inside the grid and always takes the voxel that was hit', () => {
    expect(brushVoxels(size, [1, 1, 1], [0, 0, 0], { diameter: 2, threeD: true }, axial)).toEqual([
      0, 1, 9, 81,
    ]);
    expect(brushVoxels(size, [5, 5, 5], [1, 0, 0], { diameter: 1, threeD: true }, axial)).toEqual([1]);
  });

  it('leaves no gap in a fast stroke', () => {
    expect(lineBetween([0, 0, 0], [3, 1, 0])).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [2, 1, 0],
      [3, 1, 0],
    ]);
    expect(lineBetween([2, 2, 2], [2, 2, 2])[0]).toEqual([2, 2, 2]);
  });
});

describe('filling', () => {
  it('takes the connected voxels of one label in one slice, and does not wrap around the edge', () => {
    const size = [4, 3, 2];
    const mask = new Uint8Array(24);
    // Slice 0: a wall down the second column; the same columns of slice 1 are empty.
    for (const index of [1, 5, 9]) mask[index] = 2;
    expect(fillVoxels(mask, size, [0, 0, 0], axial).sort((a, b) => a - b)).toEqual([0, 4, 8]);
    expect(fillVoxels(mask, size, [3, 1, 0], axial).sort((a, b) => a - b)).toEqual([2, 3, 6, 7, 10, 11]);
    expect(fillVoxels(mask, size, [1, 2, 0], axial).sort((a, b) => a - b)).toEqual([1, 5, 9]);
  });
});
