import type { Client, JobEvent, JobKind } from '../../src/contract/index.js';

/** The jobs of all windows: what runs, and what waits. */
export class Jobs {
  readonly #client: Client;
  /** The running one first, then the others in the order of the line. */
  list = $state.raw<readonly JobEvent[]>([]);
  /** Jobs that were asked to stop here: shown before the services say so. */
  #stopping = $state.raw<ReadonlySet<string>>(new Set());
  readonly #ended = new Map<string, JobEvent>();
  readonly #waiting = new Map<string, (end: JobEvent) => void>();
  #heard = new Map<string, JobEvent>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Reads what is there; what was heard meanwhile is newer and stays. */
  async refresh(): Promise<void> {
    this.#heard = new Map();
    const listed = await this.#client.call('jobs.list', {});
    const known = new Set(listed.map(({ job }) => job));
    const now = listed.map((event) => this.#heard.get(event.job) ?? event);
    const later = [...this.#heard.values()].filter(({ job }) => !known.has(job));
    this.list = [...now, ...later].filter(({ job }) => !this.#ended.has(job));
  }

  hear(event: JobEvent): void {
    if (event.state !== 'queued' && event.state !== 'running') {
      this.#ended.set(event.job, event);
      this.#waiting.get(event.job)?.(event);
      this.#waiting.delete(event.job);
      this.list = this.list.filter(({ job }) => job !== event.job);
      return;
    }
    this.#heard.set(event.job, event);
    const isKnown = this.list.some(({ job }) => job === event.job);
    this.list = isKnown
      ? this.list.map((one) => (one.job === event.job ? event : one))
      : [...this.list, event];
  }

  /** A job that was started here, until the services say more of it. */
  expect(event: JobEvent): void {
    if (!this.#ended.has(event.job) && !this.#heard.has(event.job)) this.hear(event);
  }

  /** How a job ends. */
  end(job: string): Promise<JobEvent> {
    const ended = this.#ended.get(job);
    if (ended) return Promise.resolve(ended);
    return new Promise((resolve) => {
      this.#waiting.set(job, resolve);
    });
  }

  /** The job of a case that is under way, whoever started it. */
  of(caseId: string, kind: JobKind): JobEvent | null {
    return this.list.find((event) => event.case === caseId && event.kind === kind) ?? null;
  }

  /** Any job of a case. */
  ofCase(caseId: string): JobEvent | null {
    return this.list.find((event) => event.case === caseId) ?? null;
  }

  isStopping(event: JobEvent): boolean {
    return event.cancelling === true || this.#stopping.has(event.job);
  }

  async cancel(job: string): Promise<void> {
    this.#stopping = new Set([...this.#stopping, job]);
    try {
      await this.#client.call('jobs.cancel', { job });
    } catch (error) {
      this.#stopping = new Set([...this.#stopping].filter((one) => one !== job));
      throw error;
    }
  }
}
