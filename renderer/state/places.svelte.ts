import type { Client, Blob as Place } from '../../src/contract/index.js';
import type { Combination } from '../../src/terms.js';
import type { Display } from './display.svelte.js';
import type { Editing } from './editing.svelte.js';

/** The places where combinations differ, largest first: one is looked at, and decided for itself. */
export class Places {
  readonly #client: Client;
  readonly #case: string;
  readonly #editing: Editing;
  readonly #display: Display;
  /** Null before they were looked for. */
  list = $state.raw<readonly Place[] | null>(null);
  total = $state(0);
  /** Index of the one that is looked at. */
  at = $state(0);
  /** Index into its answers that is looked at. */
  answer = $state<number | null>(null);
  #compared: readonly Combination[] = [];

  constructor(client: Client, caseId: string, editing: Editing, display: Display) {
    this.#client = client;
    this.#case = caseId;
    this.#editing = editing;
    this.#display = display;
  }

  /** The one that is looked at. */
  get now(): Place | null {
    return this.list?.[this.at] ?? null;
  }

  /** Looks for them, and goes to the first. */
  async find(combinations: readonly Combination[], threshold: number | null): Promise<void> {
    this.#compared = combinations;
    const { blobs, total } = await this.#client.call('choices.list', {
      case: this.#case,
      combinations: [...combinations],
      threshold,
    });
    this.list = blobs;
    this.total = total;
    this.goTo(0);
  }

  next(by: number): void {
    const { list } = this;
    if (!list || list.length === 0) return;
    this.goTo((this.at + by + list.length) % list.length);
  }

  /** Takes the answer that is looked at, for this place alone, and goes to the next. */
  async take(threshold: number | null): Promise<void> {
    const { now, answer: index } = this;
    const answer = index === null ? undefined : now?.answers[index]?.combinations[0];
    if (!now || answer === undefined) return;
    const request = { combinations: [...this.#compared], threshold, blob: now.id, answer };
    await this.#editing.change(() =>
      this.#client.callBinary('choices.take', { case: this.#case, ...request }),
    );
    this.next(1);
  }

  goTo(index: number): void {
    this.at = index;
    this.answer = null;
    if (this.now) this.#display.jump(this.now.voxel);
  }
}
