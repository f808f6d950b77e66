import { describe, expect, it } from 'vitest';
import { Display } from '../../../renderer/state/display.svelte.js';
import { SeriesDisplay } from '../../../renderer/state/seriesDisplay.svelte.js';
import { gridOf } from '../grids.js';

const CASE = gridOf([20, 20, 20], 'RAS');

/** Axial slices of 5 mm, stored from left to right reversed, that begin 3 mm higher. */
function series() {
  const grid = gridOf([20, 20, 6], 'LAS');
  const affine = [...grid.affine];
  affine[10] = 5;
  affine[12] = 19;
  affine[14] = 3;
  return { ...grid, spacing: [1, 1, 5], affine } as unknown as typeof grid;
}
/** The series' own mm lie 2 mm in front of the case's. */
const FORWARD = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 2, 0, 1];

describe('a series as the scanner made it', () => {
  it('shows the same place in the head, through its header and how it was moved', () => {
    const display = new Display();
    const look = new SeriesDisplay(display, series(), CASE, FORWARD);
    display.crosshair = [4, 10, 13];
    expect(look.crosshair).toEqual([15, 8, 2]);
    look.crosshair = [15, 8, 3];
    expect(display.crosshair).toEqual([4, 10, 18]);
  });

  it('can be looked at where the case ends', () => {
    const display = new Display();
    const look = new SeriesDisplay(display, series(), CASE, null);
    look.crosshair = [0, 0, 5];
    // 28 mm: above the case's last slice.
    expect(display.crosshair).toEqual([19, 0, 19]);
    expect(look.crosshair).toEqual([0, 0, 5]);
    // The case's crosshair leads again once it is moved elsewhere.
    display.crosshair = [19, 0, 3];
    expect(look.crosshair).toEqual([0, 0, 0]);
  });
});
