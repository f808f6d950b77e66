import type { Sequence } from '../contract/basic.js';
import type { Answers } from '../contract/cases.js';
import type { CohortCase, CohortResult, SomeAnswers } from '../contract/cohort.js';
import type { ComparedMask, ReaderScore } from '../contract/cohortReader.js';
import type { FollowUpBy, FollowUpReport, TimePoint } from '../contract/followUp.js';
import type { BinaryHeader, Response, SegmentRequest } from '../contract/index.js';
import type { SelfTestReport, SelfTestRequest } from '../engine/devices/launchSelfTest.js';
import type { Problem } from '../errors.js';
import type { LinkScope } from '../files/within.js';
import type { FoundSeries, Scan } from '../intake/candidate.js';
import type { Series } from '../intake/study.js';
import type { ReportDetails } from '../jobs/context.js';
import type { PreparedRecord } from '../kept/preparedStore.js';
import type { Scheme } from '../masks/labels.js';
import type { Runs } from '../masks/runs.js';
import type { ScanArguments } from '../open/scan.js';
import type { Combination, LabelScheme, Modality, Region } from '../terms.js';
import type { Grid } from '../volume/volume.js';
import type { CaseSource, MaskInput, Segmented, SourceImage, SpeckVoxels } from './caseSource.js';
import type { ExportJob } from './exportJob.js';
import type { PrepareArguments } from './prepare.js';
import type { ResearchTaskTypes } from './researchTasks.js';
import type { EditedMask } from './subject.js';

/** What the worker does. Every task carries all that it needs, so that a worker that was restarted can go on. */

interface Task<Arguments, Result> {
  readonly arguments: Arguments;
  readonly result: Result;
}

type OnResult<Arguments> = Arguments & { readonly source: CaseSource };
/** Null: the model's threshold. */
type Moved = { readonly threshold: number | null };
type Labels = { readonly labels: Uint8Array };

export interface CohortCaseArguments {
  readonly one: CohortCase;
  readonly files: NonNullable<CohortCase['source']>;
  /** Of the cohort. */
  readonly answers: SomeAnswers;
  /** Everything but the inputs. */
  readonly request: SegmentRequest;
  readonly profileFolder: string;
  readonly cacheLimitBytes: number;
  readonly remembered: ReadonlyMap<string, Sequence>;
  readonly links: LinkScope;
}

export interface CohortCaseResult {
  readonly result: CohortResult;
  /** It was finished before. */
  readonly skipped: boolean;
}

/** A time point of a follow-up: an open case with its result. */
export interface FollowUpPoint {
  readonly id: string;
  readonly title: string;
  readonly date: string | null;
  readonly source: CaseSource;
  readonly answers: Answers | null;
  readonly edited: EditedMask | null;
}

/** Where a time point lies on the grid of the first. */
type OnFirst = { readonly toFirst: readonly number[] | null; readonly grid: Grid };
type PointOnFirst = { readonly point: FollowUpPoint; readonly about: TimePoint };

export interface FollowUpExport {
  readonly report: FollowUpReport;
  /** In the report's order. */
  readonly points: readonly FollowUpPoint[];
  readonly folder: string;
  readonly inputFolders: readonly string[];
  readonly neutralNames: boolean;
  readonly overwrite: boolean;
}

export interface FindCohortArguments {
  readonly paths: readonly string[];
  readonly workingFolder: string;
  readonly links: LinkScope;
}

/** A case's results and the reader's mask of it. */
export interface ReaderPair {
  readonly name: string;
  /** Folder of the cohort's results; the case's are below it. */
  readonly output: string;
  readonly result: CohortResult;
  readonly file: string;
}

export interface CompareReaderArguments {
  readonly pairs: readonly ReaderPair[];
  /** What the reader's labels mean; null finds it out. */
  readonly labels: string | null;
  /** Of Quorum's masks. */
  readonly scheme: Scheme;
}

export interface ReaderComparison {
  readonly labels: string;
  readonly reading: string;
  readonly cases: Readonly<
    Record<
      string,
      | { readonly scores: Record<Region, ReaderScore | null>; readonly mask: ComparedMask }
      | { readonly problem: Problem }
    >
  >;
}

