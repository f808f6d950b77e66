import type { Combination } from '../../src/terms.js';
import type { Vec3 } from '../logic/geometry.js';
import type { Layout } from './display.svelte.js';
import type { View } from './views.js';

/** Where a window looks, kept over a reload of the page: numbers and names of views, nothing of the patient. */
export interface Looking {
  readonly view: View;
  /** Null while no case is open. */
  readonly case: {
    readonly id: string;
    readonly crosshair: Vec3;
    readonly layout: Layout;
    readonly tiles: readonly Combination[];
  } | null;
}

const KEY = 'looking';

export function remember(looking: Looking): void {
  sessionStorage.setItem(KEY, JSON.stringify(looking));
}

export function remembered(): Looking | null {
  const text = sessionStorage.getItem(KEY);
  return text === null ? null : (JSON.parse(text) as Looking);
}
