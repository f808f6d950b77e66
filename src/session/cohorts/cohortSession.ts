import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { CohortRun, type RunOptions, type SegmentOne } from '../../cohort/run.js';
import type { CohortState } from '../../cohort/stateFile.js';
import type { CohortCase } from '../../contract/cohort.js';
import type { CohortRow, CohortRunState, CohortView } from '../../contract/cohorts.js';
import { QuorumError } from '../../errors.js';

/** How often the progress of a run is told. */
const TELL_MS = 250;

/** A cohort that is open, and its run. */
export class CohortSession {
  readonly id = randomUUID();
  readonly paths: readonly string[];
  readonly state: CohortState;
  private readonly tell: (changed: readonly CohortRow[], run: CohortRunState | null) => void;
  private run: CohortRun | null = null;
  private controller = new AbortController();
  private ended: Promise<void> = Promise.resolve();
  private told = 0;
  /** Corrections that are to be kept, and those that are being, by case. */
  private readonly corrections = new Map<string, () => Promise<void>>();
  private readonly keeping = new Map<string, Promise<void>>();

  /** @param tell of cases that changed, and of how far the run is. */
  constructor(
    paths: readonly string[],
    state: CohortState,
    tell: (cohort: string, changed: readonly CohortRow[], run: CohortRunState | null) => void,
  ) {
    this.paths = paths;
    this.state = state;
    this.tell = (changed, run) => tell(this.id, changed, run);
  }

  get isRunning(): boolean {
    return this.run !== null;
  }

  summarise(): CohortView {
    const { folder, cohort } = this.state;
    return {
      id: this.id,
      title:
        folder === null && this.paths.length > 1
          ? `${this.paths.length} folders`
          : basename(folder ?? this.paths[0]),
      folder,
      options: cohort.options,
      answers: cohort.answers,
      reader: cohort.reader,
      cases: cohort.cases.map((one) => this.row(one)),
      run: this.far(),
      elsewhere: !this.isRunning && this.state.isElsewhere,
    };
  }

  /** Works off what waits, in the background; does nothing while it does so already. */
  start(segment: SegmentOne, options: Pick<RunOptions, 'sideBySide' | 'onError'>): void {
    if (this.run) return;
    this.controller = new AbortController();
    const onChange: RunOptions['onChange'] = ({ name, isProgress }) => {
      if (!isProgress) this.changed([name]);
      else if (performance.now() - this.told > TELL_MS) this.changed([]);
    };
    this.run = new CohortRun(this.state, segment, { ...options, signal: this.controller.signal, onChange });
    this.ended = this.run
      .go()
      .catch((error) => options.onError?.(error))
      .then(() => {
        this.run = null;
        this.changed([]);
      });
  }

  /** Keeps what was corrected in a case; of several changes while one is being kept the last alone. */
  correct(name: string, keep: () => Promise<void>): Promise<void> {
    this.corrections.set(name, keep);
    const keeping = this.keeping.get(name) ?? this.keepCorrections(name);
    this.keeping.set(name, keeping);
    return keeping;
  }

  /** Waits for corrections that are being kept. */
  async corrected(): Promise<void> {
    await Promise.allSettled(this.keeping.values());
  }

  private async keepCorrections(name: string): Promise<void> {
    try {
      for (let keep = this.corrections.get(name); keep; keep = this.corrections.get(name)) {
        this.corrections.delete(name);
        await keep();
      }
    } finally {
      this.keeping.delete(name);
    }
  }

  /** @param now what is worked on waits again. */
  async stop(now: boolean): Promise<void> {
    await this.corrected();
    this.run?.stopAfterCase();
    if (now) {
      this.controller.abort();
      await this.ended;
    } else this.changed([]);
  }

  changed(names: readonly string[]): void {
    this.told = performance.now();
    const rows = names.map((name) => this.row(this.state.caseOf(name)));
    this.tell(rows, this.far());
  }

  private far(): CohortRunState | null {
    const { run } = this;
    if (!run) return null;
    return { working: [...run.now], stopping: run.stopping, secondsLeft: run.secondsLeft };
  }

  private row(one: CohortCase): CohortRow {
    const { source: _, mark: __, ...row } = one;
    return { ...row, hasImages: this.state.hasSource(one) };
  }
}

/** @throws QuorumError NOT_OPEN. */
export function openCohortOf(cohorts: ReadonlyMap<string, CohortSession>, id: string): CohortSession {
  const session = cohorts.get(id);
  if (!session) throw new QuorumError({ code: 'NOT_OPEN', field: 'cohort', found: id });
  return session;
}