export interface WorkerTasks extends ResearchTaskTypes {
  openSeries: Task<{ found: FoundSeries; workingFolder: string }, { series: Series; sha256: string }>;
  prepare: Task<PrepareArguments, PreparedRecord | null>;
  /** Writes the preparation that was made for this folder. */
  keepPrepared: Task<{ folder: string }, null>;
  /** A brain mask: 1 inside. */
  brain: Task<{ file: string }, Labels>;
  segment: Task<
    { source: CaseSource; threads: number; cacheLimitBytes: number; verdictFolder: string },
    Segmented
  >;
  export: Task<ExportJob, { folder: string; files: string[] }>;
  report: Task<ExportJob, { html: string }>;
  /** The mask as runs, which cross to the main process in a fraction of its voxels' time. */
  labels: Task<OnResult<{ mask: MaskInput }>, { runs: Runs; header: BinaryHeader<'masks.labels'> }>;
  specks: Task<OnResult<{ combination: Combination }>, SpeckVoxels[]>;
  /** What was found in every combination at another threshold than the model's. */
  combinations: Task<OnResult<Moved>, Response<'masks.combinations'>>;
  disagreement: Task<
    OnResult<{ region: Region } & Moved>,
    Labels & { header: BinaryHeader<'maps.disagreement'> }
  >;
  decidedBy: Task<
    OnResult<{ combination: Combination; region: Region } & Moved>,
    Labels & { header: BinaryHeader<'maps.decidedBy'> }
  >;
  probability: Task<
    OnResult<{ combination: Combination; region: Region; kind: 'fused' | 'spread' }>,
    Labels & { header: BinaryHeader<'maps.probability'> }
  >;
  explore: Task<
    OnResult<{ factors: Partial<Record<Modality, number>>; threshold: number | null }>,
    { runs: Runs; header: BinaryHeader<'maps.explore'> }
  >;
  voxel: Task<
    {
      source: CaseSource | null;
      files: Partial<Record<Modality, string>>;
      voxel: readonly [number, number, number];
      grid: Grid;
      combination: Combination | null;
    },
    Response<'maps.voxel'>
  >;
  difference: Task<
    { source: CaseSource | null; grid: Grid; a: MaskInput; b: MaskInput; region: Region },
    Labels & { header: BinaryHeader<'maps.difference'> }
  >;
  compare: Task<
    { source: CaseSource | null; grid: Grid; a: MaskInput; b: MaskInput },
    Response<'masks.compare'>
  >;
  seriesVolumes: Task<OnResult<{ mask: MaskInput }>, Response<'masks.seriesVolumes'>>;
  seriesMask: Task<
    OnResult<{ mask: MaskInput; origin: SourceImage }>,
    Labels & { header: BinaryHeader<'masks.onSeries'> }
  >;
  scores: Task<OnResult<{ truth: MaskInput } & Moved>, Response<'masks.scores'>>;
  blobs: Task<
    OnResult<{ combinations: readonly Combination[]; threshold: number | null; limit: number }>,
    Response<'choices.list'>
  >;
  blobAnswer: Task<
    OnResult<{
      combinations: readonly Combination[];
      threshold: number | null;
      blob: number;
      answer: Combination;
    }>,
    SpeckVoxels
  >;
  image: Task<{ file: string }, { header: BinaryHeader<'images.volume'>; voxels: Uint8Array }>;
  /** A small picture (PNG) by which a case is known again. */
  thumbnail: Task<{ file: string }, { png: Uint8Array }>;
  readMask: Task<{ file: string; grid: Grid; scheme: LabelScheme | null }, Labels>;
  /** Headers below folders; archives are unpacked into `workingFolder`. */
  scan: Task<ScanArguments, Scan>;
  /** The cases of a cohort. */
  findCohort: Task<FindCohortArguments, CohortCase[]>;
  /** One case of a cohort, from its files to its files. */
  cohortCase: Task<CohortCaseArguments, CohortCaseResult>;
  /** One patient's time points, compared. */
  followUp: Task<{ points: readonly FollowUpPoint[]; by: FollowUpBy | null }, FollowUpReport>;
  followUpExport: Task<FollowUpExport, { folder: string; files: string[] }>;
  followUpImage: Task<
    OnResult<{ sequence: Modality } & OnFirst>,
    { header: BinaryHeader<'followups.image'>; voxels: Uint8Array }
  >;
  followUpLabels: Task<PointOnFirst & { grid: Grid }, Labels>;
  followUpDifference: Task<{ before: PointOnFirst; after: PointOnFirst; grid: Grid; region: Region }, Labels>;
  /** Masks of a cohort beside another reader's. */
  compareReader: Task<CompareReaderArguments, ReaderComparison>;
  /** Frees what is held for these images. */
  drop: Task<{ images: readonly string[] }, null>;
}

export type TaskName = keyof WorkerTasks;
export type TaskArguments<T extends TaskName> = WorkerTasks[T]['arguments'];
export type TaskResult<T extends TaskName> = WorkerTasks[T]['result'];

/** Main process → worker. */
export type ToWorker =
  | { readonly kind: 'run'; readonly id: number; readonly task: TaskName; readonly arguments: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'selfTested'; readonly id: number; readonly report: SelfTestReport };

/** Worker → main process. */
export type FromWorker =
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: Problem }
  | {
      readonly kind: 'progress';
      readonly id: number;
      readonly stage: string;
      readonly progress: number;
      readonly details: ReportDetails | undefined;
    }
  /** A device is to be tested in a process of its own, which only the host can start everywhere. */
  | { readonly kind: 'selfTest'; readonly id: number; readonly request: SelfTestRequest };
