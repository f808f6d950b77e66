import type { CohortCase, CohortResult } from '../contract/cohort.js';
import { problemOf } from '../errors.js';
import { problemForReport } from '../export/names.js';
import type { JobContext } from '../jobs/context.js';
import { PREPARED } from '../pipeline/segmentCase.js';
import { RunClock, type Working } from './runClock.js';
import type { CohortState } from './stateFile.js';

/** Segments one case and writes its results. */
export type SegmentOne = (
  one: CohortCase,
  context: JobContext,
) => Promise<{ readonly result: CohortResult; readonly skipped: boolean }>;

export interface RunOptions {
  /** Cases side by side. */
  readonly sideBySide?: number;
  readonly signal?: AbortSignal;
  /** Told of every change: a case's state, or how far it is. */
  readonly onChange?: (change: { readonly name: string; readonly isProgress: boolean }) => void;
  /** Told of what a case threw, as it was thrown. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds. */
  readonly clock?: () => number;
}

/**
 * Works off the waiting cases of a cohort in their order, which may change meanwhile. A case that fails never stops the rest; what is
 * done is on the disk before the next case begins.
 */
export class CohortRun {
  readonly finishedBefore = new Set<string>();
  private readonly state: CohortState;
  private readonly segment: SegmentOne;
  private readonly options: RunOptions;
  private readonly working = new Map<string, Working>();
  private readonly time: RunClock;
  private isStopping = false;

  constructor(state: CohortState, segment: SegmentOne, options: RunOptions = {}) {
    this.state = state;
    this.segment = segment;
    this.options = options;
    this.time = new RunClock(options.clock ?? (() => performance.now()));
  }

  /** Cases that are worked on now. */
  get now(): readonly Working[] {
    return [...this.working.values()];
  }

  get stopping(): boolean {
    return this.isStopping;
  }

  /** Seconds until the last waiting case is done; null while there is no ground for an estimate. */
  get secondsLeft(): number | null {
    const waiting = this.state.cohort.cases.filter(({ state }) => state === 'waiting');
    return this.time.left(waiting, this.now, this.options.sideBySide ?? 1);
  }

  /** No further case begins; what is worked on is finished. */
  stopAfterCase(): void {
    this.isStopping = true;
  }

  /** @throws QuorumError COHORT_BUSY; DISK_FULL, OUTPUT_NOT_WRITABLE where the state itself cannot be written. */
  async go(): Promise<void> {
    await this.state.own();
    try {
      const lanes = Array.from({ length: this.options.sideBySide ?? 1 }, () => this.lane());
      const ends = await Promise.allSettled(lanes);
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    } finally {
      await this.state.disown();
    }
  }

  private async lane(): Promise<void> {
    while (!this.isStopping && !this.options.signal?.aborted) {
      const next = this.state.cohort.cases.find(({ state }) => state === 'waiting');
      if (!next) return;
      await this.one(next);
    }
  }

  private async one(one: CohortCase): Promise<void> {
    const { name } = one;
    const signal = this.options.signal ?? new AbortController().signal;
    this.working.set(name, { name, stage: 'reading', progress: 0 });
    this.time.begin(one);
    await this.set(name, { state: 'preparing', problem: null });
    let after: Partial<CohortCase>;
    try {
      const report: JobContext['report'] = (stage, progress) => this.hear({ name, stage, progress });
      const { result, skipped } = await this.segment(one, { signal, report });
      if (skipped) this.finishedBefore.add(name);
      this.time.end(one, !skipped);
      after = { state: 'done', result, problem: null };
    } catch (error) {
      this.time.end(one, false);
      if (signal.aborted) after = { state: 'waiting' };
      else {
        this.options.onError?.(error);
        const { neutralNames } = this.state.cohort.options;
        after = { state: 'failed', problem: problemForReport(problemOf(error), neutralNames) };
      }
    }
    this.working.delete(name);
    await this.set(name, after);
  }

  private hear(far: Working): void {
    const isSegmenting = far.progress >= PREPARED;
    this.working.set(far.name, far);
    if (isSegmenting && this.state.caseOf(far.name).state === 'preparing')
      // What could not be written is told by the case's end.
      void this.set(far.name, { state: 'segmenting' }).catch(() => undefined);
    else this.options.onChange?.({ name: far.name, isProgress: true });
  }

  private async set(name: string, change: Partial<CohortCase>): Promise<void> {
    const written = this.state.changeCase(name, (one) => ({ ...one, ...change }));
    this.options.onChange?.({ name, isProgress: false });
    await written;
  }
}

/** Puts cases into the line: those that are named, or all that are neither done nor left out. */
export function askFor(state: CohortState, names: readonly string[] | null): Promise<void> {
  return state.change((cohort) => ({
    ...cohort,
    cases: cohort.cases.map((one) => {
      const isAsked = names ? names.includes(one.name) : one.state !== 'done' && one.state !== 'skipped';
      const isAtWork = one.state === 'preparing' || one.state === 'segmenting';
      return isAsked && !isAtWork ? { ...one, state: 'waiting', problem: null } : one;
    }),
  }));
}

/** Takes what waits out of the line; each is again what it was before. */
export function askNoMore(state: CohortState): Promise<void> {
  return state.change((cohort) => ({
    ...cohort,
    cases: cohort.cases.map((one) =>
      one.state === 'waiting' ? { ...one, state: one.result ? 'done' : 'new' } : one,
    ),
  }));
}
