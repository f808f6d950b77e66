import type { QuorumEvent } from '../../contract/index.js';
import { QuorumError } from '../../errors.js';

export interface OpeningProgress {
  readonly signal: AbortSignal;
  report(stage: string, progress: number): void;
}

/** Openings under way: they do not wait for jobs, report how far they are, and can be stopped. */
export class Openings {
  private readonly running = new Map<string, AbortController>();
  private readonly emit: (event: QuorumEvent) => void;

  constructor(emit: (event: QuorumEvent) => void) {
    this.emit = emit;
  }

  /** @param opening the caller's name for it; null reports nothing. */
  async follow<T>(opening: string | null, work: (progress: OpeningProgress) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    if (opening !== null) this.running.set(opening, controller);
    const report = (stage: string, progress: number) => {
      if (opening !== null) this.emit({ type: 'opening', opening, stage, progress });
    };
    try {
      return await work({ signal, report });
    } catch (error) {
      if (signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
      throw error;
    } finally {
      if (opening !== null) this.running.delete(opening);
    }
  }

  /** False when it has ended already. */
  cancel(opening: string): boolean {
    const controller = this.running.get(opening);
    controller?.abort();
    return controller !== undefined;
  }

  close(): void {
    for (const controller of this.running.values()) controller.abort();
  }
}
