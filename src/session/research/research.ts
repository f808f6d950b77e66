import { resolve } from 'node:path';
import { z } from 'zod';
import { readJson, writePrivately } from '../../files/privateFiles.js';
import { Queue } from '../../files/queue.js';
import type { JobQueue } from '../../jobs/jobs.js';
import type { WorkerSupervisor } from '../worker/supervisor.js';

/**
 * Training and scoring go on beside the line of the open cases, each in a line and a process of its own: a case is read while a training
 * runs for hours, and a run is evaluated while the next is trained.
 */
export interface Research {
  readonly results: KnownResults;
  /** Folders of the runs that are trained here, with their jobs; null: it was, and has stopped. */
  readonly trained: Map<string, string | null>;
  readonly training: JobQueue;
  /** Also verifies and measures times. */
  readonly scoring: JobQueue;
  readonly trainer: WorkerSupervisor;
  /** Scores, and reads what runs and evaluations left. */
  readonly reader: WorkerSupervisor;
}

const knownSchema = z.object({ runs: z.array(z.string()), evaluations: z.array(z.string()) });
type Known = z.infer<typeof knownSchema>;
const NONE: Known = { runs: [], evaluations: [] };
const MOST = 500;

/** The folders of runs and evaluations that a window lists. On the disk only while folders may be remembered. */
export class KnownResults {
  private readonly file: string;
  private readonly mayRemember: () => Promise<boolean>;
  private readonly queue = new Queue();
  private known: Known | null = null;

  constructor(file: string, mayRemember: () => Promise<boolean>) {
    this.file = file;
    this.mayRemember = mayRemember;
  }

  async get(): Promise<Known> {
    this.known ??= knownSchema.safeParse(await readJson(this.file)).data ?? NONE;
    return this.known;
  }

  async add(kind: keyof Known, folders: readonly string[]): Promise<void> {
    const fresh = folders.map((folder) => resolve(folder));
    await this.change((now) => ({ ...now, [kind]: [...new Set([...fresh, ...now[kind]])].slice(0, MOST) }));
  }

  async forget(folder: string): Promise<void> {
    const without = (list: readonly string[]) => list.filter((one) => one !== resolve(folder));
    await this.change(({ runs, evaluations }) => ({
      runs: without(runs),
      evaluations: without(evaluations),
    }));
  }

  /** What is open in a window stays listed there. */
  async clearDisk(): Promise<void> {
    await this.queue.run(() => writePrivately(this.file, JSON.stringify(NONE)));
  }

  private change(apply: (now: Known) => Known): Promise<void> {
    return this.queue.run(async () => {
      this.known = apply(await this.get());
      if (await this.mayRemember()) await writePrivately(this.file, JSON.stringify(this.known, null, 2));
    });
  }
}
