import { join } from 'node:path';
import {
  type BinaryMethod,
  type BinaryRequest,
  type BinaryResponse,
  binaryContract,
  type Client,
  checkRequest,
  contract,
  type Method,
  type ParsedRequest,
  type QuorumEvent,
  type Request,
  type Response,
} from '../contract/index.js';
import { QuorumError } from '../errors.js';
import { defaultProfileFolder } from '../files/privateFiles.js';
import type { LinkScope } from '../files/within.js';
import { JobQueue } from '../jobs/jobs.js';
import { BrainStore } from '../kept/brainStore.js';
import { ErrorLog } from '../kept/errorLog.js';
import { InstalledModels } from '../kept/installedModels.js';
import { KeptAnswers } from '../kept/keptAnswers.js';
import { LogitsCache } from '../kept/logitsCache.js';
import { PreparedStore } from '../kept/preparedStore.js';
import { SequenceMemory } from '../kept/sequenceMemory.js';
import { RecentFolders, SettingsStore } from '../kept/settings.js';
import { SkullStripFile } from '../kept/skullStripNetwork.js';
import { StagingRegister } from '../kept/stagingRegister.js';
import { DailySweep } from '../kept/sweep.js';
import { WorkingFolders } from '../kept/workingFolders.js';
import type { SelfTestLauncher } from '../pipeline/devices.js';
import { applicationHandlers } from './applicationHandlers.js';
import { caseHandlers } from './cases/caseHandlers.js';
import { caseJobs } from './cases/caseJobs.js';
import { mapHandlers, maskHandlers } from './cases/maskHandlers.js';
import { Openings } from './cases/openings.js';
import { preparationHandlers, preparedHandlers } from './cases/preparationHandlers.js';
import { foldersInUse } from './cases/preparing.js';
import { Scans } from './cases/scans.js';
import { cohortHandlers } from './cohorts/cohortHandlers.js';
import { CohortWorkers } from './cohorts/cohortWorkers.js';
import { tellRows } from './cohorts/tellRows.js';
import { changeHandlers, editHandlers } from './edits/editHandlers.js';
import { EditStore } from './edits/editStore.js';
import { followUpHandlers, followUpMapHandlers, tellFollowUps } from './followups/followUpHandlers.js';
import { KnownResults, type Research } from './research/research.js';
import { researchHandlers } from './research/researchHandlers.js';
import type { BinaryHandlers, WindowContext } from './windowContext.js';
import { forkedWorker } from './worker/fork.js';
import type { WorkerLauncher } from './worker/process.js';
import { WorkerSupervisor } from './worker/supervisor.js';

export interface ServiceOptions {
  /** Where everything that Quorum keeps lies; the user's non-roaming application folder by default. */
  readonly profileFolder?: string;
  /**
   * Starts the worker for the methods of windows, given the arguments that its process takes; `child_process.fork` by default.
   * Nothing is started before it is needed.
   */
  readonly launchWorker?: (workerArguments: readonly string[]) => WorkerLauncher;
  /** Tests a device in a process of its own. */
  readonly launchSelfTest?: SelfTestLauncher;
}

/** The contract, carried out. */
export interface Services extends Client {
  /** Process id of the running worker. */
  readonly workerPid: number | undefined;
  /** From now on symbolic links below what is opened are followed within these folders (real paths) alone. */
  keepLinksWithin(folders: readonly string[]): void;
  /** Ends jobs and worker and waits until edits are on the disk. */
  close(): Promise<void>;
}

/** A process that opens is ended when it has had nothing to do for so long. */
const INTAKE_IDLE_MS = 60_000;
/** How long closing waits for a running job to stop by itself. */
const CLOSING_PATIENCE_MS = 3000;

type Handlers = {
  [M in Method]?: (request: ParsedRequest<M>, body?: ArrayBuffer) => Promise<Response<M>>;
};

/** Quorum's services: the whole contract for the command line, the desktop app and browser mode. */
export function createServices(options: ServiceOptions = {}): Services {
  const context = createContext(options);
  const listeners = context.listeners;
  const sweeping = new DailySweep(() => sweep(context));
  listeners.add((event) => void tellRows(context, event).catch((error) => context.log.note('cohort', error)));
  listeners.add((event) => tellFollowUps(context, event));
  const cases = caseHandlers(context);
  const masks = maskHandlers(context);
  const handlers: Handlers = {
    ...cases,
    ...caseJobs(context),
    ...cohortHandlers(context, cases),
    ...followUpHandlers(context),
    ...masks,
    ...researchHandlers(context, { ...cases, ...masks }),
    ...editHandlers(context),
    ...preparationHandlers(context),
    ...applicationHandlers(context, options.launchSelfTest),
  };
  const binary: BinaryHandlers<BinaryMethod> = {
    ...mapHandlers(context),
    ...changeHandlers(context),
    ...preparedHandlers(context),
    ...followUpMapHandlers(context),
  };
  /** Notes what a method did not mean to throw. */
  const noting = <T>(method: string, answer: Promise<T>): Promise<T> =>
    answer.catch(async (error) => {
      await context.log.note(method, error);
      throw error;
    });
  return {
    async call<M extends Method>(method: M, request: Request<M>, body?: ArrayBuffer): Promise<Response<M>> {
      const handler = handlers[method];
      if (!handler) throw new QuorumError({ code: 'REQUEST_INVALID', field: 'method', found: method });
      const checked = checkRequest(contract[method].request, request) as ParsedRequest<M>;
      return noting(method, handler(checked, body));
    },
    async callBinary<M extends BinaryMethod>(
      method: M,
      request: BinaryRequest<M>,
    ): Promise<BinaryResponse<M>> {
      const checked = checkRequest(binaryContract[method].request, request) as never;
      const { header, data } = await noting(method, binary[method](checked));
      return { header, data: wholeBuffer(data) };
    },
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onJob: (listener) => {
      const { training, scoring } = context.research;
      const stops = [context.jobs, training, scoring].map((queue) => queue.onJob(listener));
      return () => stops.forEach((stop) => stop());
    },
    get workerPid() {
      return context.worker.pid;
    },
    keepLinksWithin(folders) {
      context.links.scope = folders;
    },
    async close() {
      context.openings.close();
      await Promise.all([...context.cohorts.values()].map((cohort) => cohort.stop(true)));
      context.cohortWorkers.close();
      const { training, scoring, trainer, reader } = context.research;
      const queues = [context.jobs, training, scoring];
      await Promise.all(queues.map((queue) => queue.close(CLOSING_PATIENCE_MS)));
      trainer.close();
      reader.close();
      // One that fails to close keeps nothing else from closing.
      await Promise.allSettled([...context.cases.values()].map((session) => session.close()));
      context.cases.clear();
      context.worker.close();
      context.intake.close();
      await context.working.close();
      await sweeping.close();
      await context.log.close();
    },
  };
}

