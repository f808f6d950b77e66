import type { OpenCase } from '../../src/contract/index.js';
import type { Modality } from '../../src/terms.js';
import type { Display } from './display.svelte.js';

/** The image of a case that is looked at, what images are kept by, and their windows of brightness and contrast. */
export class ShownImage {
  readonly #case: () => OpenCase;
  readonly #display: Display;
  /** The next preset of brightness and contrast; set by whoever shows the image. */
  nextWindow: (() => void) | null = null;

  constructor(opened: () => OpenCase, display: Display) {
    this.#case = opened;
    this.#display = display;
  }

  /** The sequence that is looked at: the one chosen, else FLAIR, T1ce, T2, T1. */
  get sequence(): Modality | null {
    const { available } = this.#case();
    const chosen = this.#display.background;
    if (chosen && available.includes(chosen)) return chosen;
    return (['flair', 't1ce', 't2', 't1'] as const).find((m) => available.includes(m)) ?? null;
  }

  /** Names the image that is shown as a sequence: another file, or another preparation, is another image. */
  keyOf(sequence: Modality): string {
    const { preparation, slots } = this.#case();
    return `${preparation.made?.key ?? ''} ${slots[sequence]}`;
  }

  /** Names a sequence as the scanner made it. */
  seriesKeyOf(sequence: Modality): string {
    return `original ${this.#case().slots[sequence]}`;
  }

  /** Sets the window of the image that is looked at. */
  setWindow(window: readonly [number, number]): void {
    if (this.sequence) this.#display.setWindow(this.keyOf(this.sequence), window);
  }
}
