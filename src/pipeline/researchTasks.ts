import type {
  DatasetFindings,
  Evaluation,
  RunCurves,
  RunSummary,
  TrainingTime,
} from '../contract/research.js';
import type { EvaluateRequest } from '../contract/training.js';
import type { TrainValues } from '../contract/trainOrder.js';
import type { Combination, LabelScheme } from '../terms.js';

/** Research as tasks of a worker; `src/research` does them. */

interface Task<Arguments, Result> {
  readonly arguments: Arguments;
  readonly result: Result;
}

type SplitSides = Readonly<Record<'train' | 'validation' | 'test', string[]>>;

/** A case of an evaluation, and the mask that was scored as a file in BraTS labels. */
export interface ScoredCase {
  /** Folder of the case in its data set. */
  readonly folder: string;
  readonly truth: string;
  /** What the truth's numbers mean. */
  readonly truthLabels: LabelScheme;
  readonly mask: string;
}

export interface ResearchTaskTypes {
  train: Task<{ values: TrainValues; verdictFolder: string }, unknown>;
  evaluate: Task<{ request: EvaluateRequest; verdictFolder: string }, unknown>;
  verify: Task<{ folders: readonly string[] }, DatasetFindings[]>;
  estimateTraining: Task<{ orders: readonly TrainValues[]; verdictFolder: string }, TrainingTime[]>;
  /** Writes the split into `output` where that is given. */
  splitPatients: Task<
    { folders: readonly string[]; validation: number; test: number; seed: number; output: string | null },
    { sides: SplitSides; file: string | null }
  >;
  /** Folders of runs and of evaluations. */
  findResults: Task<{ folder: string }, { runs: readonly string[]; evaluations: readonly string[] }>;
  /** Of those that are still there. */
  runs: Task<{ folders: readonly string[] }, Omit<RunSummary, 'job'>[]>;
  /** What a run was asked for, or null. */
  runConfig: Task<{ run: string }, { values: TrainValues | null }>;
  curves: Task<{ run: string; since: number }, { lines: number; curves: RunCurves | null }>;
  evaluations: Task<{ folders: readonly string[] }, { folder: string; finishedAt: string }[]>;
  evaluation: Task<{ folder: string; against: string | null }, Evaluation>;
  /** `into`: a folder for the mask. */
  scoredCase: Task<
    { evaluation: string; name: string; combination: Combination; into: string; verdictFolder: string },
    ScoredCase
  >;
}
