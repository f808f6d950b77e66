import type { CohortRow, CohortRunState } from '../../src/contract/index.js';
import { describeWarning, problemText } from '../../src/contract/index.js';
import { readerScore } from '../../src/presentation/index.js';
import { MODALITIES, REGIONS, type Region } from '../../src/terms.js';
import { duration } from './format.js';

/** Rows of a cohort as the table orders, filters and words them. */

export const COLUMNS = [
  'date',
  'sequences',
  'doubt',
  'state',
  'WT',
  'TC',
  'ET',
  'agreement',
  'warnings',
  'diceWT',
  'diceTC',
  'diceET',
  'hd95WT',
  'hd95TC',
  'hd95ET',
  'picture',
] as const;
export type ColumnId = (typeof COLUMNS)[number];

/** What a column of a comparison with another reader shows; null of another column. */
export function readerColumn(
  column: string,
): { readonly what: 'dice' | 'hd95'; readonly region: Region } | null {
  const match = /^(dice|hd95)(WT|TC|ET)$/.exec(column);
  return match && { what: match[1] as 'dice' | 'hd95', region: match[2] as Region };
}
export const isReaderColumn = (column: string) => readerColumn(column) !== null;

/** What stands there. */
export function readerValue(row: CohortRow, column: string): number | null {
  const about = readerColumn(column);
  return about && (readerScore(row, about.region)?.[about.what] ?? null);
}

export const COLUMN_TITLES: Readonly<Record<ColumnId | 'name', string>> = {
  name: 'Case',
  date: 'Date',
  sequences: 'Sequences',
  doubt: 'In doubt',
  state: 'State',
  WT: 'WT ml',
  TC: 'TC ml',
  ET: 'ET ml',
  agreement: 'Agreement',
  warnings: 'Warnings',
  diceWT: 'Dice WT',
  diceTC: 'Dice TC',
  diceET: 'Dice ET',
  hd95WT: 'HD95 WT',
  hd95TC: 'HD95 TC',
  hd95ET: 'HD95 ET',
  picture: 'Slice',
};

/** As CSS grids take them. */
export const COLUMN_WIDTHS: Readonly<Record<ColumnId, string>> = {
  date: '5.25rem',
  sequences: '5.5rem',
  doubt: '4rem',
  state: 'minmax(8rem, 1.2fr)',
  WT: '3.75rem',
  TC: '3.75rem',
  ET: '3.75rem',
  agreement: '5.25rem',
  warnings: '4.75rem',
  diceWT: '4.25rem',
  diceTC: '4.25rem',
  diceET: '4.25rem',
  hd95WT: '4.75rem',
  hd95TC: '4.75rem',
  hd95ET: '4.75rem',
  picture: '2.75rem',
};

export const FILTERS = ['all', 'done', 'failed', 'warned', 'open', 'no-t1ce', 'doubt', 'edited'] as const;
export type Filter = (typeof FILTERS)[number];
export const FILTER_TITLES: Readonly<Record<Filter, string>> = {
  all: 'All cases',
  done: 'Done',
  failed: 'Failed',
  warned: 'With warnings',
  open: 'Not done yet',
  'no-t1ce': 'Without T1ce',
  doubt: 'In doubt',
  edited: 'Corrected by hand',
};

/** Warnings of a row's result; that a region is not supported stands in its column already. */
export function rowWarnings({ result }: CohortRow): NonNullable<CohortRow['result']>['warnings'] {
  return (result?.warnings ?? []).filter(({ code }) => code !== 'REGION_NOT_SUPPORTED');
}

export function passes(row: CohortRow, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'done':
      return row.state === 'done';
    case 'failed':
      return row.state === 'failed';
    case 'warned':
      return rowWarnings(row).length > 0;
    case 'open':
      return row.state !== 'done' && row.state !== 'skipped';
    case 'no-t1ce':
      return !row.sequences.includes('t1ce');
    case 'doubt':
      return row.doubts.length > 0 && !row.confirmed;
    case 'edited':
      return row.result?.edited != null;
  }
}

export interface Sorting {
  /** `run`: the order in which they are run. */
  readonly by: ColumnId | 'name' | 'run';
  readonly descending: boolean;
}

