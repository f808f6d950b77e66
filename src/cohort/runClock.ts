import type { CohortCase } from '../contract/cohort.js';

/** How far a case is that is worked on now. */
export interface Working {
  readonly name: string;
  readonly stage: string;
  /** 0..1. */
  readonly progress: number;
}

type Sized = Pick<CohortCase, 'name' | 'sequences'>;

/** Sequences decide how long a case takes: one pass of the network, and one alignment, each. */
const size = ({ sequences }: Sized) => Math.max(1, sequences.length);

/** How long a run still takes, by how long its cases took. */
export class RunClock {
  private readonly clock: () => number;
  private readonly began = new Map<string, { readonly at: number; readonly size: number }>();
  private seconds = 0;
  private sizes = 0;

  /** @param clock milliseconds. */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  begin(one: Sized): void {
    this.began.set(one.name, { at: this.clock(), size: size(one) });
  }

  /** @param counts false for a case that was not worked off: it tells nothing of the others. */
  end(one: Sized, counts: boolean): void {
    const began = this.began.get(one.name);
    this.began.delete(one.name);
    if (!began || !counts) return;
    this.seconds += (this.clock() - began.at) / 1000;
    this.sizes += began.size;
  }

  /** @returns null before the first case is done. */
  left(waiting: readonly Sized[], now: readonly Working[], sideBySide: number): number | null {
    if (this.sizes === 0) return null;
    const perSize = this.seconds / this.sizes;
    const ofWaiting = waiting.reduce((sum, one) => sum + size(one), 0) * perSize;
    const ofNow = now.reduce((sum, { name, progress }) => {
      const began = this.began.get(name);
      return began ? sum + (1 - progress) * began.size * perSize : sum;
    }, 0);
    return (ofWaiting + ofNow) / Math.max(1, Math.min(sideBySide, waiting.length + now.length));
  }
}
