import type {
  Answers,
  CaseCombination,
  CaseFile,
  Blob as ChoiceBlob,
  Client,
  GridSummary,
  JobEvent,
  MaskRef,
  OpenCase,
  Sequence,
} from '../../src/contract/index.js';
import { editSupports } from '../../src/contract/index.js';
import { type Problem, problemOf } from '../../src/errors.js';
import { type Combination, combinationName, type Modality, type Region } from '../../src/terms.js';
import { clampVoxel } from '../logic/geometry.js';
import { Comparing } from './comparing.svelte.js';
import { Display } from './display.svelte.js';
import { Editing } from './editing.svelte.js';
import { type Jobs, waitingFor } from './jobs.svelte.js';
import { Live } from './live.svelte.js';
import { Preparing } from './preparing.svelte.js';
import type { Looking } from './remembered.js';
import { Voxels } from './voxels.js';

/** Problems that the user may override, knowing what they are: the images are then taken as they are, without preparation. */
const FORCEABLE: ReadonlySet<string> = new Set([
  'GRIDS_DIFFER',
  'NOT_SKULL_STRIPPED',
  'NOT_ISOTROPIC_1MM',
  'REGISTRATION_FAILED',
  'BRAIN_NOT_FOUND',
  'BRAIN_INCOMPLETE',
]);

/** The open case as this window shows it. */
export class OpenCaseState {
  readonly client: Client;
  readonly voxels: Voxels;
  readonly display = new Display();
  readonly editing: Editing;
  readonly comparing: Comparing;
  readonly preparing: Preparing;

  case = $state.raw() as OpenCase;
  switchedOff = $state.raw<ReadonlySet<Modality>>(new Set());
  readonly #jobs: Jobs;
  /** Asked for, and not yet answered. */
  #asked = $state.raw<JobEvent | null>(null);
  /** What was asked for is not wanted any more. */
  #refused = $state(false);
  failure = $state.raw<Problem | null>(null);
  /** What is answered so far; sent when all three are. */
  answers = $state.raw<Partial<Answers>>({});
  /** Probability above which a voxel belongs to a region; null is the model's. */
  readonly thresholds: Live<number | null>;
  /** `automatic`, `edited`, or the id of a named mask. */
  source = $state('automatic');
  /** Numbers for regions that the sequences do not support were asked for. */
  showUnsupported = $state(false);

  constructor(client: Client, opened: OpenCase, jobs: Jobs) {
    this.client = client;
    this.#jobs = jobs;
    this.case = opened;
    this.answers = opened.answers ?? {};
    this.voxels = new Voxels(client, opened.id);
    this.editing = new Editing(client, opened);
    this.comparing = new Comparing((factors) =>
      this.voxels.overlay(
        { kind: 'explore', factors, threshold: this.threshold },
        `result ${this.case.result?.id}`,
      ),
    );
    this.thresholds = new Live<number | null>(null, async () => {
      const { mask } = this;
      if (mask) await this.voxels.overlay({ kind: 'mask', mask }, this.stateOf(mask));
    });
    this.preparing = new Preparing(client, opened.id, jobs);
    if (opened.edits) this.source = 'edited';
    if (opened.result) this.comparing.reset(opened.result.all);
    this.centre();
  }

  /** Sequences that are there and switched on. */
  get on(): Modality[] {
    return this.case.available.filter((m) => !this.switchedOff.has(m));
  }

  get combination(): Combination {
    return combinationName(this.on);
  }

  /** Whether the last result holds an answer for the sequences that are on. */
  get covered(): boolean {
    const { result } = this.case;
    return result !== null && this.on.length > 0 && this.on.every((m) => result.used.includes(m));
  }

  /** What was found with the sequences that are on. */
  get found(): CaseCombination | null {
    return this.covered ? (this.case.result?.combinations[this.combination] ?? null) : null;
  }

  /** Questions that are still to be answered before the first result. */
  get unanswered(): (keyof Answers)[] {
    return (['adult', 'treated', 'glioma'] as const).filter((question) => !this.answers[question]);
  }

