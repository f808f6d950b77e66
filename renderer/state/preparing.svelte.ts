import type { Client, JobEvent, PreparationOptions, PreparationState } from '../../src/contract/index.js';
import { type Problem, problemOf } from '../../src/errors.js';
import { contentBox } from '../logic/contentBox.js';
import { runsOf } from '../logic/runs.js';
import type { ImageVoxels, Overlay } from '../logic/slices.js';
import { type Jobs, waitingFor } from './jobs.svelte.js';

const BRAIN_TOOLS = ['look', 'brush', 'eraser', 'fill'] as const;
export type BrainTool = (typeof BRAIN_TOOLS)[number];

/** One stroke: the voxels that it changed, and what they became. */
interface Stroke {
  readonly indices: readonly number[];
  readonly label: number;
}

/** The preparation of the open case: its job, its check pictures, and the brain mask while it is corrected. */
export class Preparing {
  readonly #client: Client;
  readonly #case: string;
  readonly #jobs: Jobs;
  /** Asked for, and not yet answered. */
  #asked = $state.raw<JobEvent | null>(null);
  /** What was asked for is not wanted any more. */
  #refused = $state(false);
  failure = $state.raw<Problem | null>(null);
  /** The brain mask that is being corrected, or null. */
  overlay = $state.raw<Overlay | null>(null);
  head = $state.raw<ImageVoxels | null>(null);
  tool = $state<BrainTool>('brush');
  diameter = $state(12);
  threeD = $state(false);
  #done = $state.raw<readonly Stroke[]>([]);
  #undone = $state.raw<readonly Stroke[]>([]);
  #changes = 0;
  readonly #pictures = new Map<string, Promise<string>>();

  constructor(client: Client, caseId: string, jobs: Jobs) {
    this.#client = client;
    this.#jobs = jobs;
    this.#case = caseId;
  }

  /** The preparation that is under way, whoever started it. */
  get job(): JobEvent | null {
    return this.#jobs.of(this.#case, 'prepare') ?? this.#asked;
  }

  get running(): boolean {
    return this.job !== null;
  }

  get label(): number {
    return 1;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  async start(options: Partial<PreparationOptions>, again: boolean): Promise<void> {
    this.failure = null;
    const asked = waitingFor('prepare', this.#case);
    this.#asked = asked;
    try {
      const { job } = await this.#client.call('preparation.start', { case: this.#case, options, again });
      this.#jobs.expect({ ...asked, job });
      if (this.#refused) await this.#jobs.cancel(job);
    } catch (error) {
      this.failure = problemOf(error);
    }
    this.#asked = null;
    this.#refused = false;
  }

  async cancel(): Promise<void> {
    // Before the job has a name, it is stopped as soon as it has one.
    if (this.job?.job === '') this.#refused = true;
    else if (this.job) await this.#jobs.cancel(this.job.job);
  }

  /** Whether the preparation that is under way was asked to stop. */
  get stopping(): boolean {
    return this.job !== null && (this.#jobs.isStopping(this.job) || this.#refused);
  }

  /** An event of this case's preparation. */
  follow(event: JobEvent): void {
    if (event.state === 'failed') this.failure = event.problem ?? { code: 'INTERNAL' };
  }

  /** Address of a check picture, kept while the window is open. */
  picture(key: string, name: string): Promise<string> {
    const id = `${key} ${name}`;
    const kept = this.#pictures.get(id) ?? this.#loadPicture(name);
    this.#pictures.set(id, kept);
    kept.catch(() => this.#pictures.delete(id));
    return kept;
  }

  /** Frees the check pictures. */
  dispose(): void {
    for (const address of this.#pictures.values())
      void address.then((url) => URL.revokeObjectURL(url)).catch(() => undefined);
    this.#pictures.clear();
  }

  async #loadPicture(picture: string): Promise<string> {
    const { data } = await this.#client.callBinary('preparation.picture', { case: this.#case, picture });
    return URL.createObjectURL(new Blob([data], { type: 'image/png' }));
  }

  /** Gets the brain mask and the head under it, to be corrected. */
  async beginBrain(): Promise<void> {
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
    this.overlay = { key: 'brain', grid: brain.header.grid, data: new Uint8Array(brain.data) };
  }

  endBrain(): void {
    this.overlay = null;
    this.head = null;
  }

  /** Draws at once. Returns the voxels that change. */
  paint(indices: readonly number[], label: number): number[] {
    const { overlay } = this;
    if (!overlay) return [];
    const changed = indices.filter((index) => overlay.data[index] !== label);
    for (const index of changed) overlay.data[index] = label;
    if (changed.length > 0) this.#touch();
    return changed;
  }

  finishStroke(_tool: 'brush' | 'eraser' | 'fill', indices: readonly number[], label: number): Promise<void> {
    if (indices.length > 0) {
      this.#done = [...this.#done, { indices, label }];
      this.#undone = [];
    }
    return Promise.resolve();
  }

  undo(): void {
    const last = this.#done.at(-1);
    if (!last) return;
    this.paint(last.indices, 1 - last.label);
    this.#done = this.#done.slice(0, -1);
    this.#undone = [...this.#undone, last];
  }

  redo(): void {
    const last = this.#undone.at(-1);
    if (!last) return;
    this.paint(last.indices, last.label);
    this.#undone = this.#undone.slice(0, -1);
    this.#done = [...this.#done, last];
  }

  /** Keeps the corrected mask and prepares again from it. */
  async useBrain(): Promise<PreparationState | null> {
    const { overlay } = this;
    if (!overlay) return null;
    const inside: number[] = [];
    overlay.data.forEach((value, index) => {
      if (value !== 0) inside.push(index);
    });
    const body = runsOf(inside, 1).buffer;
    const state = await this.#client.call('preparation.setBrain', { case: this.#case }, body);
    this.endBrain();
    await this.start({}, false);
    return state;
  }

  async dropBrain(): Promise<void> {
    await this.#client.call('preparation.dropBrain', { case: this.#case });
    await this.start({}, false);
  }

  #touch(): void {
    if (this.overlay) this.overlay = { ...this.overlay, key: `brain ${this.#changes++}` };
  }
}