/** The volume that the row shows: after a correction by hand that of the corrected mask. */
export function shownMl({ result }: CohortRow, region: Region): number | null {
  return result?.edited?.ml[region] ?? result?.volumes[region].ml ?? null;
}

const STATE_ORDER = ['segmenting', 'preparing', 'waiting', 'failed', 'new', 'done', 'skipped'];

function keyOf(row: CohortRow, by: Exclude<Sorting['by'], 'run'>): string | number | null {
  switch (by) {
    case 'name':
      return row.name.toLowerCase();
    case 'date':
      return row.date;
    case 'sequences':
      return (
        row.sequences.length * 16 +
        MODALITIES.reduce((sum, m, n) => sum + (row.sequences.includes(m) ? 1 << n : 0), 0)
      );
    case 'doubt':
      return row.doubts.length;
    case 'state':
      return STATE_ORDER.indexOf(row.state);
    case 'WT':
    case 'TC':
    case 'ET':
      return shownMl(row, by);
    case 'agreement':
      return row.result?.agreement.WT ?? null;
    case 'warnings':
      return row.result ? rowWarnings(row).length : null;
    case 'picture':
      return row.result ? 1 : null;
    default:
      return readerValue(row, by);
  }
}

/** Rows that pass, in the wanted order; what has no value comes last either way. */
export function arrange(
  rows: readonly CohortRow[],
  { filter, text, sorting }: { readonly filter: Filter; readonly text: string; readonly sorting: Sorting },
): CohortRow[] {
  const sought = text.trim().toLowerCase();
  const found = rows.filter((row) => passes(row, filter) && (sought === '' || isNamed(row, sought)));
  const { by, descending } = sorting;
  if (by === 'run') return descending ? found.reverse() : found;
  return found
    .map((row) => ({ row, key: keyOf(row, by) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
      const order =
        typeof a.key === 'number' && typeof b.key === 'number'
          ? a.key - b.key
          : String(a.key).localeCompare(String(b.key), undefined, { numeric: true });
      return descending ? -order : order;
    })
    .map(({ row }) => row);
}

function isNamed(row: CohortRow, sought: string): boolean {
  const words = [row.name, row.date, row.problem?.code, ...(row.result?.warnings ?? []).map(toldWarning)];
  return words.some((word) => word?.toLowerCase().includes(sought));
}

/** What a row's state is called; how far, while it is worked on; why, where it failed. */
export function stateText(row: CohortRow, run: CohortRunState | null): string {
  const now = run?.working.find(({ name }) => name === row.name);
  const share = now ? ` ${Math.round(100 * now.progress)} %` : '';
  switch (row.state) {
    case 'new':
      return 'not run';
    case 'waiting':
      return run ? /* @wc-include */ 'waiting' : 'stopped: waiting';
    case 'preparing':
      return /* @wc-include */ `preparing${share}`;
    case 'segmenting':
      return /* @wc-include */ `segmenting${share}`;
    case 'done':
      return rowWarnings(row).length > 0 ? 'done, with warnings' : /* @wc-include */ 'done';
    case 'failed':
      return `failed: ${row.problem ? problemText(row.problem).what : ''}`;
    case 'skipped':
      return 'left out';
  }
}

/** `3 of 80 done, 1 failed · 12 min left`. */
export function runText(rows: readonly CohortRow[], run: CohortRunState | null): string {
  const counted = (state: CohortRow['state']) => rows.filter((row) => row.state === state).length;
  const failed = counted('failed');
  const parts = [`${counted('done')} of ${rows.length - counted('skipped')} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  const left = run?.secondsLeft != null ? ` · ${duration(run.secondsLeft)} left` : '';
  return `${parts.join(', ')}${left}`;
}

/** Whether a guess stands in a row, so that what `–` means is said. */
export const hasUnsupported = (rows: readonly CohortRow[]) =>
  rows.some(({ result }) => result && REGIONS.some((region) => !result.volumes[region].supported));

/** A report's warning in the window's language, where it says what it was made of. */
export const toldWarning = ({ text, about }: NonNullable<CohortRow['result']>['warnings'][number]): string =>
  about ? describeWarning(about) : text;
