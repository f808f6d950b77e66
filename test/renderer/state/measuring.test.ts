import { describe, expect, it } from 'vitest';
import { planeAxes } from '../../../renderer/logic/geometry.js';
import { lengthMm } from '../../../renderer/logic/measure.js';
import { Display } from '../../../renderer/state/display.svelte.js';
import { CASE_SPACE, measureByKey, moveByKey } from '../../../renderer/viewer/paneInput.js';
import { gridOf } from '../grids.js';

const grid = gridOf([40, 50, 30], 'LPS');
const axes = planeAxes(grid.orientation, 'axial', true);

function slice() {
  const display = new Display();
  display.crosshair = [10, 20, 7];
  const press = (key: string, shiftKey = false) => {
    const event = { key, shiftKey, preventDefault() {}, stopPropagation() {} } as KeyboardEvent;
    return measureByKey(event, 'axial', display, CASE_SPACE) || moveByKey(event, axes, display, grid.size);
  };
  return { display, press };
}

describe('a ruler by keys', () => {
  it('runs from where Enter was pressed to where it is pressed again', () => {
    const { display, press } = slice();
    display.measuring.take('ruler');
    press('Enter');
    press('ArrowRight', true);
    for (let n = 0; n < 4; n++) press('ArrowDown');
    const [mark] = display.measuring.marks;
    expect(lengthMm(grid, mark.from, mark.to)).toBeCloseTo(Math.hypot(10, 4), 9);
    press('Enter');
    press('ArrowRight');
    expect(display.measuring.marks).toEqual([mark]);
    expect(mark).toMatchObject({ kind: 'ruler', plane: 'axial', space: CASE_SPACE });
  });

  it('stays on its slice, leaves nothing of no length, and needs the tool', () => {
    const { display, press } = slice();
    expect(press('Enter')).toBe(false);
    display.measuring.take('ruler');
    press('Enter');
    press('PageUp');
    press('ArrowLeft');
    expect(display.measuring.marks[0].to[2]).toBe(7);
    press('ArrowRight');
    press('Enter');
    expect(display.measuring.marks).toEqual([]);
  });
});
