import type { Client, PreparationOptions } from '../../src/contract/index.js';
import { BrainPainting } from './brainPainting.svelte.js';
import { CaseJob } from './caseJob.svelte.js';
import type { Jobs } from './jobs.svelte.js';

/** The preparation of the open case: its job, its check pictures, and the brain mask while it is corrected. */
export class Preparing {
  readonly #client: Client;
  readonly #case: string;
  readonly job: CaseJob;
  readonly brain: BrainPainting;
  readonly #pictures = new Map<string, Promise<string>>();

  constructor(client: Client, caseId: string, jobs: Jobs) {
    this.#client = client;
    this.#case = caseId;
    this.job = new CaseJob('prepare', caseId, jobs);
    this.brain = new BrainPainting(client, caseId);
  }

  async start(options: Partial<PreparationOptions>, again: boolean): Promise<void> {
    await this.job.start(() => this.#client.call('preparation.start', { case: this.#case, options, again }));
  }

  /** Keeps the corrected mask and prepares again from it. */
  async useBrain(): Promise<void> {
    await this.brain.keep();
    await this.start({}, false);
  }

  async dropBrain(): Promise<void> {
    await this.brain.drop();
    await this.start({}, false);
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
}
