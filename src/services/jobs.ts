import { randomUUID } from 'node:crypto';
import { type Problem, problemOf } from '../errors.js';
import type { JobEvent } from './contract.js';

/** What a running job may do: report how far it is, and see whether it was cancelled. */
export interface JobContext {
  readonly signal: AbortSignal;
  report(stage: string, progress: number, caseName?: string): void;
}

export type JobWork = (context: JobContext) => Promise<unknown>;

/**
 * Jobs one after the other: queued, running with progress in [0, 1] and a stage name, then done, failed with a coded problem,
 * or cancelled. One at a time, because one case uses every core.
 */
export class JobQueue {
  private readonly listeners = new Set<(event: JobEvent) => void>();
  private readonly pending = new Map<string, AbortController>();
  private last: Promise<void> = Promise.resolve();

  /** Queues work and returns the job's name at once. */
  start(work: JobWork): string {
    const job = randomUUID();
    const controller = new AbortController();
    this.pending.set(job, controller);
    this.emit({ job, state: 'queued', progress: 0, stage: 'queued' });
    this.last = this.last.then(() => this.run(job, controller.signal, work));
    return job;
  }

  /** Asks a job to stop; it ends as `cancelled` at its next step. False when it has ended already. */
  cancel(job: string): boolean {
    const controller = this.pending.get(job);
    controller?.abort();
    return controller !== undefined;
  }

  onJob(listener: (event: JobEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async run(job: string, signal: AbortSignal, work: JobWork): Promise<void> {
    let progress = 0;
    const report = (stage: string, share: number, caseName?: string) => {
      progress = Math.min(1, Math.max(progress, share));
      this.emit({
        job,
        state: 'running',
        progress,
        stage,
        ...(caseName === undefined ? {} : { case: caseName }),
      });
    };
    try {
      if (signal.aborted) throw signal.reason;
      const result = await work({ signal, report });
      this.emit({ job, state: 'done', progress: 1, stage: 'done', result });
    } catch (error) {
      this.emit({ job, progress, ...ending(signal, error) });
    } finally {
      this.pending.delete(job);
    }
  }

  private emit(event: JobEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

function ending(
  signal: AbortSignal,
  error: unknown,
): Pick<JobEvent, 'state' | 'stage'> & { problem: Problem } {
  const problem: Problem = signal.aborted ? { code: 'CANCELLED' } : problemOf(error);
  const state = problem.code === 'CANCELLED' ? 'cancelled' : 'failed';
  return { state, stage: state, problem };
}
