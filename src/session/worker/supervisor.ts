import { type Problem, QuorumError } from '../../errors.js';
import type { JobContext } from '../../jobs/context.js';
import { askingOnce, launchSelfTest, type SelfTestLauncher } from '../../pipeline/devices.js';
import type { FromWorker, TaskArguments, TaskName, TaskResult, ToWorker } from '../../pipeline/tasks.js';
import type { WorkerLauncher, WorkerProcess } from './process.js';

/** How long a cancelled task may take to stop by itself. */
const CANCEL_PATIENCE_MS = 1000;

/** Tasks that change something outside the worker, or take long: never repeated unasked, however the worker ended. */
const ONCE: ReadonlySet<TaskName> = new Set([
  'segment',
  'export',
  'prepare',
  'keepPrepared',
  'scan',
  'openSeries',
  'findCohort',
  'cohortCase',
  'train',
  'evaluate',
  'verify',
  'estimateTraining',
  'splitPatients',
  'compareReader',
]);

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: JobContext['report'];
  /** How long it may take to stop by itself when it is cancelled; a second when absent. */
  readonly patienceMs?: number | undefined;
}

export interface SupervisorOptions {
  readonly launch: WorkerLauncher;
  /** Called when the worker ended without being asked to. */
  readonly onDeath: (problem: Problem) => void;
  readonly launchSelfTest?: SelfTestLauncher | undefined;
  /** A worker that has had nothing to do for so long is ended; never, unless said. */
  readonly idleMs?: number;
}

interface Pending {
  readonly task: TaskName;
  readonly arguments: unknown;
  readonly options: RunOptions;
  readonly resolve: (result: never) => void;
  readonly reject: (error: QuorumError) => void;
  attempts: number;
  stopListening(): void;
}

/**
 * Keeps one worker process going: starts it when there is work, reports its death, and starts it again. Questions that were
 * open when it died are asked once more; jobs fail with WORKER_DIED. A cancelled task that does not stop within a second is
 * stopped by ending the process: questions are asked again, other jobs fail with WORKER_DIED, and that reason.
 */
export class WorkerSupervisor {
  private readonly options: SupervisorOptions;
  private readonly launchSelfTest: SelfTestLauncher;
  private readonly pending = new Map<number, Pending>();
  private worker: WorkerProcess | null = null;
  private lastId = 0;
  private closed = false;
  private idle: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.launchSelfTest = askingOnce(options.launchSelfTest ?? launchSelfTest);
  }

  /** Process id of the running worker, or undefined. */
  get pid(): number | undefined {
    return this.worker?.pid;
  }

  /** @throws QuorumError what the task raises; CANCELLED; WORKER_DIED. */
  run<T extends TaskName>(
    task: T,
    taskArguments: TaskArguments<T>,
    options: RunOptions = {},
  ): Promise<TaskResult<T>> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      if (this.closed || options.signal?.aborted) return reject(new QuorumError({ code: 'CANCELLED' }));
      const { signal } = options;
      const cancel = () => this.cancel(id);
      const stopListening = () => signal?.removeEventListener('abort', cancel);
      signal?.addEventListener('abort', cancel, { once: true });
      const entry = { task, arguments: taskArguments, options, resolve, reject, attempts: 0, stopListening };
      this.pending.set(id, entry);
      this.ask(id);
    });
  }

  /** Ends the worker; open tasks end as CANCELLED. */
  close(): void {
    this.closed = true;
    clearTimeout(this.idle);
    this.worker?.kill();
    for (const id of this.pending.keys()) this.fail(id, { code: 'CANCELLED' });
  }

  private ask(id: number): void {
    const entry = this.pending.get(id)!;
    clearTimeout(this.idle);
    entry.attempts++;
    this.worker ??= this.start();
    this.send({ kind: 'run', id, task: entry.task, arguments: entry.arguments });
  }

  private cancel(id: number): void {
    const entry = this.pending.get(id);
    if (!entry) return;
    this.send({ kind: 'cancel', id });
    const patience = setTimeout(() => {
      if (!this.pending.has(id)) return;
      this.fail(id, { code: 'CANCELLED' });
      this.restart();
    }, entry.options.patienceMs ?? CANCEL_PATIENCE_MS);
    patience.unref();
  }

  /** Ends the worker on purpose. */
  private restart(): void {
    const worker = this.worker;
    this.worker = null;
    worker?.kill();
    this.askAgain({ code: 'WORKER_DIED', found: 'ended to stop another task' });
  }

  /** After the worker's end: questions are asked once more; what is never repeated fails. */
  private askAgain(problem: Problem): void {
    for (const [id, { task, attempts }] of [...this.pending]) {
      if (ONCE.has(task) || attempts > 1) this.fail(id, problem);
      else this.ask(id);
    }
  }

  private start(): WorkerProcess {
    const worker = this.options.launch();
    worker.onMessage((message) => {
      if (worker === this.worker) void this.receive(message as FromWorker, worker);
    });
    worker.onExit((reason) => {
      if (worker === this.worker && !this.closed) this.afterDeath(reason);
    });
    return worker;
  }

  private afterDeath(reason: string): void {
    this.worker = null;
    const problem: Problem = { code: 'WORKER_DIED', found: reason };
    this.askAgain(problem);
    this.options.onDeath(problem);
  }

  private async receive(message: FromWorker, worker: WorkerProcess): Promise<void> {
    const entry = this.pending.get(message.id);
    switch (message.kind) {
      case 'done':
        this.settle(message.id);
        entry?.resolve(message.result as never);
        break;
      case 'failed':
        this.fail(message.id, message.problem);
        break;
      case 'progress':
        entry?.options.onProgress?.(message.stage, message.progress, message.details);
        break;
      case 'selfTest': {
        const report = await this.launchSelfTest(message.request);
        // The worker that asked: another one's tests have the same numbers.
        worker.send({ kind: 'selfTested', id: message.id, report } satisfies ToWorker);
      }
    }
  }

  private fail(id: number, problem: Problem): void {
    const entry = this.settle(id);
    entry?.reject(new QuorumError(problem));
  }

  /** Forgets a task that has ended. */
  private settle(id: number): Pending | undefined {
    const entry = this.pending.get(id);
    this.pending.delete(id);
    entry?.stopListening();
    const { idleMs = Number.POSITIVE_INFINITY } = this.options;
    if (this.pending.size === 0 && Number.isFinite(idleMs)) {
      clearTimeout(this.idle);
      this.idle = setTimeout(() => this.endIdle(), idleMs);
      this.idle.unref();
    }
    return entry;
  }

  private endIdle(): void {
    const { worker } = this;
    this.worker = null;
    worker?.kill();
  }

  private send(message: ToWorker): void {
    this.worker?.send(message);
  }
}
