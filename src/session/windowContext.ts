import type {
  BinaryHeader,
  BinaryMethod,
  contract,
  ParsedBinaryRequest,
  ParsedRequest,
  QuorumEvent,
  Response,
} from '../contract/index.js';
import type { LinkScope } from '../files/within.js';
import type { JobQueue } from '../jobs/jobs.js';
import type { BrainStore } from '../kept/brainStore.js';
import type { ErrorLog } from '../kept/errorLog.js';
import type { InstalledModels } from '../kept/installedModels.js';
import type { KeptAnswers } from '../kept/keptAnswers.js';
import type { LogitsCache } from '../kept/logitsCache.js';
import type { PreparedStore } from '../kept/preparedStore.js';
import type { SequenceMemory } from '../kept/sequenceMemory.js';
import type { RecentFolders, SettingsStore } from '../kept/settings.js';
import type { SkullStripFile } from '../kept/skullStripNetwork.js';
import type { StagingRegister } from '../kept/stagingRegister.js';
import type { WorkingFolders } from '../kept/workingFolders.js';
import type { CaseSession } from './cases/caseSession.js';
import type { Openings } from './cases/openings.js';
import type { Scans } from './cases/scans.js';
import type { CohortSession } from './cohorts/cohortSession.js';
import type { CohortWorkers } from './cohorts/cohortWorkers.js';
import type { EditStore } from './edits/editStore.js';
import type { FollowUpSession } from './followups/followUpSession.js';
import type { Research } from './research/research.js';
import type { WorkerSupervisor } from './worker/supervisor.js';

/** What the methods of a window work with. */
export interface WindowContext {
  readonly profileFolder: string;
  readonly log: ErrorLog;
  readonly settings: SettingsStore;
  readonly recents: RecentFolders;
  readonly models: InstalledModels;
  readonly cache: LogitsCache;
  readonly edits: EditStore;
  /** Prepared images; a cache. */
  readonly prepared: PreparedStore;
  /** Brain masks corrected by hand. */
  readonly brains: BrainStore;
  readonly skullStrip: SkullStripFile;
  readonly answers: KeptAnswers;
  /** What the user said series are. */
  readonly memory: SequenceMemory;
  /** Where archives are unpacked and DICOM is converted while a case is open. */
  readonly working: WorkingFolders;
  /** Where exports are being written. */
  readonly staging: StagingRegister;
  readonly scans: Scans;
  /** Where links below what is opened may lead. */
  readonly links: { scope: LinkScope };
  readonly openings: Openings;
  readonly jobs: JobQueue;
  readonly worker: WorkerSupervisor;
  /** Looks into folders and converts, in a process of its own: an opening that has to be stopped by force stops no job. */
  readonly intake: WorkerSupervisor;
  readonly cases: Map<string, CaseSession>;
  readonly cohorts: Map<string, CohortSession>;
  /** Timelines that are open. */
  readonly followUps: Map<string, FollowUpSession>;
  readonly cohortWorkers: CohortWorkers;
  readonly research: Research;
  /** Open cases that came from a cohort. */
  readonly cohortCases: Map<string, { readonly cohort: string; readonly name: string }>;
  emit(event: QuorumEvent): void;
}

export type WindowMethod = keyof typeof contract;
export type JsonHandlers<M extends WindowMethod> = {
  [K in M]: (request: ParsedRequest<K>, body?: ArrayBuffer) => Promise<Response<K>>;
};
export interface BinaryAnswer<M extends BinaryMethod> {
  readonly header: BinaryHeader<M>;
  readonly data: Uint8Array | Uint32Array;
}
export type BinaryHandlers<M extends BinaryMethod> = {
  [K in M]: (request: ParsedBinaryRequest<K>) => Promise<BinaryAnswer<K>>;
};
