import type { StudyChoice } from '../../src/contract/index.js';
import type { CaseWindow } from './caseWindow.js';
import type { OpenCaseState } from './openCaseState.svelte.js';
import type { OpenCohort } from './openCohort.svelte.js';
import { OpenFollowUp, refuseSeveral } from './openFollowUp.svelte.js';

/** The timeline of a window: made of cases, which are opened for it, and closed with them. */
export class Timelines {
  readonly #window: CaseWindow;
  open = $state.raw<OpenFollowUp | null>(null);

  constructor(window: CaseWindow) {
    this.#window = window;
  }

  /** The open case as a time point, beside others of its patient that lay where it lay. */
  async openOf(openCase: OpenCaseState, others: readonly StudyChoice[]): Promise<void> {
    const { client, opening: progress } = this.#window;
    const { id, examination } = openCase.case;
    const ids = [id];
    await progress.follow(async (opening) => {
      for (const { id: study } of others) {
        const { paths, remember } = examination;
        const opened = await client.call('cases.open', { paths, remember, study, opening });
        if (opened.kind === 'case') ids.push(opened.case.id);
      }
      await this.#take(ids);
    });
  }

  /** Cases of a cohort as time points. */
  async openFrom(cohort: OpenCohort, names: readonly string[]): Promise<void> {
    const { client, opening: progress } = this.#window;
    if (!(await this.#window.mayLeave())) return;
    await progress.follow(async (opening) => {
      const ids: string[] = [];
      for (const name of names) {
        const about = { cohort: cohort.view.id, case: name, opening };
        ids.push((await client.call('cohorts.openCase', about)).id);
      }
      await this.#take(ids, cohort.view.options.force);
    });
  }

  /** One more examination, chosen by hand. */
  async add(): Promise<void> {
    const { client, opening: progress } = this.#window;
    const followUp = this.open;
    const paths = await this.#window.choose('case-folder', 'Another examination of this patient');
    if (!followUp || paths.length === 0) return;
    await progress.follow(async (opening) => {
      const opened = await client.call('cases.open', { paths, opening });
      if (opened.kind !== 'case') return refuseSeveral(opened.kind);
      if (followUp.has(opened.case.id)) return;
      await followUp.change([...followUp.view.members, { case: opened.case.id, date: null, force: false }]);
    });
  }

  /** The cases that no window shows are closed with it. */
  async close(): Promise<void> {
    const window = this.#window;
    const followUp = this.open;
    if (!followUp) return;
    this.open = null;
    if (window.view === 'followup') window.view = 'case';
    await window.attempt(async () => {
      await window.client.call('followups.close', { followUp: followUp.view.id });
      for (const member of followUp.view.members)
        if (member.case !== window.openCase?.case.id) await window.leave(member.case);
    });
  }

  /** The timeline that was open when this window was loaded. */
  async find(): Promise<void> {
    const { client, jobs } = this.#window;
    const view = (await client.call('followups.list', {})).at(-1);
    if (view && this.open?.view.id === view.id) this.open.view = view;
    else this.open = view ? new OpenFollowUp(client, view, jobs) : null;
    if (this.open) {
      await this.open.refresh();
      await this.open.centre();
    } else if (this.#window.view === 'followup') this.#window.view = 'case';
  }

  async #take(ids: readonly string[], force = false): Promise<void> {
    const { client, jobs } = this.#window;
    const members = [...new Set(ids)].map((id) => ({ case: id, date: null, force }));
    const before = this.open;
    const view = await client.call('followups.open', { members });
    this.open = new OpenFollowUp(client, view, jobs);
    this.#window.view = 'followup';
    await this.open.refresh();
    if (before) await client.call('followups.close', { followUp: before.view.id });
  }
}
