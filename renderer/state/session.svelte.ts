import type {
  Client,
  InstalledModel,
  JobEvent,
  OpenCase,
  QuorumEvent,
  Response,
  Settings,
} from '../../src/contract/index.js';
import { QuorumError } from '../../src/errors.js';
import type { PickKind, Shell } from '../client/shell.js';
import { isShownElsewhere, ShownCase } from '../client/shownElsewhere.js';
import type { FoundStudies } from '../logic/opens.js';
import type { CaseWindow } from './caseWindow.js';
import { Cohorts } from './cohorts.svelte.js';
import { Connection } from './connection.svelte.js';
import { Jobs } from './jobs.svelte.js';
import { Leaving } from './leaving.svelte.js';
import { Notices } from './notices.svelte.js';
import { OpenCaseState } from './openCaseState.svelte.js';
import { Opener } from './opener.svelte.js';
import { Opening } from './opening.svelte.js';
import { type Looking, remembered } from './remembered.js';
import { Research } from './research.svelte.js';
import { Timelines } from './timelines.svelte.js';
import { Tour } from './tour.svelte.js';
import type { View } from './views.js';

export type DialogName = 'export' | 'shortcuts' | 'forget';

/** A folder or file of the server is being chosen (browser mode). */
export interface FolderRequest {
  readonly title: string;
  readonly kind: 'folder' | 'file';
  readonly canCreate: boolean;
  finish(path: string | null): void;
}

