import type { Client, JobEvent } from '../../src/contract/index.js';
import { isShown } from '../client/shownElsewhere.js';
import type { OpenCaseState } from './openCaseState.svelte.js';

/** Another case is to take the place of one that is being worked on. */
export interface ReplaceQuestion {
  readonly job: JobEvent;
  /** The job ends with its case, or goes on without a window; null: nothing is opened. */
  finish(answer: 'stop' | 'beside' | null): void;
}

/** Whether a case that is being worked on may be left, and those that were left while a job of theirs went on: they stay open. */
export class Leaving {
  readonly #client: Client;
  question = $state.raw<ReplaceQuestion | null>(null);
  readonly #beside = new Set<string>();
  /** The job of which the user said that its case may be left. */
  #agreed = '';

  constructor(client: Client) {
    this.#client = client;
  }

  /** Asks where it is being worked on; false: it is not to be left. */
  async mayLeave(openCase: OpenCaseState | null): Promise<boolean> {
    const job = openCase?.work;
    if (!openCase || !job || (job.job !== '' && job.job === this.#agreed)) return true;
    const { id } = openCase.case;
    const answer = await new Promise<'stop' | 'beside' | null>((finish) => {
      this.question = { job, finish };
    });
    this.question = null;
    if (answer !== null) this.#agreed = job.job;
    if (answer === 'beside') this.#beside.add(id);
    if (answer === 'stop') this.#beside.delete(id);
    return answer !== null;
  }

  /** Whether it was left to go on. */
  isBeside(id: string): boolean {
    return this.#beside.has(id);
  }

  /** It is looked at again, or is to be closed. */
  forget(id: string): void {
    this.#beside.delete(id);
  }

  /** Closes a case that no window looks at, and that was not left to go on. */
  async close(id: string): Promise<void> {
    if (!this.#beside.has(id) && !(await isShown(id))) await this.#client.call('cases.close', { case: id });
  }
}
