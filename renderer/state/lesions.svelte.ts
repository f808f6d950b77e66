import { type Lesion, lesionsOf } from '../logic/lesions.js';
import type { Overlay } from '../logic/slices.js';
import type { Display } from './display.svelte.js';

/** The separate parts of the mask that is shown, gone through one by one, the largest first. */
export class Lesions {
  readonly #display: Display;
  readonly #mask: () => Promise<Overlay | null>;
  #key = '';
  found = $state.raw<readonly Lesion[]>([]);
  /** The one that was gone to last. */
  at = $state<number | null>(null);

  constructor(display: Display, mask: () => Promise<Overlay | null>) {
    this.#display = display;
    this.#mask = mask;
  }

  /** @param by 1 or −1; the first step goes to the largest, or backwards to the smallest. */
  async next(by: number): Promise<void> {
    const overlay = await this.#mask();
    if (overlay && this.#key !== overlay.key) {
      this.#key = overlay.key;
      this.found = lesionsOf(overlay);
      this.at = null;
    } else if (!overlay) this.found = [];
    const { length } = this.found;
    if (length === 0) {
      this.at = null;
      return;
    }
    this.at = this.at === null ? (by > 0 ? 0 : length - 1) : (this.at + by + length) % length;
    this.#display.jump(this.found[this.at].voxel);
  }
}
