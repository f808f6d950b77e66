import { clampVoxel, type Plane, type PlaneAxes, type Vec3 } from '../logic/geometry.js';
import { type Placement, panned, placeUnder } from '../logic/placement.js';
import type { PaneDisplay } from '../state/display.svelte.js';

/** The grid of the case, for measurements. */
export const CASE_SPACE = 'case';

/** What keys, wheel and a drag with the right button do on an image, whoever draws it. */

const WHEEL_ZOOM = 1.15;

/** What works on a slice, whoever draws it, for the help. */
export const SLICE_INPUTS = [
  { keys: 'Arrows', title: 'Move the crosshair (Shift: ten at once)' },
  { keys: 'Page Up', title: 'Slice: next' },
  { keys: 'Page Down', title: 'Slice: previous' },
  { keys: 'Enter', title: 'Ruler or area: set an end at the crosshair' },
  { keys: 'Wheel', title: 'Slice' },
  { keys: 'Ctrl+Wheel', title: 'Zoom' },
  { keys: 'Right drag', title: 'Brightness and contrast' },
  { keys: 'Middle drag', title: 'Move the picture' },
  { keys: 'Double click', title: 'One pane alone, and back' },
] as const;

/** Moves the crosshair along a voxel axis, within the grid. */
function stepCrosshair(display: PaneDisplay, size: readonly number[], axis: number, by: number): void {
  const next = [...display.crosshair];
  next[axis] += by;
  display.crosshair = clampVoxel(size, next);
}

/** Arrow keys move the crosshair in the plane, Page Up and Page Down through it; Shift makes ten of one. Returns whether the key was one of these. */
export function moveByKey(
  event: KeyboardEvent,
  axes: PlaneAxes,
  display: PaneDisplay,
  size: readonly number[],
): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const by = event.shiftKey ? 10 : 1;
  const { x, y, through } = axes;
  const moves: Record<string, readonly [axis: number, by: number]> = {
    ArrowLeft: [x.axis, x.flip ? by : -by],
    ArrowRight: [x.axis, x.flip ? -by : by],
    ArrowUp: [y.axis, y.flip ? by : -by],
    ArrowDown: [y.axis, y.flip ? -by : by],
    PageUp: [through, by],
    PageDown: [through, -by],
  };
  const move = moves[event.key];
  if (!move) return false;
  event.preventDefault();
  stepCrosshair(display, size, ...move);
  display.measuring.drag([...display.crosshair], axes);
  return true;
}

/**
 * A measurement by keys: with a tool taken, Enter sets its first end at the crosshair, the arrows draw it, Enter sets the other
 * end. Returns whether the key was for it.
 *
 * @param space names the grid that is measured on.
 */
export function measureByKey(
  event: KeyboardEvent,
  plane: Plane,
  display: PaneDisplay,
  space: string,
): boolean {
  const { measuring, crosshair } = display;
  if (event.key !== 'Enter' || !measuring.tool) return false;
  event.preventDefault();
  event.stopPropagation();
  if (measuring.drawing) measuring.end();
  else measuring.begin(plane, space, [...crosshair]);
  return true;
}

/** The wheel changes the slice; with Ctrl it zooms. */
export function moveByWheel(
  event: WheelEvent,
  axes: PlaneAxes,
  display: PaneDisplay,
  size: readonly number[],
): void {
  event.preventDefault();
  if (event.ctrlKey) display.zoomBy(event.deltaY < 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM);
  else stepCrosshair(display, size, axes.through, event.deltaY > 0 ? 1 : -1);
}

/**
 * A window after a drag: to the right is wider, upwards is brighter.
 * @param dx, dy pixels since the last call.
 * @param range of the image's values; a pixel is a thousandth of it.
 */
export function draggedWindow(
  [low, high]: readonly [number, number],
  dx: number,
  dy: number,
  range: number,
): [number, number] {
  const step = range / 1000;
  const level = (low + high) / 2 - dy * step;
  const width = Math.max(step, high - low + dx * step);
  return [level - width / 2, level + width / 2];
}

/** What a pressed button does on a slice until it is let go. */
export type Grip = 'crosshair' | 'window' | 'pan' | 'measure' | 'stroke';

/** @param button as in PointerEvent: 0 left, 1 middle, 2 right. */
export function gripOf(button: number, display: PaneDisplay, paints: boolean): Grip {
  if (button === 2) return 'window';
  if (button === 1) return 'pan';
  if (display.measuring.tool) return 'measure';
  return paints ? 'stroke' : 'crosshair';
}

/** A drag that moves the picture, or measures on it: from pointer to pointer, in device pixels of the canvas. */
export class SliceDrag {
  readonly #display: PaneDisplay;
  readonly #size: readonly number[];
  readonly #space: string;
  #last: [number, number] = [0, 0];

  /** @param space names the grid that is measured on. */
  constructor(display: PaneDisplay, size: readonly number[], space: string) {
    this.#display = display;
    this.#size = size;
    this.#space = space;
  }

  begin(grip: Grip, place: Placement, point: [number, number]): void {
    this.#last = point;
    if (grip === 'measure')
      this.#display.measuring.begin(place.plane, this.#space, this.#under(place, point));
  }

  /** @param middle what lies in the middle of the pane while nothing was moved. */
  move(grip: Grip, place: Placement, point: [number, number], middle: readonly number[]): void {
    const display = this.#display;
    if (grip === 'pan') display.focus = panned(place, this.#size, display.focus ?? middle, this.#last, point);
    else if (grip === 'measure') display.measuring.drag(this.#under(place, point), place.axes);
    this.#last = point;
  }

  end(grip: Grip): void {
    if (grip === 'measure') this.#display.measuring.end();
  }

  #under(place: Placement, [x, y]: readonly [number, number]): Vec3 {
    return placeUnder(place, this.#size, x, y, this.#display.crosshair[place.axes.through]);
  }
}

/** The middle of what an image shows, where nothing was moved. */
export function middleOf(
  grid: { readonly size: readonly number[] },
  content: { readonly low: readonly number[]; readonly high: readonly number[] } | null,
): number[] {
  return content
    ? content.low.map((low, axis) => (low + content.high[axis]) / 2)
    : grid.size.map((n) => (n - 1) / 2);
}
