import type { JobEvent, JobKind } from '../../src/contract/index.js';
import { type Problem, problemOf, QuorumError } from '../../src/errors.js';
import type { Jobs } from './jobs.svelte.js';

/** What is shown of a job from the click until the services know of it. */
function waitingFor(kind: JobKind, caseId: string): JobEvent {
  return { job: '', kind, case: caseId, state: 'queued', progress: 0, stage: 'queued' };
}

/** One kind of job of a case, from the click to its end, whoever started it. Every job of a window is followed by this. */
export class CaseJob {
  readonly kind: JobKind;
  readonly #case: string;
  readonly #jobs: Jobs;
  /** Asked for, and not yet answered. */
  #asked = $state.raw<JobEvent | null>(null);
  /** What was asked for is not wanted any more. */
  #refused = $state(false);
  /** Why the last one did not end well. */
  failure = $state.raw<Problem | null>(null);

  constructor(kind: JobKind, caseId: string, jobs: Jobs) {
    this.kind = kind;
    this.#case = caseId;
    this.#jobs = jobs;
  }

  /** What is known of the one that is under way. */
  get now(): JobEvent | null {
    return this.#jobs.of(this.#case, this.kind) ?? this.#asked;
  }

  get running(): boolean {
    return this.now !== null;
  }

  /** A stop was asked for. */
  get stopping(): boolean {
    return this.now !== null && (this.#jobs.isStopping(this.now) || this.#refused);
  }

  /** Asks for one. Returns its name, or null where it did not begin (`failure`). */
  async start(ask: () => Promise<{ job: string }>): Promise<string | null> {
    this.failure = null;
    const asked = waitingFor(this.kind, this.#case);
    this.#asked = asked;
    try {
      const { job } = await ask();
      this.#jobs.expect({ ...asked, job });
      if (this.#refused) await this.#jobs.cancel(job);
      return job;
    } catch (error) {
      this.failure = problemOf(error);
      return null;
    } finally {
      this.#asked = null;
      this.#refused = false;
    }
  }

  /** Starts one and waits for its end. Returns its result. @throws QuorumError why there is none. */
  async run(ask: () => Promise<{ job: string }>): Promise<unknown> {
    const job = await this.start(ask);
    if (job === null) throw new QuorumError(this.failure!);
    const end = await this.#jobs.end(job);
    if (end.state !== 'done') throw new QuorumError(end.problem ?? { code: 'INTERNAL' });
    return end.result;
  }

  async cancel(): Promise<void> {
    // Before the job has a name, it is stopped as soon as it has one.
    if (this.now?.job === '') this.#refused = true;
    else if (this.now) await this.#jobs.cancel(this.now.job);
  }

  /** An event of such a job of this case. */
  hear(event: JobEvent): void {
    if (event.case === this.#case && event.kind === this.kind && event.state === 'failed')
      this.failure = event.problem ?? { code: 'INTERNAL' };
  }
}
