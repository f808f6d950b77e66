import type {
  Client,
  CohortRow,
  CohortView,
  QuorumEvent,
  Request,
  Settings,
} from '../../src/contract/index.js';
import {
  arrange,
  COLUMNS,
  type ColumnId,
  type Filter,
  isReaderColumn,
  type Sorting,
} from '../logic/cohortRows.js';
import type { FoundStudies } from '../logic/opens.js';

type Change = Omit<Request<'cohorts.change'>, 'cohort' | 'cases'>;
type SetUp = Omit<Request<'cohorts.setUp'>, 'cohort'>;

/** Which columns the user showed and hid, in this cohort or an earlier one. */
export interface KeptColumns {
  kept(): Settings['cohortColumns'];
  keep(wanted: Settings['cohortColumns']): void;
}

/** The cohort as this window shows it. */
export class OpenCohort {
  readonly #client: Client;
  view = $state.raw() as CohortView;
  filter = $state<Filter>('all');
  text = $state('');
  sorting = $state.raw<Sorting>({ by: 'run', descending: false });
  readonly #columns: KeptColumns;
  /** What the user showed and hid, once it was changed here. */
  #wanted = $state.raw<Settings['cohortColumns'] | null>(null);
  /** Those that are drawn: as the user wants them, else those that have something to say. */
  readonly shown = $derived.by((): ReadonlySet<ColumnId> => {
    const wanted = this.#wanted ?? this.#columns.kept();
    return new Set(COLUMNS.filter((column) => wanted[column] ?? this.#saysSomething(column)));
  });
  selected = $state.raw<ReadonlySet<string>>(new Set());
  /** The row that the keys move, by its case. */
  current = $state<string | null>(null);
  /** Thumbnails in base64; null: there is none. */
  pictures = $state.raw<Readonly<Record<string, string | null>>>({});
  /** Those that there is something to show in. */
  readonly columns = $derived(COLUMNS.filter((column) => this.view.reader || !isReaderColumn(column)));
  readonly rows = $derived(arrange(this.view.cases, this));

  /** What a scan found, from which one can be opened alone. */
  readonly found: FoundStudies | null;
  /** Cases whose images are not where they were, or of which that is not written down. */
  readonly lost = $derived(this.view.cases.filter(({ hasImages }) => !hasImages).length);

  constructor(client: Client, view: CohortView, found: FoundStudies | null, columns: KeptColumns) {
    this.#client = client;
    this.#columns = columns;
    this.found = found;
    this.view = view;
    this.current = view.cases[0]?.name ?? null;
  }

  #saysSomething(column: ColumnId): boolean {
    const { cases, reader } = this.view;
    if (column === 'date') return cases.some(({ date }) => date !== null);
    if (column === 'doubt') return cases.some(({ doubts }) => doubts.length > 0);
    if (column === 'agreement') return reader === null;
    return !column.startsWith('hd95');
  }

  get row(): CohortRow | null {
    return this.view.cases.find(({ name }) => name === this.current) ?? null;
  }

  /** Rows that are selected and in sight; an action on them touches no other. */
  get chosen(): string[] {
    return this.rows.filter(({ name }) => this.selected.has(name)).map(({ name }) => name);
  }

  sort(by: Sorting['by']): void {
    const again = this.sorting.by === by;
    if (again && this.sorting.descending) this.sorting = { by: 'run', descending: false };
    else this.sorting = { by, descending: again };
  }

  toggle(name: string): void {
    const next = new Set(this.selected);
    if (!next.delete(name)) next.add(name);
    this.selected = next;
  }

  /** Selects the listed rows from one to another. */
  select(from: string, to: string): void {
    const [start, end] = [from, to].map((name) => this.rows.findIndex((row) => row.name === name));
    const between = this.rows.slice(Math.min(start, end), Math.max(start, end) + 1);
    this.selected = new Set([...this.selected, ...between.map(({ name }) => name)]);
  }

  toggleAll(): void {
    const every = this.rows.length > 0 && this.rows.every(({ name }) => this.selected.has(name));
    this.selected = new Set(every ? [] : this.rows.map(({ name }) => name));
  }

  show(column: ColumnId, isShown: boolean): void {
    this.#wanted = { ...(this.#wanted ?? this.#columns.kept()), [column]: isShown };
    this.#columns.keep(this.#wanted);
  }

  /** Moves to another row; returns its place. */
  move(by: number): number {
    const at = this.rows.findIndex(({ name }) => name === this.current);
    const next = Math.max(0, Math.min(this.rows.length - 1, at + by));
    this.current = this.rows[next]?.name ?? null;
    return next;
  }

  hear(event: Extract<QuorumEvent, { type: 'cohort' }>): void {
    if (event.cohort !== this.view.id) return;
    const changed = new Map(event.cases.map((row) => [row.name, row]));
    const cases =
      changed.size === 0 ? this.view.cases : this.view.cases.map((row) => changed.get(row.name) ?? row);
    this.view = { ...this.view, cases, run: event.run };
    const fresh = event.cases.filter(({ name, state }) => state === 'done' && this.pictures[name] === null);
    if (fresh.length > 0) {
      const pictures = { ...this.pictures };
      for (const { name } of fresh) delete pictures[name];
      this.pictures = pictures;
    }
  }

  async refresh(): Promise<void> {
    this.view = await this.#client.call('cohorts.get', { cohort: this.view.id });
  }

  async setUp(about: SetUp): Promise<void> {
    this.view = await this.#client.call('cohorts.setUp', { cohort: this.view.id, ...about });
    this.pictures = {};
  }

  async giveInputs(paths: readonly string[]): Promise<void> {
    this.view = await this.#client.call('cohorts.giveInputs', { cohort: this.view.id, paths: [...paths] });
  }

  async change(cases: readonly string[], change: Change): Promise<void> {
    this.view = await this.#client.call('cohorts.change', {
      cohort: this.view.id,
      cases: [...cases],
      ...change,
    });
  }

  /** Moves a case in the order in which cases are run. */
  async moveInLine(name: string, by: -1 | 1): Promise<void> {
    const names = this.view.cases.map((row) => row.name);
    const at = names.indexOf(name);
    const to = Math.max(0, Math.min(names.length - 1, at + by));
    names.splice(to, 0, ...names.splice(at, 1));
    this.view = await this.#client.call('cohorts.order', { cohort: this.view.id, cases: names });
  }

  async run(cases: readonly string[] | null): Promise<void> {
    const request = { cohort: this.view.id, cases: cases && [...cases] };
    this.view = await this.#client.call('cohorts.run', request);
  }

  async goOn(): Promise<void> {
    this.view = await this.#client.call('cohorts.goOn', { cohort: this.view.id });
  }

  async stop(now: boolean): Promise<void> {
    this.view = await this.#client.call('cohorts.stop', { cohort: this.view.id, now });
  }

  /** Thumbnails of rows that have none yet. */
  async picture(names: readonly string[]): Promise<void> {
    const wanted = names.filter((name) => !(name in this.pictures));
    if (wanted.length === 0) return;
    const none = Object.fromEntries(wanted.map((name) => [name, null]));
    this.pictures = { ...this.pictures, ...none };
    const found = await this.#client.call('cohorts.pictures', { cohort: this.view.id, cases: wanted });
    this.pictures = { ...this.pictures, ...found };
  }

  findMasks(folder: string) {
    return this.#client.call('cohorts.findMasks', { cohort: this.view.id, folder });
  }

  /** The worst come first afterwards. */
  async compare(request: Omit<Request<'cohorts.compare'>, 'cohort'>): Promise<void> {
    this.view = await this.#client.call('cohorts.compare', { cohort: this.view.id, ...request });
    this.sorting = { by: 'diceWT', descending: false };
  }

  writeTables() {
    return this.#client.call('cohorts.writeTables', { cohort: this.view.id });
  }
}
