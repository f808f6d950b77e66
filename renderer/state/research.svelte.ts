import type { Client, JobEvent, Request, Response } from '../../src/contract/index.js';
import type {
  DatasetFindings,
  Evaluation,
  RunCurves,
  RunSummary,
  TrainingTime,
} from '../../src/contract/research.js';
import type { TrainValues } from '../../src/contract/trainOrder.js';
import { QuorumError } from '../../src/errors.js';
import type { Jobs } from './jobs.svelte.js';

const RESEARCH_PARTS = ['data', 'train', 'evaluate'] as const;
export type ResearchPart = (typeof RESEARCH_PARTS)[number];

/** How often what grows is read again, while it is looked at. */
const POLL_MS = 1500;

interface Watched {
  readonly lines: number;
  readonly curves: RunCurves;
}

/** Data sets, runs and evaluations as this window shows them. */
export class Research {
  readonly #client: Client;
  readonly #jobs: Jobs;
  part = $state<ResearchPart>('data');
  folders = $state.raw<readonly string[]>([]);
  findings = $state.raw<readonly DatasetFindings[]>([]);
  /** The split file that was written or chosen here. */
  split = $state<string | null>(null);
  runs = $state.raw<readonly RunSummary[]>([]);
  /** Folders of the runs whose curves are shown: one, or two to compare. */
  chosen = $state.raw<readonly string[]>([]);
  watched = $state.raw<Readonly<Record<string, Watched>>>({});
  times = $state.raw<readonly TrainingTime[] | null>(null);
  evaluations = $state.raw<Response<'research.evaluations'>>([]);
  evaluation = $state.raw<Evaluation | null>(null);
  against = $state<string | null>(null);

  constructor(client: Client, jobs: Jobs) {
    this.#client = client;
    this.#jobs = jobs;
  }

  /** The job of a kind that is under way. */
  job(kind: JobEvent['kind']): JobEvent | null {
    return this.#jobs.list.find((event) => event.kind === kind) ?? null;
  }

  /** @throws QuorumError what the job fails with; null when it was cancelled. */
  async #end<T>(kind: JobEvent['kind'], job: string, title?: string): Promise<T | null> {
    this.#jobs.expect({
      job,
      kind,
      state: 'queued',
      progress: 0,
      stage: 'queued',
      ...(title ? { title } : {}),
    });
    const end = await this.#jobs.end(job);
    if (end.state === 'failed') throw new QuorumError(end.problem ?? { code: 'INTERNAL' });
    return end.state === 'done' ? (end.result as T) : null;
  }

  async addFolders(paths: readonly string[]): Promise<void> {
    this.folders = [...new Set([...this.folders, ...paths])];
    await this.verify();
  }

  removeFolder(folder: string): void {
    this.folders = this.folders.filter((one) => one !== folder);
    this.findings = this.findings.filter((one) => one.folder !== folder);
  }

  async verify(): Promise<void> {
    if (this.folders.length === 0) return;
    const { job } = await this.#client.call('research.verify', { folders: [...this.folders] });
    this.findings = (await this.#end<DatasetFindings[]>('verify', job)) ?? this.findings;
    this.times = null;
  }

  /** @param output a folder for `split.json`; null to look only. */
  async dealOut(validation: number, test: number, seed: number, output: string | null) {
    const request = { folders: [...this.folders], validation, test, seed, output };
    const made = await this.#client.call('research.split', request);
    if (made.file !== null) this.split = made.file;
    return made;
  }

  async estimate(values: readonly TrainValues[]): Promise<void> {
    const request = { folders: [...this.folders], values: values.map((one) => ({ ...one })) };
    const { job } = await this.#client.call('research.estimate', request);
    this.times = await this.#end<TrainingTime[]>('estimate', job);
  }

  /** Starts it; it goes on in the background. */
  async train(
    output: string,
    paths: { readonly initial: string | null; readonly run: string | null },
    values: TrainValues,
  ): Promise<void> {
    const request = { folders: [...this.folders], output, split: this.split, ...paths, values };
    const { run } = await this.#client.call('research.train', request);
    this.chosen = [run];
    await this.refreshRuns();
  }

  async resume(run: string): Promise<void> {
    await this.#client.call('research.resume', { run });
    await this.refreshRuns();
  }

  async stop(run: RunSummary): Promise<void> {
    if (run.job) await this.#jobs.cancel(run.job);
  }

  async find(folder: string): Promise<Response<'research.find'>> {
    const found = await this.#client.call('research.find', { folder });
    await Promise.all([this.refreshRuns(), this.refreshEvaluations()]);
    return found;
  }

  async forget(folder: string): Promise<void> {
    await this.#client.call('research.forget', { folder });
    this.chosen = this.chosen.filter((one) => one !== folder);
    if (this.evaluation?.folder === folder) this.evaluation = null;
    await Promise.all([this.refreshRuns(), this.refreshEvaluations()]);
  }

  /** Shows a run's curves, beside another's with `beside`. */
  choose(run: string, beside: boolean): void {
    if (!beside) this.chosen = [run];
    else if (this.chosen.includes(run)) this.chosen = this.chosen.filter((one) => one !== run);
    else this.chosen = [...this.chosen, run].slice(-2);
  }

  async refreshRuns(): Promise<void> {
    this.runs = await this.#client.call('research.runs', {});
    if (this.chosen.length === 0 && this.runs.length > 0) this.chosen = [this.runs[0].folder];
    for (const run of this.chosen) await this.#refreshCurves(run);
  }

  async #refreshCurves(run: string): Promise<void> {
    const since = this.watched[run]?.lines ?? 0;
    const { lines, curves } = await this.#client.call('research.curves', { run, since });
    if (curves) this.watched = { ...this.watched, [run]: { lines, curves } };
  }

  /** Reads runs again and again, while they are looked at. Returns how to stop. */
  watch(onError: (error: unknown) => void): () => void {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async () => {
      await this.refreshRuns().catch((error) => {
        // Said once: what cannot be read now is asked for again.
        if (!stopped && timer === undefined) onError(error);
      });
      if (!stopped) timer = setTimeout(() => void round(), POLL_MS);
    };
    void round();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  async refreshEvaluations(): Promise<void> {
    this.evaluations = await this.#client.call('research.evaluations', {});
  }

  async evaluate(request: Request<'research.evaluate'>): Promise<void> {
    const { job, evaluation } = await this.#client.call('research.evaluate', request);
    if ((await this.#end('evaluate', job)) === null) return;
    await this.refreshEvaluations();
    await this.show(evaluation, null);
  }

  async show(folder: string, against: string | null): Promise<void> {
    this.evaluation = await this.#client.call('research.evaluation', { folder, against });
    this.against = against;
  }
}