  /** A result is there, its mask is not on the screen yet. */
  get drawing(): boolean {
    return this.covered && this.display.drawn !== this.case.result?.id;
  }

  /** The segmentation that is under way, whoever started it. */
  get job(): JobEvent | null {
    return this.#jobs.of(this.case.id, 'segment') ?? this.#asked;
  }

  /** Whatever is being done with the case, from the click on. */
  get work(): JobEvent | null {
    return this.#jobs.ofCase(this.case.id) ?? this.#asked ?? this.preparing.job;
  }

  get running(): boolean {
    return this.job !== null;
  }

  /** A stop was asked for. */
  get stopping(): boolean {
    return this.job !== null && (this.#jobs.isStopping(this.job) || this.#refused);
  }

  get threshold(): number | null {
    return this.thresholds.applied;
  }

  get forceable(): boolean {
    const problems = this.failure ? [this.failure, ...(this.failure.also ?? [])] : [];
    return problems.length > 0 && problems.every(({ code }) => FORCEABLE.has(code));
  }

  /** The sequence that is looked at: the one chosen, else FLAIR, T1ce, T2, T1. */
  get background(): Modality | null {
    const { available } = this.case;
    const chosen = this.display.background;
    if (chosen && available.includes(chosen)) return chosen;
    return (['flair', 't1ce', 't2', 't1'] as const).find((m) => available.includes(m)) ?? null;
  }

  fileOf(sequence: Modality): CaseFile | null {
    return this.case.files.find(({ file }) => file === this.case.slots[sequence]) ?? null;
  }

  /** Names the image that is shown as a sequence: another file, or another preparation, is another image. */
  imageKey(sequence: Modality): string {
    return `${this.case.preparation.made?.key ?? ''} ${this.case.slots[sequence]}`;
  }

  /** Sets the window of the image that is looked at. */
  setWindow(window: readonly [number, number]): void {
    if (this.background) this.display.setWindow(this.imageKey(this.background), window);
  }

  /** The Case's grid: that of the result, of the prepared images, or of the first image before there is either. */
  get grid(): GridSummary | null {
    const first = this.case.available.map((m) => this.fileOf(m)?.header).find(Boolean);
    return this.case.result?.grid ?? this.case.preparation.made?.grid ?? first?.grid ?? null;
  }

  /** The mask in the middle, or null before there is one. */
  get mask(): MaskRef | null {
    if (this.source === 'edited') return this.editing.state ? { kind: 'edited' } : this.automatic;
    if (this.source !== 'automatic' && this.case.masks.some(({ id }) => id === this.source))
      return { kind: 'named', id: this.source };
    return this.automatic;
  }

  get automatic(): MaskRef | null {
    if (!this.covered) return null;
    return { kind: 'combination', combination: this.combination, threshold: this.threshold };
  }

  /** Whether the sequences support this region of the mask in the middle; a mask from a file rests on who made it. */
  supports(region: Region): boolean {
    const { mask, editing } = this;
    if (mask?.kind === 'named') return true;
    if (mask?.kind === 'edited' && editing.state)
      return editSupports(
        editing.state,
        (name) => this.case.result?.combinations[name]?.volumes[region].supported ?? true,
      );
    return this.found?.volumes[region].supported ?? true;
  }

  /** Changes when the same mask request would get another answer. */
  stateOf(mask: MaskRef | null): string {
    if (mask?.kind === 'edited')
      return `edit ${this.editing.state?.startedAt} ${this.editing.state?.revision}`;
    return mask?.kind === 'named' ? 'named' : `result ${this.case.result?.id}`;
  }

  toggle(sequence: Modality): void {
    const next = new Set(this.switchedOff);
    if (!next.delete(sequence)) next.add(sequence);
    if (this.case.available.every((m) => next.has(m))) return;
    this.switchedOff = next;
    if (this.source !== 'edited') this.source = 'automatic';
  }

  /** Shows exactly these sequences. */
  show(members: readonly Modality[]): void {
    this.switchedOff = new Set(this.case.available.filter((m) => !members.includes(m)));
    if (this.source !== 'edited') this.source = 'automatic';
  }

  async assign(file: CaseFile, sequence: Sequence): Promise<void> {
    const id = { case: this.case.id };
    const answer = file.series
      ? this.client.call('cases.assignSeries', { ...id, series: file.series.id, sequence })
      : this.client.call('cases.assign', { ...id, file: file.file, sequence });
    this.update(await answer);
  }

  async answer(question: keyof Answers, value: Answers['adult']): Promise<void> {
    this.answers = { ...this.answers, [question]: value };
    const { adult, treated, glioma } = this.answers;
    if (!adult || !treated || !glioma) return;
    this.case = await this.client.call('cases.answer', {
      case: this.case.id,
      answers: { adult, treated, glioma },
    });
  }

  async segment(force = false): Promise<void> {
    this.failure = null;
    const asked = waitingFor('segment', this.case.id);
    this.#asked = asked;
    try {
      const use = this.on.length === this.case.available.length ? null : this.on;
      const { job } = await this.client.call('cases.segment', { case: this.case.id, use, force });
      this.#jobs.expect({ ...asked, job });
      if (this.#refused) await this.#jobs.cancel(job);
    } catch (error) {
      this.failure = problemOf(error);
    }
    this.#asked = null;
    this.#refused = false;
  }

  async cancel(): Promise<void> {
    // Before the job has a name, it is stopped as soon as it has one.
    if (this.job?.job === '') this.#refused = true;
    else if (this.job) await this.#jobs.cancel(this.job.job);
  }

  /** An event of a job, of whichever case and window. */
  follow(event: JobEvent): void {
    if (event.case !== this.case.id) return;
    if (event.kind === 'prepare') this.preparing.follow(event);
    if (event.kind !== 'segment') return;
    if (event.state === 'failed') this.failure = event.problem ?? { code: 'INTERNAL' };
    if (event.state === 'done') void this.refresh();
  }

  async refresh(): Promise<void> {
    this.update(await this.client.call('cases.get', { case: this.case.id }));
  }

  update(opened: OpenCase): void {
    const isNew = opened.result !== null && opened.result.id !== this.case.result?.id;
    const before = this.grid;
    this.case = opened;
    // Another grid: the crosshair's voxel lies elsewhere, or nowhere.
    if (before?.size.join() !== this.grid?.size.join()) this.centre();
    this.editing.update(opened.edits);
    if (!isNew) return;
    this.thresholds.set(null);
    if (!this.editing.state) this.source = 'automatic';
    this.comparing.reset(opened.result!.all);
  }

  /** Looks where this window looked before the page was loaded again. */
  lookAgain({ crosshair, layout, tiles }: NonNullable<Looking['case']>): void {
    const { grid } = this;
    if (grid) this.display.crosshair = clampVoxel(grid.size, crosshair);
    this.display.layout = layout;
    const { result } = this.case;
    if (!result) return;
    this.display.centredOn = result.id;
    const there = tiles.filter((name) => name in result.combinations);
    if (there.length > 0) this.comparing.tiles = there;
  }

  /** The part to decide that is looked at. */
  get blob(): ChoiceBlob | null {
    return this.editing.blobs?.[this.editing.blob] ?? null;
  }

  nextBlob(by: number): void {
    const { blobs } = this.editing;
    if (!blobs || blobs.length === 0) return;
    this.goToBlob((this.editing.blob + by + blobs.length) % blobs.length);
  }

  goToBlob(index: number): void {
    this.editing.blob = index;
    this.editing.answer = null;
    if (this.blob) this.display.jump(this.blob.voxel);
  }

  async takeAnswer(): Promise<void> {
    const { answer } = this.editing;
    const combination = answer === null ? undefined : this.blob?.answers[answer]?.combinations[0];
    if (combination === undefined) return;
    await this.editing.take(combination, this.threshold);
    this.nextBlob(1);
  }

  centre(): void {
    const { grid } = this;
    if (grid)
      this.display.crosshair = clampVoxel(
        grid.size,
        grid.size.map((n) => n / 2),
      );
  }
}
