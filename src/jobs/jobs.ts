import { randomUUID } from 'node:crypto';
import type { JobEvent, JobKind } from '../contract/events.js';
import { problemOf } from '../errors.js';
import type { JobContext, ReportDetails } from './context.js';
import { Estimate } from './estimate.js';

/** While a stage says nothing, the estimate is sent this often. */
const HEARTBEAT_MS = 2000;

/** What does not change of a job while it runs. */
type AboutJob = Pick<JobEvent, 'job' | 'kind' | 'case' | 'title'>;

/** How a job ended, and what it threw, as it was thrown. */
export interface Ended {
  readonly event: JobEvent;
  readonly error: unknown;
}

/** Does a job's work and says how far it is, at every report and while a stage says nothing. Never throws. */
export async function followWork(
  work: (context: JobContext) => Promise<unknown>,
  about: AboutJob,
  signal: AbortSignal,
  say: (event: JobEvent) => void,
): Promise<Ended> {
  const estimate = new Estimate();
  let said = '';
  let details: ReportDetails = {};
  let progress = 0;
  const tell = () => {
    const far = estimate.at();
    progress = Math.max(progress, far.progress);
    const cancelling = signal.aborted ? ({ cancelling: true } as const) : {};
    const name = details.case === undefined ? {} : { case: details.case };
    say({ ...about, state: 'running', stage: said, ...name, ...far, progress, ...cancelling });
  };
  const heartbeat = setInterval(() => said !== '' && tell(), HEARTBEAT_MS);
  heartbeat.unref();
  const report: JobContext['report'] = (stage, share, more = {}) => {
    [said, details] = [stage, more];
    estimate.report(share, more.until, more.expected);
    heartbeat.refresh();
    tell();
  };
  try {
    const result = await work({ signal, report });
    return { event: { ...about, state: 'done', stage: 'done', progress: 1, result }, error: undefined };
  } catch (error) {
    const problem = signal.aborted ? ({ code: 'CANCELLED' } as const) : problemOf(error);
    const state = problem.code === 'CANCELLED' ? 'cancelled' : 'failed';
    return { event: { ...about, state, stage: state, progress, problem }, error };
  } finally {
    clearInterval(heartbeat);
  }
}

export type JobWork = (context: JobContext) => Promise<unknown>;

/** What a job is, for those who see it in the line. */
export interface JobAbout {
  readonly kind: JobKind;
  /** The open case that it belongs to. */
  readonly case?: string;
  /** Name of that case, for people. */
  readonly title?: string;
}

interface Job extends JobAbout {
  readonly id: string;
  readonly work: JobWork;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
  readonly end: () => void;
  /** What was said of it last. */
  event: JobEvent;
}

/**
 * Jobs one after the other: queued (with their place in the line), running with progress in [0, 1] and a stage name, then done,
 * failed with a coded problem, or cancelled. One at a time, because one case uses every core.
 */
export class JobQueue {
  private readonly onError: (kind: JobKind, error: unknown) => void;
  private readonly listeners = new Set<(event: JobEvent) => void>();
  private readonly waiting: Job[] = [];
  private running: Job | null = null;

  /** @param onError told of what a job throws, as it was thrown. */
  constructor(onError: (kind: JobKind, error: unknown) => void = () => undefined) {
    this.onError = onError;
  }

  /** Queues work and returns the job's name at once. */
  start(work: JobWork, about: JobAbout): string {
    const id = randomUUID();
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const event: JobEvent = { job: id, state: 'queued', progress: 0, stage: 'queued', ...shown(about) };
    const job: Job = { ...about, id, work, controller: new AbortController(), ended, end, event };
    this.waiting.push(job);
    this.tellPlaces([job]);
    queueMicrotask(() => this.next());
    return id;
  }

  /** Every job that has not ended, the running one first, each with what was said of it last. */
  list(): JobEvent[] {
    return this.pending().map(({ event }) => event);
  }

  /** Asks a job to stop: one that waits ends at once, one that runs at its next step. False when it has ended already. */
  cancel(id: string): boolean {
    const job = this.pending().find((one) => one.id === id);
    if (job) this.stop(job);
    return job !== undefined;
  }

  /** Cancels every job of a case and waits until they have ended. */
  async cancelCase(caseId: string): Promise<void> {
    const jobs = this.pending().filter((job) => job.case === caseId);
    for (const job of jobs) this.stop(job);
    await Promise.all(jobs.map(({ ended }) => ended));
  }

  /** Cancels everything, and waits at most so long until it has ended. */
  async close(patienceMs: number): Promise<void> {
    const jobs = this.pending();
    for (const job of jobs.toReversed()) this.stop(job);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([Promise.all(jobs.map(({ ended }) => ended)), patience]);
    clearTimeout(timer);
  }

  onJob(listener: (event: JobEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private pending(): Job[] {
    return [...(this.running ? [this.running] : []), ...this.waiting];
  }

  private stop(job: Job): void {
    if (job.controller.signal.aborted) return;
    job.controller.abort();
    if (job === this.running) this.say(job, { ...job.event, cancelling: true });
    else {
      this.waiting.splice(this.waiting.indexOf(job), 1);
      this.say(job, { ...shown(job), job: job.id, progress: job.event.progress, ...CANCELLED });
      job.end();
      this.tellPlaces();
    }
  }

  private next(): void {
    if (this.running) return;
    const job = this.waiting.shift();
    if (!job) return;
    this.running = job;
    void this.run(job);
    this.tellPlaces();
  }

  private async run(job: Job): Promise<void> {
    const say = (event: JobEvent) => this.say(job, event);
    const { signal } = job.controller;
    const { event, error } = await followWork(job.work, { ...shown(job), job: job.id }, signal, say);
    if (event.state === 'failed') this.onError(job.kind, error);
    this.running = null;
    say(event);
    job.end();
    this.next();
  }

  /** Says to those who wait how many are before them, and whose job runs; to each only when that has changed. */
  private tellPlaces(fresh: readonly Job[] = []): void {
    const pending = this.pending();
    for (const job of [...this.waiting]) {
      const before = pending.indexOf(job);
      const waitingFor = pending[0] === job ? undefined : pending[0].title;
      const { event } = job;
      if (!fresh.includes(job) && event.before === before && event.waitingFor === waitingFor) continue;
      this.say(job, { ...event, before, ...(waitingFor === undefined ? {} : { waitingFor }) });
    }
  }

  private say(job: Job, event: JobEvent): void {
    job.event = event;
    for (const listener of this.listeners) listener(event);
  }
}

function shown({ kind, case: id, title }: JobAbout): Pick<JobEvent, 'kind' | 'case' | 'title'> {
  return { kind, ...(id === undefined ? {} : { case: id }), ...(title === undefined ? {} : { title }) };
}

const CANCELLED = {
  state: 'cancelled',
  stage: 'cancelled',
  problem: { code: 'CANCELLED' },
} as const;
