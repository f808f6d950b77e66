import { randomUUID } from 'node:crypto';
import { type Problem, problemOf } from '../errors.js';
import type { JobEvent } from './contract.js';

/** What a running job may do: report how far it is, and see whether it was cancelled. */
export interface JobContext {
  readonly signal: AbortSignal;
  report(stage: string, progress: number, caseName?: string): void;
}

export type JobWork = (context: JobContext) => Promise<unknown>;

/** Before this share and these seconds an estimate of the time left would be a guess. */
const ESTIMATE_FROM = { progress: 0.1, seconds: 1 };

interface Pending {
  readonly controller: AbortController;
  readonly caseId: string | undefined;
  ended: Promise<void>;
}

/**
 * Jobs one after the other: queued, running with progress in [0, 1] and a stage name, then done, failed with a coded problem,
 * or cancelled. One at a time, because one case uses every core.
 */
export class JobQueue {
  private readonly listeners = new Set<(event: JobEvent) => void>();
  private readonly pending = new Map<string, Pending>();
  private last: Promise<void> = Promise.resolve();

  /**
   * Queues work and returns the job's name at once.
   *
   * @param caseId the open case that the job belongs to; stands in its events.
   */
  start(work: JobWork, caseId?: string): string {
    const job = randomUUID();
    const entry: Pending = { controller: new AbortController(), caseId, ended: Promise.resolve() };
    this.pending.set(job, entry);
    this.emit({ job, state: 'queued', progress: 0, stage: 'queued', ...nameOf(caseId) });
    this.last = this.last.then(() => this.run(job, entry, work));
    entry.ended = this.last;
    return job;
  }

  /** Asks a job to stop; it ends as `cancelled` at its next step. False when it has ended already. */
  cancel(job: string): boolean {
    const entry = this.pending.get(job);
    entry?.controller.abort();
    return entry !== undefined;
  }

  /** Cancels every job of a case and waits until they have ended. */
  async cancelCase(caseId: string): Promise<void> {
    const entries = [...this.pending.values()].filter((entry) => entry.caseId === caseId);
    for (const { controller } of entries) controller.abort();
    await Promise.all(entries.map(({ ended }) => ended));
  }

  /** Cancels everything. */
  close(): void {
    for (const { controller } of this.pending.values()) controller.abort();
  }

  onJob(listener: (event: JobEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async run(job: string, { controller: { signal }, caseId }: Pending, work: JobWork): Promise<void> {
    const started = performance.now();
    let progress = 0;
    const report = (stage: string, share: number, caseName?: string) => {
      progress = Math.min(1, Math.max(progress, share));
      const named = caseName === undefined ? nameOf(caseId) : { case: caseName };
      this.emit({ job, state: 'running', progress, stage, ...named, ...timeLeft(started, progress) });
    };
    try {
      if (signal.aborted) throw signal.reason;
      const result = await work({ signal, report });
      this.emit({ job, state: 'done', progress: 1, stage: 'done', result, ...nameOf(caseId) });
    } catch (error) {
      this.emit({ job, progress, ...nameOf(caseId), ...ending(signal, error) });
    } finally {
      this.pending.delete(job);
    }
  }

  private emit(event: JobEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

function nameOf(caseId: string | undefined): { case?: string } {
  return caseId === undefined ? {} : { case: caseId };
}

/** As long again per share as until now. */
function timeLeft(started: number, progress: number): { secondsLeft?: number } {
  const seconds = (performance.now() - started) / 1000;
  if (progress < ESTIMATE_FROM.progress || seconds < ESTIMATE_FROM.seconds) return {};
  return { secondsLeft: (seconds * (1 - progress)) / progress };
}

function ending(
  signal: AbortSignal,
  error: unknown,
): Pick<JobEvent, 'state' | 'stage'> & { problem: Problem } {
  const problem: Problem = signal.aborted ? { code: 'CANCELLED' } : problemOf(error);
  const state = problem.code === 'CANCELLED' ? 'cancelled' : 'failed';
  return { state, stage: state, problem };
}
