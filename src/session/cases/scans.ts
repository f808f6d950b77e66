import { resolve } from 'node:path';
import type { LinkScope } from '../../files/within.js';
import type { Scan } from '../../intake/candidate.js';
import type { SequenceMemory } from '../../kept/sequenceMemory.js';
import type { WorkingFolders } from '../../kept/workingFolders.js';
import type { WorkerSupervisor } from '../worker/supervisor.js';
import type { OpeningProgress } from './openings.js';

interface Held {
  readonly key: string;
  readonly scan: Scan;
  /** Where archives were unpacked. */
  readonly folder: string;
  /** Open cases of this scan, by id. */
  readonly cases: Set<string>;
}

/** The last scan, to choose from, and those of open cases: what was unpacked goes when nothing needs it any more. */
export class Scans {
  private readonly worker: WorkerSupervisor;
  private readonly folders: WorkingFolders;
  private readonly memory: SequenceMemory;
  private readonly links: { readonly scope: LinkScope };
  private last: Held | null = null;
  private readonly held = new Set<Held>();

  constructor(
    worker: WorkerSupervisor,
    folders: WorkingFolders,
    memory: SequenceMemory,
    links: { readonly scope: LinkScope },
  ) {
    this.links = links;
    this.worker = worker;
    this.folders = folders;
    this.memory = memory;
  }

  /** @param fresh look again although the same paths were looked at last. */
  async of(
    paths: readonly string[],
    { signal, report }: OpeningProgress,
    fresh: boolean,
  ): Promise<{ scan: Scan; keepFor: (caseId: string) => void }> {
    const key = keyOf(paths);
    const last = this.last;
    const held = !fresh && last?.key === key ? last : await this.look(key, paths, { signal, report });
    return { scan: held.scan, keepFor: (caseId) => held.cases.add(caseId) };
  }

  /** The last scan, where it was of these paths. */
  lastOf(paths: readonly string[]): Scan | null {
    return this.last?.key === keyOf(paths) ? this.last.scan : null;
  }

  async caseClosed(caseId: string): Promise<void> {
    for (const held of this.held) {
      if (!held.cases.delete(caseId) || held.cases.size > 0) continue;
      if (held === this.last) this.last = null;
      await this.removeUnused(held);
    }
  }

  private async look(
    key: string,
    paths: readonly string[],
    { signal, report }: OpeningProgress,
  ): Promise<Held> {
    const folder = await this.folders.create();
    const previous = this.last;
    try {
      const scan = await this.worker.run(
        'scan',
        { paths, workingFolder: folder, remembered: await this.memory.all(), links: this.links.scope },
        { signal, onProgress: report },
      );
      this.last = { key, scan, folder, cases: new Set() };
    } catch (error) {
      await this.folders.remove(folder);
      throw error;
    }
    this.held.add(this.last);
    if (previous) await this.removeUnused(previous);
    return this.last;
  }

  private async removeUnused(held: Held): Promise<void> {
    if (held === this.last || held.cases.size > 0) return;
    this.held.delete(held);
    await this.folders.remove(held.folder);
  }
}

const keyOf = (paths: readonly string[]) => paths.map((path) => resolve(path)).join('\n');
