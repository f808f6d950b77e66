import type {
  Client,
  CohortView,
  InstalledModel,
  JobEvent,
  OpenCase,
  QuorumEvent,
  Response,
  Settings,
  StudyChoice,
} from '../../src/contract/index.js';
import { QuorumError } from '../../src/errors.js';
import { type Combination, membersOf } from '../../src/terms.js';
import type { FollowTransfer, PickKind, Received, Shell } from '../client/shell.js';
import { isShown, isShownElsewhere, ShownCase } from '../client/shownElsewhere.js';
import { type FoundStudies, opensAs } from '../logic/opens.js';
import { Connection } from './connection.svelte.js';
import { Jobs } from './jobs.svelte.js';
import { Notices } from './notices.svelte.js';
import { OpenCaseState } from './openCaseState.svelte.js';
import { OpenCohort } from './openCohort.svelte.js';
import { OpenFollowUp, refuseSeveral } from './openFollowUp.svelte.js';
import { type Looking, remembered } from './remembered.js';
import { Research } from './research.svelte.js';
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

interface ChosenStudy {
  readonly study: string;
  readonly confirmed: boolean;
}

/** Another case is to take the place of one that is being worked on. */
export interface ReplaceQuestion {
  readonly job: JobEvent;
  /** The job ends with its case, or goes on without a window; null: nothing is opened. */
  finish(answer: 'stop' | 'beside' | null): void;
}

/** The simulated patient is an adult with a glioma, before any treatment. */
const SAMPLE_ANSWERS = [
  ['adult', 'yes'],
  ['treated', 'no'],
  ['glioma', 'yes'],
] as const;

