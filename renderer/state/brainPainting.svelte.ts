import type { Client } from '../../src/contract/index.js';
import { contentBox } from '../logic/contentBox.js';
import { runsOf } from '../logic/runs.js';
import type { ImageVoxels } from '../logic/slices.js';
import { Painting, type PaintingTool } from './painting.svelte.js';

/** One stroke: the voxels that it changed, and what they became. */
interface Stroke {
  readonly indices: readonly number[];
  readonly label: number;
}

/** The brain mask while it is corrected: nothing of it is kept before it is used. */
export class BrainPainting extends Painting {
  readonly #client: Client;
  readonly #case: string;
  /** What is painted over: the head before the brain was cut out. */
  head = $state.raw<ImageVoxels | null>(null);
  readonly label = 1;
  readonly largest = 60;
  protected readonly key = 'brain';
  #done = $state.raw<readonly Stroke[]>([]);
  #undone = $state.raw<readonly Stroke[]>([]);

  constructor(client: Client, caseId: string) {
    super();
    this.#client = client;
    this.#case = caseId;
    this.tool = 'brush';
    this.diameter = 12;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Gets the brain mask and the head under it. */
  async begin(): Promise<void> {
    const request = { case: this.#case };
    const [brain, head] = await Promise.all([
      this.#client.callBinary('preparation.brain', request),
      this.#client.callBinary('preparation.head', request),
    ]);
    const Type = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array }[head.header.type];
    const image = { ...head.header, data: new Type(head.data) };
    this.head = { ...image, content: contentBox(image) };
    this.#done = [];
    this.#undone = [];
    this.overlay = { key: this.key, grid: brain.header.grid, data: new Uint8Array(brain.data) };
  }

  end(): void {
    this.overlay = null;
    this.head = null;
  }

  async finishStroke(_: PaintingTool, indices: readonly number[], label: number): Promise<void> {
    if (indices.length === 0) return;
    this.#done = [...this.#done, { indices, label }];
    this.#undone = [];
  }

  async undo(): Promise<void> {
    const last = this.#done.at(-1);
    if (!last) return;
    this.paint(last.indices, 1 - last.label);
    this.#done = this.#done.slice(0, -1);
    this.#undone = [...this.#undone, last];
  }

  async redo(): Promise<void> {
    const last = this.#undone.at(-1);
    if (!last) return;
    this.paint(last.indices, last.label);
    this.#undone = this.#undone.slice(0, -1);
    this.#done = [...this.#done, last];
  }

  /** Keeps the mask as it is painted now, for the next preparation. */
  async keep(): Promise<void> {
    const { overlay } = this;
    if (!overlay) return;
    const inside: number[] = [];
    overlay.data.forEach((value, index) => {
      if (value !== 0) inside.push(index);
    });
    await this.#client.call('preparation.setBrain', { case: this.#case }, runsOf(inside, 1).buffer);
    this.end();
  }

  /** Back to the mask that Quorum finds. */
  async drop(): Promise<void> {
    await this.#client.call('preparation.dropBrain', { case: this.#case });
  }
}
