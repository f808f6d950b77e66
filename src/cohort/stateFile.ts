import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cohort, type CohortCase, type CohortOptions, cohortSchema } from '../contract/cohort.js';
import { RESEARCH_NOTICE } from '../contract/report.js';
import { QuorumError } from '../errors.js';
import { readReportText } from '../export/output.js';
import { isAbandoned, ownerTag } from '../files/process.js';
import { Queue } from '../files/queue.js';
import { writeFileAtomically, writeProblem } from '../files/wholeFile.js';
import type { Surroundings } from '../pipeline/context.js';

const COHORT_FILE = 'cohort.json';
/** Thumbnails, one a case; below the folder of results. */
export const PICTURES = 'thumbnails';

/** Another machine that has written nothing for so long runs it no more. */
const SILENT_MS = 30 * 60_000;

/** A cohort of which nobody has run anything yet. */
export function newCohort(
  cases: readonly CohortCase[],
  inputs: readonly string[],
  options: CohortOptions,
  { quorumVersion, now }: Pick<Surroundings, 'quorumVersion' | 'now'>,
): Cohort {
  return {
    application: 'quorum',
    kind: 'cohort',
    format: 1,
    notice: RESEARCH_NOTICE,
    quorumVersion,
    updatedAt: now().toISOString(),
    inputs: options.neutralNames ? null : [...inputs],
    options,
    answers: {},
    reader: null,
    cases: options.neutralNames ? cases.map(withoutSource) : [...cases],
    owner: null,
  };
}

const withoutSource = (one: CohortCase): CohortCase => ({ ...one, source: null });

/**
 * A cohort in memory and, once it has a folder, in its `cohort.json`: written whole after every change, so that there is always
 * either the state before or the state after it.
 */
export class CohortState {
  cohort: Cohort;
  /** Where results are written; null until the user has said so. */
  folder: string | null;
  /** Inputs of cases in this process, by mark: what neutral names keep out of the file. */
  private readonly sources = new Map<string, NonNullable<CohortCase['source']>>();
  /** Marks of cases whose images are not where they were when it was looked at last. */
  private readonly gone = new Set<string>();
  private readonly queue = new Queue();
  /** `updatedAt` of what this process wrote or read last. */
  private written: string | null = null;
  private readonly now: () => Date;

  constructor(cohort: Cohort, folder: string | null, now: () => Date = () => new Date()) {
    this.cohort = cohort;
    this.folder = folder;
    this.now = now;
  }

  /** @throws QuorumError FILE_UNREADABLE, COHORT_INVALID; null where the folder has no cohort.json. */
  static async read(folder: string, now?: () => Date): Promise<CohortState | null> {
    const file = join(folder, COHORT_FILE);
    const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null;
      throw new QuorumError({ code: 'FILE_UNREADABLE', file }, { cause });
    });
    if (text === null) return null;
    const state = new CohortState(parse(text, file), folder, now);
    state.written = state.cohort.updatedAt;
    if (!state.isElsewhere) state.cohort = await afterInterruption(state.cohort, folder);
    return state;
  }

  /** Whether another living process runs it. */
  get isElsewhere(): boolean {
    const { owner, updatedAt } = this.cohort;
    if (owner === null || owner === ownerTag() || isAbandoned(owner)) return false;
    // Of another machine nobody knows whether its process lives; one that runs writes after every step of a case.
    const isHere = owner.split('-')[0] === ownerTag().split('-')[0];
    return isHere || this.now().getTime() - Date.parse(updatedAt) < SILENT_MS;
  }

  caseOf(name: string): CohortCase {
    const one = this.cohort.cases.find((each) => each.name === name);
    if (!one) throw new QuorumError({ code: 'NOT_OPEN', field: 'case', found: name });
    return one;
  }

  /** Where a case's images lie. @throws QuorumError COHORT_INPUT_UNKNOWN. */
  sourceOf({ mark, source, name }: CohortCase): NonNullable<CohortCase['source']> {
    const known = this.sources.get(mark) ?? (this.gone.has(mark) ? null : source);
    if (!known) throw new QuorumError({ code: 'COHORT_INPUT_UNKNOWN', found: name });
    return known;
  }

  hasSource({ mark, source }: CohortCase): boolean {
    return this.sources.has(mark) || (source !== null && !this.gone.has(mark));
  }

  /** Looks whether images are where they were: an upload goes with its server, a disk is taken away. */
  async lookForImages(): Promise<void> {
    for (const { mark, source } of this.cohort.cases) {
      const { paths } = this.sources.get(mark) ?? source ?? { paths: [] };
      const there = await Promise.all(paths.map((path) => stat(path).catch(() => null)));
      if (there.includes(null)) {
        this.sources.delete(mark);
        this.gone.add(mark);
      } else this.gone.delete(mark);
    }
  }

  learn(cases: readonly CohortCase[]): void {
    for (const { mark, source } of cases) if (source) this.sources.set(mark, source);
  }

  /** Changes the state at once, and its file in the order of the changes. @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE. */
  async change(apply: (cohort: Cohort) => Cohort): Promise<void> {
    this.cohort = { ...apply(this.cohort), updatedAt: this.now().toISOString() };
    const { folder } = this;
    if (folder === null) return;
    await this.queue.run(async () => {
      const { cohort } = this;
      await mkdir(folder, { recursive: true }).catch((cause) => {
        throw writeProblem(cause, folder);
      });
      await writeFileAtomically(join(folder, COHORT_FILE), [
        Buffer.from(`${JSON.stringify(cohort, null, 1)}\n`),
      ]);
      this.written = cohort.updatedAt;
    });
  }

  changeCase(name: string, apply: (one: CohortCase) => CohortCase): Promise<void> {
    return this.change((cohort) => ({
      ...cohort,
      cases: cohort.cases.map((one) => (one.name === name ? apply(one) : one)),
    }));
  }

  /** Reads the file again where another process has written it since. */
  async refresh(): Promise<void> {
    if (this.folder === null) return;
    const there = await CohortState.read(this.folder, this.now).catch(() => null);
    if (!there || there.written === this.written) return;
    this.cohort = there.cohort;
    this.written = there.written;
  }

  /** Takes the cohort for this process. @throws QuorumError COHORT_BUSY while another one runs it. */
  async own(): Promise<void> {
    const there = this.folder === null ? null : await CohortState.read(this.folder).catch(() => null);
    if (there?.isElsewhere) throw new QuorumError({ code: 'COHORT_BUSY', file: this.folder! });
    await this.change((cohort) => ({ ...cohort, owner: ownerTag() }));
  }

  async disown(): Promise<void> {
    await this.change((cohort) => ({ ...cohort, owner: null }));
  }
}

function parse(text: string, file: string): Cohort {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new QuorumError({ code: 'COHORT_INVALID', file, found: 'no JSON' }, { cause });
  }
  const { success, data, error } = cohortSchema.safeParse(json);
  if (success) return data;
  const [issue] = error.issues;
  throw new QuorumError({ code: 'COHORT_INVALID', file, field: issue.path.join('.'), found: issue.message });
}

/** What was running when its process ended waits again; what is done and whose results are gone is new. */
async function afterInterruption(cohort: Cohort, folder: string): Promise<Cohort> {
  const cases: CohortCase[] = [];
  for (const one of cohort.cases) {
    if (one.state === 'preparing' || one.state === 'segmenting') cases.push({ ...one, state: 'waiting' });
    else if (one.state === 'done' && (await readReportText(join(folder, one.name))) === null)
      cases.push({ ...one, state: 'new', result: null });
    else cases.push(one);
  }
  return { ...cohort, cases, owner: null };
}