/** One window: its connection, what it looks at, and the open case. */
export class Session {
  readonly shell: Shell;
  readonly client: Client;
  readonly notices = new Notices();
  readonly jobs: Jobs;
  readonly research: Research;
  readonly connection = new Connection(() => void this.attempt(() => this.#catchUp()));
  readonly tour = new Tour(() => void this.set({ tourSeen: true }));
  replacing = $state.raw<ReplaceQuestion | null>(null);
  /** Cases that were left while a job of theirs went on: they stay open. */
  readonly #beside = new Set<string>();
  /** The job of which the user said that its case may be left. */
  #agreed = '';
  view = $state<View>('case');
  dialog = $state<DialogName | null>(null);
  folderRequest = $state.raw<FolderRequest | null>(null);
  openCase = $state.raw<OpenCaseState | null>(null);
  cohort = $state.raw<OpenCohort | null>(null);
  followUp = $state.raw<OpenFollowUp | null>(null);
  info = $state.raw<Response<'app.info'> | null>(null);
  settings = $state.raw<Settings | null>(null);
  models = $state.raw<readonly InstalledModel[]>([]);
  recents = $state.raw<Response<'recents.list'>>([]);
  /** Share of a transfer, or null while nothing is known; undefined when nothing is being opened. */
  opening = $state<number | null | undefined>(undefined);
  /** What is being done while a case is opened; '' while files come in. */
  openingStage = $state('');
  studies = $state.raw<FoundStudies | null>(null);
  #abort: AbortController | null = null;
  /** Where the window looked before it was loaded again; null once the case is there. */
  #looked: Looking | null;
  readonly #shown = new ShownCase();
  /** Another window looks at the same case. */
  elsewhere = $state(false);
  #opening: string | null = null;

  constructor(shell: Shell) {
    this.shell = shell;
    this.client = shell.client;
    this.jobs = new Jobs(shell.client);
    this.research = new Research(shell.client, this.jobs);
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
      this.shell.onOpenPaths((paths) => void this.open({ paths, temporary: false })),
    ];
    void this.attempt(async () => {
      const [info, settings, models, recents, open] = await Promise.all([
        this.client.call('app.info', {}),
        this.client.call('settings.get', {}),
        this.client.call('models.list', {}),
        this.client.call('recents.list', {}),
        this.client.call('cases.list', {}),
        this.jobs.refresh(),
        this.#findCohort(),
        this.#findFollowUp(),
      ]);
      Object.assign(this, { info, settings, models, recents });
      if (this.cohort && open.length === 0 && !this.#looked) this.view = 'cohort';
      const looked = this.#looked?.case;
      this.#looked = null;
      const last = open.find(({ id }) => id === looked?.id) ?? open.at(-1);
      if (last && !this.openCase) {
        this.#take(last);
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

  /** Receives files (dropped or chosen) and opens them. */
  async receive(receive: (follow: FollowTransfer) => Promise<Received | null>): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.opening = null;
    const follow = {
      signal: abort.signal,
      onProgress: (share: number) => {
        this.opening = share;
      },
    };
    // What was dropped can be read during the event alone: it comes in while the user is asked.
    const receiving = this.attempt(() => receive(follow));
    const isData = this.view === 'research';
    const mayOpen = isData || (await this.#mayLeave());
    if (!mayOpen) abort.abort();
    const received = await receiving;
    this.opening = undefined;
    this.#abort = null;
    if (!received || !mayOpen) return;
    const { cohort } = this;
    if (isData) await this.attempt(() => this.research.addFolders(received.paths));
    else if (this.view === 'cohort' && cohort && cohort.lost > 0)
      await this.attempt(() => cohort.giveInputs(received.paths));
    else await this.#openNow(received);
  }

  cancelOpening(): void {
    this.#abort?.abort();
    const opening = this.#opening;
    if (opening) void this.attempt(() => this.client.call('cases.cancelOpening', { opening }));
  }

  /** @param chosen one of `studies`; where it is in doubt, the user has confirmed that it is one patient's one examination. */
  async open(received: Received, chosen: ChosenStudy | null = null): Promise<void> {
    if (await this.#mayLeave()) await this.#openNow(received, chosen);
  }

  async #openNow({ paths, temporary }: Received, chosen: ChosenStudy | null = null): Promise<void> {
    this.studies = null;
    this.notices.clear();
    await this.#followOpening(async (opening) => {
      const request = { paths, remember: !temporary, opening, ...chosen };
      const opened = await this.client.call('cases.open', request);
      const found = opened.kind === 'studies' ? { paths, temporary, ...opened } : null;
      if (opensAs(opened) === 'question') this.studies = found;
      else if (opened.kind !== 'case')
        await this.#takeCohort(opened.kind === 'cohort' ? [opened.folder] : paths, opening, found);
      else {
        this.#take(opened.case);
        this.view = 'case';
      }
    });
    this.recents = (await this.attempt(() => this.client.call('recents.list', {}))) ?? this.recents;
  }

  /** Chooses a case with the native dialog, or from the server's folders. */
  async chooseCase(what: 'case-folder' | 'case-files' = 'case-folder'): Promise<void> {
    const paths = await this.choose(what, 'Open a patient’s folder');
    if (paths.length > 0) await this.open({ paths, temporary: false });
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

  /** Goes to a case that is open already. */
  async show(id: string): Promise<void> {
    const opened = await this.client.call('cases.get', { case: id });
    if (!(await this.#mayLeave())) return;
    this.#take(opened);
    this.view = 'case';
  }

  /** Tells how far an opening is, until it ends. */
  async #followOpening(open: (opening: string) => Promise<void>): Promise<void> {
    const opening = crypto.randomUUID();
    this.#opening = opening;
    this.opening = null;
    await this.attempt(() => open(opening));
    this.#opening = null;
    this.opening = undefined;
    this.openingStage = '';
  }

  /** Opens a case of the cohort; a finished one with its result, from what is kept. */
  async openCohortCase(name: string): Promise<void> {
    const { cohort } = this;
    if (!cohort || !(await this.#mayLeave())) return;
    const row = cohort.view.cases.find((one) => one.name === name);
    await this.#followOpening(async (opening) => {
      const about = { cohort: cohort.view.id, case: name, opening };
      this.#take(await this.client.call('cohorts.openCase', about));
      this.view = 'case';
    });
    const { openCase } = this;
    if (!row?.result || !openCase || openCase.case.result) return;
    openCase.show(membersOf(row.result.combination));
    void this.attempt(() => openCase.segment(cohort.view.options.force));
  }

  async closeCohort(): Promise<void> {
    const { cohort } = this;
    if (!cohort) return;
    this.#leaveCohort();
    await this.attempt(async () => {
      await this.client.call('cohorts.close', { cohort: cohort.view.id });
      this.recents = await this.client.call('recents.list', {});
    });
  }

  /** @param found what a scan found, to open one alone. */
  async #takeCohort(paths: readonly string[], opening: string, found: FoundStudies | null): Promise<void> {
    const view = await this.client.call('cohorts.open', { paths: [...paths], opening });
    this.cohort = this.#asCohort(view, found);
    this.view = 'cohort';
  }

  #asCohort(view: CohortView, found: FoundStudies | null): OpenCohort {
    return new OpenCohort(this.client, view, found, {
      kept: () => this.settings?.cohortColumns ?? {},
      keep: (cohortColumns) => void this.set({ cohortColumns }),
    });
  }

  #leaveCohort(): void {
    this.cohort = null;
    if (this.view === 'cohort') this.view = 'case';
  }

  /** The open case as a time point, beside others of its patient that lay where it lay. */
  async openTimeline(openCase: OpenCaseState, others: readonly StudyChoice[]): Promise<void> {
    const { id, examination } = openCase.case;
    const ids = [id];
    await this.#followOpening(async (opening) => {
      for (const { id: study } of others) {
        const { paths, remember } = examination;
        const opened = await this.client.call('cases.open', { paths, remember, study, opening });
        if (opened.kind === 'case') ids.push(opened.case.id);
      }
      await this.#takeTimeline(ids);
    });
  }

  /** Cases of the cohort as time points. */
  async openCohortTimeline(names: readonly string[]): Promise<void> {
    const { cohort } = this;
    if (!cohort || !(await this.#mayLeave())) return;
    await this.#followOpening(async (opening) => {
      const ids: string[] = [];
      for (const name of names) {
        const about = { cohort: cohort.view.id, case: name, opening };
        ids.push((await this.client.call('cohorts.openCase', about)).id);
      }
      await this.#takeTimeline(ids, cohort.view.options.force);
    });
  }

  /** One more examination, chosen by hand. */
  async addTimePoint(): Promise<void> {
    const { followUp } = this;
    const paths = await this.choose('case-folder', 'Another examination of this patient');
    if (!followUp || paths.length === 0) return;
    await this.#followOpening(async (opening) => {
      const opened = await this.client.call('cases.open', { paths, opening });
      if (opened.kind !== 'case') return refuseSeveral(opened.kind);
      if (followUp.has(opened.case.id)) return;
      await followUp.change([...followUp.view.members, { case: opened.case.id, date: null, force: false }]);
    });
  }

  /** The cases that no window shows are closed with it. */
  async closeTimeline(): Promise<void> {
    const { followUp } = this;
    if (!followUp) return;
    this.followUp = null;
    if (this.view === 'followup') this.view = 'case';
    await this.attempt(async () => {
      await this.client.call('followups.close', { followUp: followUp.view.id });
      for (const member of followUp.view.members)
        if (member.case !== this.openCase?.case.id) await this.#leave(member.case);
    });
  }

  async #takeTimeline(ids: readonly string[], force = false): Promise<void> {
    const members = [...new Set(ids)].map((id) => ({ case: id, date: null, force }));
    const before = this.followUp;
    const view = await this.client.call('followups.open', { members });
    this.followUp = new OpenFollowUp(this.client, view, this.jobs);
    this.view = 'followup';
    await this.followUp.refresh();
    if (before) await this.client.call('followups.close', { followUp: before.view.id });
  }

  /** The timeline that was open when this window was loaded. */
  async #findFollowUp(): Promise<void> {
    const view = (await this.client.call('followups.list', {})).at(-1);
    if (view && this.followUp?.view.id === view.id) this.followUp.view = view;
    else this.followUp = view ? new OpenFollowUp(this.client, view, this.jobs) : null;
    if (this.followUp) {
      await this.followUp.refresh();
      await this.followUp.centre();
    } else if (this.view === 'followup') this.view = 'case';
  }

  /** The cohort that was open when this window was loaded. */
  async #findCohort(): Promise<void> {
    const view = (await this.client.call('cohorts.list', {})).at(-1);
    if (view && this.cohort?.view.id === view.id) this.cohort.view = view;
    else this.cohort = view ? this.#asCohort(view, null) : null;
    if (!view && this.view === 'cohort') this.view = 'case';
  }

  /** Opens a case of an evaluation, with its truth beside the mask that was scored. */
  async openScored(folder: string, name: string, combination: Combination): Promise<void> {
    if (!(await this.#mayLeave())) return;
    this.opening = null;
    await this.attempt(async () => {
      const request = { folder, case: name, combination };
      const { case: opened, truth, scored } = await this.client.call('research.openCase', request);
      this.#take(opened);
      this.openCase!.comparedMasks = [truth, scored];
      this.openCase!.source = scored;
      this.view = 'case';
    });
    this.opening = undefined;
  }

  /**
   * @param segmented also answers what is known of a simulated patient, and segments. Until that is done, the mask is shown that
   * the chosen model finds there, where it is shipped.
   */
  async openSample(segmented = false): Promise<void> {
    const { info } = this;
    if (!info) return;
    await this.open({ paths: [info.sample], temporary: true });
    const { openCase } = this;
    if (!segmented || !openCase?.case.examination.paths.includes(info.sample) || openCase.case.result) return;
    await this.attempt(async () => {
      const { sampleMask } = info;
      if (sampleMask && sampleMask.modelHash === this.model?.id)
        await openCase.showMeanwhile(sampleMask.file);
      for (const [question, answer] of SAMPLE_ANSWERS) await openCase.answer(question, answer);
      await openCase.segment();
    });
  }

  async closeCase(forget: boolean): Promise<void> {
    const { openCase } = this;
    if (!openCase) return;
    const { id } = openCase.case;
    this.#beside.delete(id);
    await this.attempt(async () => {
      if (forget) await this.client.call('cases.forget', { case: id });
      await this.#empty();
      if (!forget) await this.#leave(id);
      this.recents = await this.client.call('recents.list', {});
    });
  }

  async set(settings: Partial<Settings>): Promise<void> {
    await this.attempt(async () => {
      this.settings = await this.client.call('settings.set', settings);
      this.recents = await this.client.call('recents.list', {});
      this.models = await this.client.call('models.list', {});
    });
  }

  get #needsCase(): boolean {
    return this.view === 'compare' || this.view === 'correct';
  }

  /** Shows a case; the view stays, for who has gone elsewhere meanwhile. */
  #take(opened: OpenCase): void {
    this.studies = null;
    const previous = this.openCase?.case.id;
    if (previous === opened.id) {
      this.openCase?.update(opened);
      return;
    }
    this.openCase?.preparing.dispose();
    this.openCase = new OpenCaseState(this.client, opened, this.jobs);
    this.#beside.delete(opened.id);
    const left = this.#shown.show(opened.id);
    if (previous) void this.attempt(() => left.then(() => this.#leave(previous)));
  }

  /** Whether another window looks at the same case. */
  async lookAround(): Promise<void> {
    const id = this.openCase?.case.id;
    this.elsewhere = id !== undefined && (await isShownElsewhere(id));
    const { cohort } = this;
    if (cohort && !cohort.view.run) await this.attempt(() => cohort.refresh());
  }

  #empty(): Promise<unknown> {
    this.openCase?.preparing.dispose();
    this.openCase = null;
    this.view = 'case';
    return this.#shown.show(null);
  }

  /** Asks before a case that is being worked on is left; false: it is not to be left. */
  async #mayLeave(): Promise<boolean> {
    const id = this.openCase?.case.id;
    const job = id === undefined ? null : this.openCase!.work;
    if (id === undefined || !job || (job.job !== '' && job.job === this.#agreed)) return true;
    const answer = await new Promise<'stop' | 'beside' | null>((finish) => {
      this.replacing = { job, finish };
    });
    this.replacing = null;
    if (answer !== null) this.#agreed = job.job;
    if (answer === 'beside') this.#beside.add(id);
    if (answer === 'stop') this.#beside.delete(id);
    return answer !== null;
  }

  /** What happened while nothing was heard. */
  async #catchUp(): Promise<void> {
    const open = await this.client.call('cases.list', {});
    await this.jobs.refresh();
    await this.#findCohort();
    await this.#findFollowUp();
    const shown = open.find(({ id }) => id === this.openCase?.case.id);
    if (shown) this.openCase?.update(shown);
    else if (this.openCase) await this.#empty();
  }

  /** The end of a job of a case that this window left meanwhile. */
  #tellEnd({ case: id, title, state, kind, problem }: JobEvent): void {
    if (id === undefined || id === this.openCase?.case.id || !this.#beside.has(id)) return;
    if (state === 'failed' && problem) this.notices.add({ problem });
    if (state !== 'done' || kind === 'export') return;
    const show = () => void this.attempt(() => this.show(id));
    this.notices.add({ text: `${title} is done.`, action: { title: 'Show', run: show } });
  }

  /** Closes a case that no other window looks at, and that was not left to go on. */
  async #leave(id: string): Promise<void> {
    if (this.#beside.has(id) || this.followUp?.has(id)) return;
    if (!(await isShown(id))) await this.client.call('cases.close', { case: id });
  }

  #hear(event: QuorumEvent): void {
    const { openCase } = this;
    if (event.type === 'job') {
      this.jobs.hear(event.event);
      openCase?.follow(event.event);
      this.#tellEnd(event.event);
    }
    if (event.type === 'opening' && event.opening === this.#opening) {
      this.openingStage = `${event.stage[0].toUpperCase()}${event.stage.slice(1)}…`;
      this.opening = event.progress;
    }
    if (event.type === 'cohort') this.cohort?.hear(event);
    this.followUp?.hear(event);
    if (event.type === 'cohortClosed' && event.cohort === this.cohort?.view.id) this.#leaveCohort();
    if (event.type === 'case' && event.case.id === openCase?.case.id) openCase.update(event.case);
    if (event.type === 'edits' && event.case === openCase?.case.id) openCase.editing.update(event.state);
    if (event.type === 'caseClosed' && event.case === openCase?.case.id) void this.#empty();
    if (event.type === 'workerRestarted') this.notices.report(new QuorumError(event.problem));
  }
}
