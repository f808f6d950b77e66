import type {
  Client,
  FollowUpView,
  JobEvent,
  OpenCase,
  QuorumEvent,
  TimePoint,
} from '../../src/contract/index.js';
import { type Problem, QuorumError } from '../../src/errors.js';
import { type Modality, REGIONS, type Region } from '../../src/terms.js';
import { contentBox } from '../logic/contentBox.js';
import { largestSlice } from '../logic/lesions.js';
import type { ImageVoxels, Overlay } from '../logic/slices.js';
import { CaseJob } from './caseJob.svelte.js';
import { Display } from './display.svelte.js';
import type { Jobs } from './jobs.svelte.js';

/** What lies over the images of a timeline. */
export type TimelineOverlay = 'masks' | 'baseline' | 'previous';

const MOST_TILES = 4;
const TYPES = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array };

/** The timeline as this window shows it: its time points are open cases. */
export class OpenFollowUp {
  readonly client: Client;
  readonly #jobs: Jobs;
  view = $state.raw() as FollowUpView;
  /** The cases of its time points. */
  cases = $state.raw<readonly OpenCase[]>([]);
  /** Why a case could not be segmented, by its id. */
  failures = $state.raw<Readonly<Record<string, Problem>>>({});
  readonly comparing: CaseJob;
  readonly exporting: CaseJob;
  readonly display = new Display();
  overlay = $state<TimelineOverlay>('masks');
  region = $state<Region>('WT');
  /** The sequence that is looked at, where a time point has it. */
  background = $state<Modality | null>(null);
  /** Time points side by side, by their cases; null: the first and the last ones. */
  chosen = $state.raw<readonly string[] | null>(null);
  readonly #kept = new Map<string, Promise<unknown>>();

  constructor(client: Client, view: FollowUpView, jobs: Jobs) {
    this.client = client;
    this.#jobs = jobs;
    this.view = view;
    this.comparing = new CaseJob('followup', view.id, jobs);
    this.exporting = new CaseJob('export', view.id, jobs);
    this.display.layout = 'axial';
  }

  get report() {
    return this.view.report;
  }

  has(caseId: string): boolean {
    return this.view.members.some((member) => member.case === caseId);
  }

  caseOf(id: string): OpenCase | null {
    return this.cases.find((one) => one.id === id) ?? null;
  }

  /** In the order of their dates where all are known, as they are compared. */
  get members(): readonly FollowUpView['members'][number][] {
    const { members } = this.view;
    if (members.some(({ date }) => date === null)) return members;
    return [...members].sort((a, b) => a.date!.localeCompare(b.date!));
  }

  get unsegmented(): OpenCase[] {
    return this.cases.filter((one) => one.result === null && this.has(one.id));
  }

  jobOf(id: string): JobEvent | null {
    return this.#jobs.ofCase(id);
  }

  /** Up to four, side by side. */
  get tiles(): TimePoint[] {
    const points = this.report?.points ?? [];
    const ids = this.chosen ?? [
      points[0]?.id,
      ...points
        .slice(1)
        .slice(1 - MOST_TILES)
        .map(({ id }) => id),
    ];
    return points.filter(({ id }) => ids.includes(id)).slice(0, MOST_TILES);
  }

  toggleTile(id: string): void {
    const now = this.tiles.map((point) => point.id);
    const next = now.includes(id) ? now.filter((one) => one !== id) : [...now, id].slice(-MOST_TILES);
    if (next.length > 0) this.chosen = next;
  }

  /** Regions that both ends support. */
  get regions(): Region[] {
    const { report } = this;
    if (!report) return [];
    const given = (point: TimePoint) => (report.by === 'common' ? point.common! : point.all);
    return REGIONS.filter((region) => report.points.every((point) => given(point)[region].supported));
  }

  async refresh(): Promise<void> {
    const open = await this.client.call('cases.list', {});
    this.cases = open.filter(({ id }) => this.has(id));
  }

  async change(members: FollowUpView['members']): Promise<void> {
    this.view = await this.client.call('followups.change', { followUp: this.view.id, members });
    await this.refresh();
  }

  async setDate(id: string, date: string): Promise<void> {
    const members = this.view.members.map((member) =>
      member.case === id ? { ...member, date: date === '' ? null : date } : member,
    );
    await this.change(members);
  }

  /** Every time point that has no result yet, one after the other. */
  async segment(): Promise<void> {
    this.failures = {};
    for (const { id } of this.unsegmented) {
      const force = this.view.members.some((member) => member.case === id && member.force);
      if (!this.jobOf(id)) await this.client.call('cases.segment', { case: id, force });
    }
  }

