import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Rectangle } from 'electron';

export interface WindowState {
  readonly bounds: Rectangle;
  readonly maximized: boolean;
}

const DEFAULT_SIZE = { width: 1440, height: 900 };
/** How much of a window must be on some screen to be found again. */
const VISIBLE = 100;

/** Where the window was, or a default; a place that is on no screen any more is not taken. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState {
  const stored = parse(file);
  if (stored && screens.some((screen) => overlaps(stored.bounds, screen))) return stored;
  const { x, y, width, height } = screens[0];
  const size = { width: Math.min(DEFAULT_SIZE.width, width), height: Math.min(DEFAULT_SIZE.height, height) };
  const bounds = {
    x: Math.round(x + (width - size.width) / 2),
    y: Math.round(y + (height - size.height) / 2),
    ...size,
  };
  return { bounds, maximized: false };
}

/** Keeps it; a disk that takes nothing must not keep a window from closing. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // A window that closes waits for nothing: the file is put in place at once, whole.
    writeFileSync(`${file}.tmp`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  } catch (error) {
    console.error('The place of the window could not be kept:', error);
  }
}

function parse(file: string): WindowState | null {
  try {
    const { bounds, maximized } = JSON.parse(readFileSync(file, 'utf8')) as WindowState;
    const numbers = [bounds.x, bounds.y, bounds.width, bounds.height];
    if (!numbers.every((value) => Number.isInteger(value)) || bounds.width < 1 || bounds.height < 1)
      return null;
    return { bounds, maximized: maximized === true };
  } catch {
    return null;
  }
}

function overlaps(a: Rectangle, b: Rectangle): boolean {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width >= VISIBLE && height >= VISIBLE;
}
