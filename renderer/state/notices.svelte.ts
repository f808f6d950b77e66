import { type Problem, problemOf } from '../../src/errors.js';

/** What only informs goes by itself after so long. */
export const FADE_MS = 8000;

/** Something to tell the user: a problem, or what asks for something, until dismissed. */
export interface Notice {
  readonly id: number;
  readonly problem?: Problem;
  /** For good news. */
  readonly text?: string;
  readonly action?: { readonly title: string; run(): void };
}

export class Notices {
  list = $state.raw<readonly Notice[]>([]);
  #next = 0;

  /** Shows what was thrown, unless the user cancelled it. */
  report(error: unknown): void {
    const problem = problemOf(error);
    // The banner says already that nothing answers.
    if (problem.code !== 'CANCELLED' && problem.code !== 'NOT_REACHED') this.add({ problem });
  }

  add(notice: Omit<Notice, 'id'>): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { ...notice, id }];
    if (!notice.problem && !notice.action) setTimeout(() => this.dismiss(id), FADE_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  clear(): void {
    this.list = [];
  }
}
