import {
  type Answers,
  type CaseCombination,
  type CaseFile,
  type Client,
  editSupports,
  type GridSummary,
  isForceable,
  type JobEvent,
  type MaskRef,
  type OpenCase,
  type Sequence,
} from '../../src/contract/index.js';
import { type Combination, combinationName, type Modality, type Region } from '../../src/terms.js';
import { clampVoxel, planeAxes } from '../logic/geometry.js';
import { largestSlice } from '../logic/lesions.js';
import type { Overlay } from '../logic/slices.js';
import { CaseJob } from './caseJob.svelte.js';
import { Comparing } from './comparing.svelte.js';
import { Display } from './display.svelte.js';
import { Editing } from './editing.svelte.js';
import type { Jobs } from './jobs.svelte.js';
import { Lesions } from './lesions.svelte.js';
import { Live } from './live.svelte.js';
import { Places } from './places.svelte.js';
import { Preparing } from './preparing.svelte.js';
import { Quiet } from './quiet.js';
import type { Looking } from './remembered.js';
import { ShownImage } from './shownImage.svelte.js';
import { Voxels } from './voxels.js';

/** The open case as this window shows it. */
export class OpenCaseState {
  readonly client: Client;
  readonly voxels: Voxels;
  readonly display = new Display();
  readonly editing: Editing;
  readonly comparing: Comparing;
  readonly preparing: Preparing;
  readonly places: Places;
  readonly image: ShownImage;
  readonly quiet = new Quiet();
  readonly segmenting: CaseJob;
  readonly exporting: CaseJob;

  case = $state.raw() as OpenCase;
  switchedOff = $state.raw<ReadonlySet<Modality>>(new Set());
  readonly #jobs: Jobs;
  /** What is answered so far; sent when all three are. */
  answers = $state.raw<Partial<Answers>>({});
  /** Probability above which a voxel belongs to a region; null is the model's. */
  readonly thresholds: Live<number | null>;
  /** `automatic`, `edited`, or the id of a named mask. */
  source = $state('automatic');
  /** Two masks that were opened to be compared, by id. */
  comparedMasks = $state.raw<readonly [string, string] | null>(null);
  /** A mask from a file that is shown until there is a result, by id. */
  meanwhile = $state.raw<string | null>(null);
  /** Numbers for regions that the sequences do not support were asked for. */
  showUnsupported = $state(false);

  /** Separate parts of the mask, to go from one to the next. */
  readonly lesions = new Lesions(this.display, () => this.shownOverlay());

  constructor(client: Client, opened: OpenCase, jobs: Jobs) {
    this.client = client;
    this.#jobs = jobs;
    this.case = opened;
    this.answers = opened.answers ?? {};
    this.voxels = new Voxels(client, opened.id);
    this.editing = new Editing(client, opened, () => {
      this.source = 'edited';
    });
    this.places = new Places(client, opened.id, this.editing, this.display);
    this.image = new ShownImage(() => this.case, this.display);
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
    this.segmenting = new CaseJob('segment', opened.id, jobs);
    this.exporting = new CaseJob('export', opened.id, jobs);
    if (opened.result) {
      // What was segmented is shown, also after the page was loaded again.
      this.show(opened.result.used);
      this.comparing.reset(opened.result.all);
    }
    if (opened.edits) this.source = 'edited';
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

  /** Whatever is being done with the case, from the click on. */
  get work(): JobEvent | null {
    const { segmenting, preparing, exporting } = this;
    return this.#jobs.ofCase(this.case.id) ?? segmenting.now ?? preparing.job.now ?? exporting.now;
  }

  get threshold(): number | null {
    return this.thresholds.applied;
  }

  /** Whether segmenting was refused for reasons that the user may override. */
  get forceable(): boolean {
    return this.segmenting.failure !== null && isForceable(this.segmenting.failure);
  }

  fileOf(sequence: Modality): CaseFile | null {
    return this.case.files.find(({ file }) => file === this.case.slots[sequence]) ?? null;
  }

  /** The grid of masks. */
  get grid(): GridSummary | null {
    return this.case.grid;
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

  /** Shows what is known to be found, until it is computed. */
  async showMeanwhile(file: string): Promise<void> {
    const { id } = await this.client.call('masks.open', { case: this.case.id, file, role: 'earlier' });
    await this.refresh();
    this.meanwhile = id;
    this.source = id;
    await this.jumpToLargest('WT');
  }

  /** Its place is taken by the result. */
  async #endMeanwhile(): Promise<void> {
    const id = this.meanwhile;
    this.meanwhile = null;
    if (id !== null) await this.client.call('masks.close', { case: this.case.id, id });
  }

  async segment(force = false): Promise<void> {
    const use = this.on.length === this.case.available.length ? null : this.on;
    await this.segmenting.start(() => this.client.call('cases.segment', { case: this.case.id, use, force }));
  }

  /** An event of a job, of whichever case and window. */
  follow(event: JobEvent): void {
    for (const job of [this.segmenting, this.preparing.job, this.exporting]) job.hear(event);
    const isEnd = event.state === 'done' && event.kind === 'segment';
    if (event.case === this.case.id && isEnd) void this.refresh();
  }

  async refresh(): Promise<void> {
    this.update(await this.client.call('cases.get', { case: this.case.id }));
  }

  update(opened: OpenCase): void {
    const isNew = opened.result !== null && opened.result.id !== this.case.result?.id;
    const before = this.grid;
    this.case = opened;
    // Another grid: the crosshair's voxel lies elsewhere, or nowhere.
    if (before?.size.join() !== this.grid?.size.join()) {
      this.centre();
      this.display.fit();
      this.display.measuring.clear();
    }
    this.editing.update(opened.edits);
    if (!isNew) return;
    this.thresholds.set(null);
    if (!this.editing.state) this.source = 'automatic';
    void this.#endMeanwhile();
    this.comparing.reset(opened.result!.all);
  }

  /** Voxels of the mask in the middle; null before there is one. */
  async shownOverlay(): Promise<Overlay | null> {
    const { mask, editing } = this;
    if (!mask) return null;
    if (mask.kind === 'edited' && editing.overlay) return editing.overlay;
    return (await this.voxels.overlay({ kind: 'mask', mask }, this.stateOf(mask))).overlay;
  }

  /** Puts the crosshair into the slice with the most of a region, in the plane that is looked at. */
  async jumpToLargest(region: Region): Promise<void> {
    const [overlay, { grid, display }] = [await this.shownOverlay(), this];
    if (!overlay || !grid) return;
    const { through } = planeAxes(grid.orientation, display.planes[0], display.radiological);
    const voxel = largestSlice(overlay, region, through);
    if (voxel) display.jump(voxel);
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

  centre(): void {
    const { grid } = this;
    const middle = grid?.size.map((n) => n / 2);
    if (grid && middle) this.display.crosshair = clampVoxel(grid.size, middle);
  }
}
