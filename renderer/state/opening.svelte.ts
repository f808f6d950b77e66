import type { Client, QuorumEvent } from '../../src/contract/index.js';
import type { FollowTransfer, Received } from '../client/shell.js';

/** Runs work and shows what it throws. */
export type Attempt = <T>(work: () => Promise<T>) => Promise<T | undefined>;

/** How far what is being opened is: files that come in, then a case, a cohort or a timeline that is made of them. */
export class Opening {
  readonly #client: Client;
  readonly #attempt: Attempt;
  /** Share of a transfer, or null while nothing is known; undefined when nothing is being opened. */
  share = $state<number | null | undefined>(undefined);
  /** What is being done while a case is opened; '' while files come in. */
  stage = $state('');
  #abort: AbortController | null = null;
  #opening: string | null = null;

  constructor(client: Client, attempt: Attempt) {
    this.#client = client;
    this.#attempt = attempt;
  }

  /** Receives files (dropped or chosen). @returns null where nothing came, or it may not be opened. */
  async receive(
    receive: (follow: FollowTransfer) => Promise<Received | null>,
    askFirst: () => Promise<boolean>,
  ): Promise<Received | null> {
    const abort = new AbortController();
    this.#abort = abort;
    this.share = null;
    const follow = {
      signal: abort.signal,
      onProgress: (share: number) => {
        this.share = share;
      },
    };
    // What was dropped can be read during the event alone: it comes in while the user is asked.
    const receiving = this.#attempt(() => receive(follow));
    const mayOpen = await askFirst();
    if (!mayOpen) abort.abort();
    const received = await receiving;
    this.share = undefined;
    this.#abort = null;
    return mayOpen ? (received ?? null) : null;
  }

  /** Tells that something is being opened, until it ends, and shows what it throws. */
  async during(open: () => Promise<void>): Promise<void> {
    this.share = null;
    await this.#attempt(open);
    this.share = undefined;
  }

  /** The same for an opening that tells how far it is. */
  async follow(open: (opening: string) => Promise<void>): Promise<void> {
    const opening = crypto.randomUUID();
    this.#opening = opening;
    await this.during(() => open(opening));
    this.#opening = null;
    this.stage = '';
  }

  cancel(): void {
    this.#abort?.abort();
    const opening = this.#opening;
    if (opening) void this.#attempt(() => this.#client.call('cases.cancelOpening', { opening }));
  }

  hear(event: QuorumEvent): void {
    if (event.type !== 'opening' || event.opening !== this.#opening) return;
    this.stage = `${event.stage[0].toUpperCase()}${event.stage.slice(1)}…`;
    this.share = event.progress;
  }
}
