import type { Client, EditState, MaskRef, OpenCase } from '../../src/contract/index.js';
import { applyRuns, runsOf } from '../logic/runs.js';
import type { Overlay } from '../logic/slices.js';
import { Painting, type PaintingTool } from './painting.svelte.js';

/** BraTS labels that can be painted. */
export const PAINTS = [
  { label: 4, title: 'Enhancing tumour', region: 'ET' },
  { label: 1, title: 'Core, not enhancing', region: 'TC' },
  { label: 2, title: 'Oedema', region: 'WT' },
] as const;

/** The mask edited by hand: voxels here, history with the services. */
export class Editing extends Painting {
  readonly #client: Client;
  readonly #case: string;
  state = $state.raw<EditState | null>(null);
  label = $state<1 | 2 | 4>(4);
  readonly largest = 40;
  /** Changes that are not yet confirmed to be on disk. */
  unsaved = $state(0);
  #queue: Promise<unknown> = Promise.resolve();
  /** What the first change will begin from, while there is no edit. */
  #source: { readonly from: MaskRef; readonly overlay: Overlay } | null = null;
  readonly #began: () => void;

  /** @param began called when the first change has made an edit. */
  constructor(client: Client, opened: OpenCase, began: () => void = () => {}) {
    super();
    this.#client = client;
    this.#began = began;
    this.#case = opened.id;
    this.state = opened.edits;
    this.tool = 'brush';
  }

  get canUndo(): boolean {
    return this.state?.canUndo ?? false;
  }

  get canRedo(): boolean {
    return this.state?.canRedo ?? false;
  }

  protected get key(): string {
    return `edited ${this.state?.startedAt} ${this.state?.revision}`;
  }

  /** Shows a mask to paint on; there is an edit once something was changed, so that a look makes none. */
  offer(from: MaskRef, overlay: Overlay): void {
    if (this.state || this.unsaved > 0) return;
    this.#source = { from, overlay };
    this.tool = 'brush';
    this.#showSource();
  }

  #showSource(): void {
    const overlay = this.#source?.overlay;
    this.overlay = overlay ? { ...overlay, data: overlay.data.slice(), key: `offered ${overlay.key}` } : null;
  }

  /** The edit that a change belongs to: begun by the first one. */
  async #begin(): Promise<void> {
    if (this.state || !this.#source) return;
    this.state = await this.#client.call('edits.start', { case: this.#case, from: this.#source.from });
    this.#began();
  }

  /** Gets the edited mask's voxels. */
  async load(): Promise<void> {
    if (!this.state) return this.#showSource();
    const { header, data } = await this.#client.callBinary('masks.labels', {
      case: this.#case,
      mask: { kind: 'edited' },
    });
    this.overlay = { key: this.key, grid: header.grid, data: new Uint8Array(data) };
  }

  /** Sends one stroke; when it is refused the mask is read again. */
  finishStroke(tool: PaintingTool, indices: readonly number[], label: number): Promise<void> {
    if (indices.length === 0) return Promise.resolve();
    const body = runsOf(new Set(indices), label).buffer;
    return this.#enqueue(async () => {
      await this.#begin();
      this.state = await this.#client.call('edits.stroke', { case: this.#case, tool }, body);
    });
  }

  undo(): Promise<void> {
    return this.change(() => this.#client.callBinary('edits.undo', { case: this.#case }));
  }

  redo(): Promise<void> {
    return this.change(() => this.#client.callBinary('edits.redo', { case: this.#case }));
  }

  restoreSpecks(specks: number[] | null): Promise<void> {
    return this.change(() => this.#client.callBinary('edits.restoreSpecks', { case: this.#case, specks }));
  }

  async discard(): Promise<void> {
    await this.#client.call('edits.discard', { case: this.#case, confirmed: true });
    this.state = null;
    this.overlay = null;
  }

  /** The services say what is being edited now; another window may have changed it. */
  update(state: EditState | null): void {
    if (this.unsaved > 0 || state?.revision === this.state?.revision) return;
    this.state = state;
    if (!state) this.overlay = null;
    else if (this.overlay) void this.load();
  }

  /** A change that the services make: they answer with the runs that it changed. */
  change(ask: () => Promise<{ header: EditState; data: ArrayBuffer }>): Promise<void> {
    return this.#enqueue(async () => {
      await this.#begin();
      const { header, data } = await ask();
      this.state = header;
      if (!this.overlay) return;
      applyRuns(this.overlay.data, new Uint32Array(data));
      this.touch();
    });
  }

  /** One change after the other, in the order in which they were made. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.unsaved++;
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => this.load().catch(() => {})).finally(() => this.unsaved--);
    return done;
  }
}