function createContext({
  profileFolder = defaultProfileFolder(),
  launchWorker,
  launchSelfTest,
}: ServiceOptions) {
  const listeners = new Set<(event: QuorumEvent) => void>();
  const emit = (event: QuorumEvent) => {
    for (const listener of listeners) listener(event);
  };
  const log = new ErrorLog(join(profileFolder, 'log', 'errors.jsonl'));
  const queueOfJobs = () => {
    const queue = new JobQueue((kind, error) => void log.note(kind, error));
    queue.onJob((event) => emit({ type: 'job', event }));
    return queue;
  };
  const jobs = queueOfJobs();
  const cacheFolder = join(profileFolder, 'cache');
  const launch = launchWorker?.([cacheFolder, log.file]) ?? forkedWorker([cacheFolder, log.file]);
  const worker = new WorkerSupervisor({
    launch,
    launchSelfTest,
    onDeath: (problem) => {
      void log.note('worker', new QuorumError(problem));
      emit({ type: 'workerRestarted', problem });
    },
  });
  // It holds nothing: whoever opens is told by the opening's own end.
  const intake = new WorkerSupervisor({
    launch,
    idleMs: INTAKE_IDLE_MS,
    onDeath: (problem) => void log.note('intake', new QuorumError(problem)),
  });
  /** A process that works beside that of the open cases, and is ended when it has nothing to do. */
  const beside = (name: string) =>
    new WorkerSupervisor({
      launch,
      launchSelfTest,
      idleMs: INTAKE_IDLE_MS,
      onDeath: (problem) => void log.note(name, new QuorumError(problem)),
    });
  const settings = new SettingsStore(join(profileFolder, 'settings.json'));
  const research: Research = {
    results: new KnownResults(
      join(profileFolder, 'research.json'),
      async () => (await settings.get()).rememberFolders,
    ),
    trained: new Map(),
    training: queueOfJobs(),
    scoring: queueOfJobs(),
    trainer: beside('training'),
    reader: beside('research'),
  };
  const memory = new SequenceMemory(join(profileFolder, 'sequences.json'));
  const links: { scope: LinkScope } = { scope: null };
  const working = new WorkingFolders(join(profileFolder, 'working'));
  const context: WindowContext = {
    profileFolder,
    log,
    settings,
    recents: new RecentFolders(join(profileFolder, 'recents.json')),
    models: new InstalledModels(join(profileFolder, 'models')),
    cache: new LogitsCache(cacheFolder),
    edits: new EditStore(join(profileFolder, 'edits')),
    prepared: new PreparedStore(join(profileFolder, 'prepared')),
    brains: new BrainStore(join(profileFolder, 'brains')),
    skullStrip: new SkullStripFile(join(profileFolder, 'skull-strip')),
    answers: new KeptAnswers(join(profileFolder, 'answers.json')),
    memory,
    working,
    staging: new StagingRegister(join(profileFolder, 'staging')),
    scans: new Scans(intake, working, memory, links),
    links,
    openings: new Openings(emit),
    jobs,
    worker,
    intake,
    cases: new Map(),
    cohorts: new Map(),
    followUps: new Map(),
    // What a case of a cohort was doing when its process died is told by that case's state.
    cohortWorkers: new CohortWorkers(() => beside('cohort')),
    research,
    cohortCases: new Map(),
    emit,
  };
  return { ...context, listeners };
}

/** Removes from the profile what is older than it may be, and what killed processes left; each store by itself. */
async function sweep(context: WindowContext): Promise<void> {
  const { keepHeads } = await context.settings.get();
  await Promise.allSettled([
    context.cache.sweep(),
    context.prepared.sweep(foldersInUse(context), { heads: !keepHeads }),
    context.working.sweep(),
    context.staging.sweep(),
    context.edits.sweep(),
    context.answers.sweep(),
  ]);
}

/** A copy of the bytes as an ArrayBuffer of their own: what is sent must not be shared with what is kept. */
function wholeBuffer(data: Uint8Array | Uint32Array): ArrayBuffer {
  return data.slice().buffer as ArrayBuffer;
}

export { SHIPPED_MODEL } from '../model/model.js';
export { SAMPLE_PATIENT, SAMPLE_SEGMENTED } from '../pipeline/sample.js';
export { forkedWorker } from './worker/fork.js';
export type { WorkerLauncher, WorkerProcess } from './worker/process.js';
