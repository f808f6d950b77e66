import type { CohortView, QuorumEvent } from '../../src/contract/index.js';
import { membersOf } from '../../src/terms.js';
import type { FoundStudies } from '../logic/opens.js';
import type { CaseWindow } from './caseWindow.js';
import { type KeptColumns, OpenCohort } from './openCohort.svelte.js';

/** The cohort of a window: opened, gone to a case of it, closed. */
export class Cohorts {
  readonly #window: CaseWindow;
  readonly #columns: KeptColumns;
  open = $state.raw<OpenCohort | null>(null);

  constructor(window: CaseWindow, columns: KeptColumns) {
    this.#window = window;
    this.#columns = columns;
  }

  /** @param found what a scan found, to open one alone. */
  async take(paths: readonly string[], opening: string, found: FoundStudies | null): Promise<void> {
    const view = await this.#window.client.call('cohorts.open', { paths: [...paths], opening });
    this.open = this.#asOpen(view, found);
    this.#window.view = 'cohort';
  }

  /** The cohort that was open when this window was loaded. */
  async find(): Promise<void> {
    const view = (await this.#window.client.call('cohorts.list', {})).at(-1);
    if (view && this.open?.view.id === view.id) this.open.view = view;
    else this.open = view ? this.#asOpen(view, null) : null;
    if (!view && this.#window.view === 'cohort') this.#window.view = 'case';
  }

  /** Opens a case of it; a finished one with its result, from what is kept. */
  async openCase(name: string): Promise<void> {
    const window = this.#window;
    const cohort = this.open;
    if (!cohort || !(await window.mayLeave())) return;
    const row = cohort.view.cases.find((one) => one.name === name);
    await window.opening.follow(async (opening) => {
      const about = { cohort: cohort.view.id, case: name, opening };
      window.take(await window.client.call('cohorts.openCase', about));
      window.view = 'case';
    });
    const { openCase } = window;
    if (!row?.result || !openCase || openCase.case.result) return;
    openCase.show(membersOf(row.result.combination));
    void window.attempt(() => openCase.segment(cohort.view.options.force));
  }

  async close(): Promise<void> {
    const cohort = this.open;
    if (!cohort) return;
    this.#leave();
    await this.#window.attempt(async () => {
      await this.#window.client.call('cohorts.close', { cohort: cohort.view.id });
      await this.#window.readRecents();
    });
  }

  hear(event: QuorumEvent): void {
    if (event.type === 'cohort') this.open?.hear(event);
    if (event.type === 'cohortClosed' && event.cohort === this.open?.view.id) this.#leave();
  }

  #asOpen(view: CohortView, found: FoundStudies | null): OpenCohort {
    return new OpenCohort(this.#window.client, view, found, this.#columns);
  }

  #leave(): void {
    this.open = null;
    if (this.#window.view === 'cohort') this.#window.view = 'case';
  }
}