/** One window: its connection, what it looks at, and the open case. */
export class Session implements CaseWindow {
  readonly shell: Shell;
  readonly client: Client;
  readonly notices = new Notices();
  readonly jobs: Jobs;
  readonly research: Research;
  readonly connection = new Connection(() => void this.attempt(() => this.#catchUp()));
  readonly tour = new Tour(() => void this.set({ tourSeen: true }));
  readonly leaving: Leaving;
  readonly opening: Opening;
  readonly cohorts: Cohorts;
  readonly timelines: Timelines;
  readonly opener: Opener;
  view = $state<View>('case');
  dialog = $state<DialogName | null>(null);
  folderRequest = $state.raw<FolderRequest | null>(null);
  openCase = $state.raw<OpenCaseState | null>(null);
  info = $state.raw<Response<'app.info'> | null>(null);
  settings = $state.raw<Settings | null>(null);
  models = $state.raw<readonly InstalledModel[]>([]);
  recents = $state.raw<Response<'recents.list'>>([]);
  studies = $state.raw<FoundStudies | null>(null);
  /** Where the window looked before it was loaded again; null once the case is there. */
  #looked: Looking | null;
  readonly #shown = new ShownCase();
  /** Another window looks at the same case. */
  elsewhere = $state(false);

  constructor(shell: Shell) {
    this.shell = shell;
    this.client = shell.client;
    this.jobs = new Jobs(shell.client);
    this.research = new Research(shell.client, this.jobs);
    this.leaving = new Leaving(shell.client);
    this.opening = new Opening(shell.client, (work) => this.attempt(work));
    this.cohorts = new Cohorts(this, {
      kept: () => this.settings?.cohortColumns ?? {},
      keep: (cohortColumns) => void this.set({ cohortColumns }),
    });
    this.timelines = new Timelines(this);
    this.opener = new Opener(this, this.cohorts, this.research, this.notices);
    this.#looked = remembered();
    this.view = this.#looked?.view ?? 'case';
  }

  /** Where this window looks now. */
  get looking(): Looking {
    const { openCase, view } = this;
    if (!openCase) return { view, case: this.#looked?.case ?? null };
    const { crosshair, layout } = openCase.display;
    return { view, case: { id: openCase.case.id, crosshair, layout, tiles: openCase.comparing.tiles } };
  }

  get model(): InstalledModel | null {
    return this.models.find(({ chosen }) => chosen) ?? null;
  }

  /** What a case is called in this window: nothing that identifies the patient while that is hidden. */
  nameOf({ case: { name, title } }: OpenCaseState): string {
    return (this.settings?.showPatient ?? true) ? name : title;
  }

  /** Reads what is there, reopens what was open, and listens. Returns how to stop. */
  start(): () => void {
    const stops = [
      this.client.onEvent((event) => this.#hear(event)),
      this.connection.follow(this.shell),
      this.#shown.onChange(() => void this.lookAround()),
      this.shell.onOpenPaths((paths) => void this.opener.open({ paths, temporary: false })),
    ];
    void this.attempt(async () => {
      const [info, settings, models, recents, open] = await Promise.all([
        this.client.call('app.info', {}),
        this.client.call('settings.get', {}),
        this.client.call('models.list', {}),
        this.client.call('recents.list', {}),
        this.client.call('cases.list', {}),
        this.jobs.refresh(),
        this.cohorts.find(),
        this.timelines.find(),
      ]);
      Object.assign(this, { info, settings, models, recents });
      if (this.cohorts.open && open.length === 0 && !this.#looked) this.view = 'cohort';
      const looked = this.#looked?.case;
      this.#looked = null;
      const last = open.find(({ id }) => id === looked?.id) ?? open.at(-1);
      if (last && !this.openCase) {
        this.take(last);
        if (looked?.id === last.id) this.openCase!.lookAgain(looked);
      } else if (!last && this.#needsCase) this.view = 'case';
    });
    return () => stops.forEach((stop) => stop());
  }

  /** Runs work and shows what it throws. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.notices.report(error);
      return undefined;
    }
  }

  /** Paths chosen by the user; empty when dismissed. */
  async choose(what: PickKind, title: string): Promise<string[]> {
    if (this.shell.pick) return (await this.attempt(() => this.shell.pick!(what))) ?? [];
    const path = await new Promise<string | null>((finish) => {
      const kind = what.endsWith('-file') || what === 'case-files' ? 'file' : 'folder';
      this.folderRequest = { title, kind, canCreate: what === 'export-folder', finish };
    });
    this.folderRequest = null;
    return path === null ? [] : [path];
  }

  async closeCase(forget: boolean): Promise<void> {
    const { openCase } = this;
    if (!openCase) return;
    const { id } = openCase.case;
    this.leaving.forget(id);
    await this.attempt(async () => {
      if (forget) await this.client.call('cases.forget', { case: id });
      await this.#empty();
      if (!forget) await this.leave(id);
      await this.readRecents();
    });
  }

  async set(settings: Partial<Settings>): Promise<void> {
    await this.attempt(async () => {
      this.settings = await this.client.call('settings.set', settings);
      await this.readRecents();
      this.models = await this.client.call('models.list', {});
    });
  }

  async readRecents(): Promise<void> {
    this.recents = await this.client.call('recents.list', {});
  }

  get #needsCase(): boolean {
    return this.view === 'compare' || this.view === 'correct';
  }

  /** Shows a case; the view stays, for who has gone elsewhere meanwhile. */
  take(opened: OpenCase): void {
    this.studies = null;
    const previous = this.openCase?.case.id;
    if (previous === opened.id) {
      this.openCase?.update(opened);
      return;
    }
    this.openCase?.preparing.dispose();
    this.openCase = new OpenCaseState(this.client, opened, this.jobs);
    this.leaving.forget(opened.id);
    const left = this.#shown.show(opened.id);
    if (previous) void this.attempt(() => left.then(() => this.leave(previous)));
  }

  /** Whether another window looks at the same case. */
  async lookAround(): Promise<void> {
    const id = this.openCase?.case.id;
    this.elsewhere = id !== undefined && (await isShownElsewhere(id));
    const cohort = this.cohorts.open;
    if (cohort && !cohort.view.run) await this.attempt(() => cohort.refresh());
  }

  #empty(): Promise<unknown> {
    this.openCase?.preparing.dispose();
    this.openCase = null;
    this.view = 'case';
    return this.#shown.show(null);
  }

  /** Asks before the case is left, where it is being worked on; false: it is not to be left. */
  mayLeave(): Promise<boolean> {
    return this.leaving.mayLeave(this.openCase);
  }

  /** What happened while nothing was heard. */
  async #catchUp(): Promise<void> {
    const open = await this.client.call('cases.list', {});
    await this.jobs.refresh();
    await this.cohorts.find();
    await this.timelines.find();
    const shown = open.find(({ id }) => id === this.openCase?.case.id);
    if (shown) this.openCase?.update(shown);
    else if (this.openCase) await this.#empty();
  }

  /** The end of a job of a case that this window left meanwhile. */
  #tellEnd({ case: id, title, state, kind, problem }: JobEvent): void {
    if (id === undefined || id === this.openCase?.case.id || !this.leaving.isBeside(id)) return;
    if (state === 'failed' && problem) this.notices.add({ problem });
    if (state !== 'done' || kind === 'export') return;
    const show = () => void this.attempt(() => this.opener.show(id));
    this.notices.add({ text: `${title} is done.`, action: { title: 'Show', run: show } });
  }

  /** Closes a case that no window and no timeline looks at, and that was not left to go on. */
  async leave(id: string): Promise<void> {
    if (!this.timelines.open?.has(id)) await this.leaving.close(id);
  }

  #hear(event: QuorumEvent): void {
    const { openCase } = this;
    if (event.type === 'job') {
      this.jobs.hear(event.event);
      openCase?.follow(event.event);
      this.#tellEnd(event.event);
    }
    this.opening.hear(event);
    this.cohorts.hear(event);
    this.timelines.open?.hear(event);
    if (event.type === 'case' && event.case.id === openCase?.case.id) openCase.update(event.case);
    if (event.type === 'edits' && event.case === openCase?.case.id) openCase.editing.update(event.state);
    if (event.type === 'caseClosed' && event.case === openCase?.case.id) void this.#empty();
    if (event.type === 'workerRestarted') this.notices.report(new QuorumError(event.problem));
  }
}