  async compare(by: 'all' | 'common' | null = null): Promise<void> {
    await this.comparing.start(() => this.client.call('followups.compare', { followUp: this.view.id, by }));
  }

  /** @returns the folder, and the files below it. @throws QuorumError why nothing was written. */
  async export(request: {
    folder: string;
    dicomSeg: boolean;
    neutralNames: boolean;
    overwrite: boolean;
  }): Promise<{ folder: string; files: string[] }> {
    const made = await this.exporting.run(() =>
      this.client.call('followups.export', { followUp: this.view.id, ...request }),
    );
    return made as { folder: string; files: string[] };
  }

  /** The sequence that is shown of a time point: the chosen one, else the best that it has. */
  sequenceOf({ combination }: TimePoint): Modality {
    const members = combination.split('+') as Modality[];
    if (this.background && members.includes(this.background)) return this.background;
    return (['t1ce', 'flair', 't2', 't1'] as const).find((m) => members.includes(m))!;
  }

  image(point: TimePoint): Promise<ImageVoxels> {
    const sequence = this.sequenceOf(point);
    return this.#ask(`image ${point.id} ${sequence}`, async () => {
      const request = { followUp: this.view.id, case: point.id, sequence };
      const { header, data } = await this.client.callBinary('followups.image', request);
      const image = { ...header, data: new TYPES[header.type](data) };
      return { ...image, content: contentBox(image) };
    });
  }

  /** The mask, or what changed; the first has its mask alone. */
  async over(point: TimePoint, isFirst: boolean): Promise<Overlay> {
    const of = { followUp: this.view.id, case: point.id };
    const { overlay, region } = this;
    const shows = isFirst || overlay === 'masks' ? 'labels' : `${overlay} ${region}`;
    const key = `${shows} ${point.id} ${this.report?.finishedAt}`;
    return this.#ask(key, async () => {
      const { header, data } =
        isFirst || overlay === 'masks'
          ? await this.client.callBinary('followups.labels', of)
          : await this.client.callBinary('followups.difference', { ...of, against: overlay, region });
      return { key, grid: header.grid, data: new Uint8Array(data) };
    });
  }

  /** Puts the crosshair into the largest slice of the last time point's tumour. */
  async centre(): Promise<void> {
    const { report } = this;
    const last = report?.points.at(-1);
    if (!report || !last) return;
    const middle = report.grid.size.map((n) => Math.floor(n / 2)) as [number, number, number];
    this.display.crosshair = middle;
    const { data } = await this.client.callBinary('followups.labels', {
      followUp: this.view.id,
      case: last.id,
    });
    const axis = [...report.grid.orientation].findIndex((letter) => 'SI'.includes(letter));
    const there = largestSlice({ key: '', grid: report.grid, data: new Uint8Array(data) }, 'WT', axis);
    if (there) this.display.crosshair = there;
  }

  hear(event: QuorumEvent): void {
    if (event.type === 'followUp' && event.view.id === this.view.id) this.#update(event.view);
    if (event.type === 'case' && this.has(event.case.id))
      this.cases = this.cases.map((one) => (one.id === event.case.id ? event.case : one));
    if (event.type !== 'job') return;
    this.comparing.hear(event.event);
    this.exporting.hear(event.event);
    const { case: id, state, problem } = event.event;
    if (id !== undefined && this.has(id) && state === 'failed' && problem)
      this.failures = { ...this.failures, [id]: problem };
  }

  #update(view: FollowUpView): void {
    const isNew = view.report?.finishedAt !== this.report?.finishedAt;
    const isOther = view.members.length !== this.view.members.length;
    this.view = view;
    if (isNew) {
      this.#kept.clear();
      this.chosen = null;
      if (!this.regions.includes(this.region)) this.region = this.regions[0] ?? 'WT';
      void this.centre().catch(() => undefined);
    }
    if (isOther) void this.refresh().catch(() => undefined);
  }

  /** What was asked for stays; what fails is asked for again. */
  #ask<T>(key: string, make: () => Promise<T>): Promise<T> {
    const value = (this.#kept.get(key) as Promise<T> | undefined) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, value);
    value.catch(() => this.#kept.delete(key));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > 4 * MOST_TILES) this.#kept.delete(oldest);
    return value;
  }
}

/** @throws QuorumError where what was opened is not one examination. */
export function refuseSeveral(kind: string): never {
  throw new QuorumError({
    code: kind === 'studies' ? 'SEVERAL_STUDIES' : 'NO_IMAGES',
    expected: 'one examination',
  });
}
