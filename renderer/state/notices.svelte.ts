import { type Problem, problemOf } from '../../src/errors.js';

/** Something to tell the user, until dismissed. */
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
    if (problem.code !== 'CANCELLED') this.add({ problem });
  }

  add(notice: Omit<Notice, 'id'>): void {
    this.list = [...this.list.slice(-3), { ...notice, id: this.#next++ }];
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  clear(): void {
    this.list = [];
  }
}
