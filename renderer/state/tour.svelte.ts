/** One thing that the tour points at. */
export interface TourStep {
  readonly title: string;
  readonly text: string;
  /** CSS selector of what is meant; it gets an outline while it is there. */
  readonly target: string;
  /** Where it is seen: the sample patient is opened for all but the first. */
  readonly needsCase: boolean;
}

export const TOUR: readonly TourStep[] = [
  {
    title: 'Drop one examination',
    text: 'A folder, a zip or files: DICOM or NIfTI, with any of T1, T1ce, T2 and FLAIR. The tour goes on with a simulated patient.',
    target: '.drop',
    needsCase: false,
  },
  {
    title: 'Check the sequences',
    text: 'Quorum says which file is which, and why. Correct it here, switch sequences off, and answer three questions.',
    target: 'aside[aria-label="Sequences"]',
    needsCase: true,
  },
  {
    title: 'Segment',
    text: 'About a minute. Images from the scanner are aligned and the skull is removed first; nothing of your files changes.',
    target: '.foot',
    needsCase: true,
  },
  {
    title: 'Read the numbers, and the warnings',
    text: 'Volumes, how far they can be trusted, and what speaks against them. A click on a region goes to its largest slice.',
    target: '.panel.right',
    needsCase: true,
  },
  {
    title: 'Compare, Correct, Export',
    text: 'Compare shows the answer of every combination of sequences, Correct lets you paint, E exports. The key ? lists all keys.',
    target: 'nav[aria-label="Views"]',
    needsCase: true,
  },
];

/** Five steps through the window, once; they can be left at any time, and begun again from the help. */
export class Tour {
  readonly #seen: () => void;
  /** Index into TOUR; null while there is no tour. */
  step = $state<number | null>(null);

  /** @param seen called when it is over, or skipped. */
  constructor(seen: () => void) {
    this.#seen = seen;
  }

  get now(): TourStep | null {
    return this.step === null ? null : TOUR[this.step];
  }

  begin(): void {
    this.step = 0;
  }

  go(by: 1 | -1): void {
    if (this.step === null) return;
    const next = this.step + by;
    if (next >= TOUR.length) this.end();
    else this.step = Math.max(0, next);
  }

  end(): void {
    this.step = null;
    this.#seen();
  }
}
