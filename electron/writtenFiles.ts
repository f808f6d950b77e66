import type { Client, ExportResult } from '../src/contract/index.js';

/** Paths that Quorum itself wrote in this session: only these are shown in the file manager. */
export class WrittenFiles {
  private readonly paths = new Set<string>();

  add(path: string | null): string | null {
    if (path !== null) this.paths.add(path);
    return path;
  }

  has(path: unknown): path is string {
    return typeof path === 'string' && this.paths.has(path);
  }

  /** Takes note of every export. */
  follow(services: Client): void {
    services.onJob(({ state, result }) => {
      const { shown } = (result ?? {}) as Partial<ExportResult>;
      if (state === 'done' && typeof shown === 'string') this.add(shown);
    });
  }
}
