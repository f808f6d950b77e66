import { clampVoxel, type PlaneAxes } from '../logic/geometry.js';
import type { Display } from '../state/display.svelte.js';

/** What keys, wheel and a drag with the right button do on an image, whoever draws it. */

const WHEEL_ZOOM = 1.15;

/** Moves the crosshair along a voxel axis, within the grid. */
export function stepCrosshair(display: Display, size: readonly number[], axis: number, by: number): void {
  const next = [...display.crosshair];
  next[axis] += by;
  display.crosshair = clampVoxel(size, next);
}

/** Arrow keys move the crosshair in the plane, Page Up and Page Down through it; Shift makes ten of one. Returns whether the key was one of these. */
export function moveByKey(
  event: KeyboardEvent,
  axes: PlaneAxes,
  display: Display,
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
  return true;
}

/** The wheel changes the slice; with Ctrl it zooms. */
export function moveByWheel(
  event: WheelEvent,
  axes: PlaneAxes,
  display: Display,
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
