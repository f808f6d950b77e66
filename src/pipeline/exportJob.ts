import type { Answers } from '../contract/cases.js';
import type { ExportOptions } from '../contract/exports.js';
import type { PreparedSummary } from '../contract/preparation.js';
import type { CaseReport } from '../contract/report.js';
import type { Warning } from '../contract/results.js';
import type { Problem } from '../errors.js';
import type { CaseSource } from './caseSource.js';
import type { EngineReport } from './context.js';
import type { EditedMask, Subject } from './subject.js';

/** What an export needs besides the logits: what the main process knows of the case. */
export interface ExportJob {
  readonly source: CaseSource;
  readonly options: ExportOptions;
  readonly folder: string;
  readonly overwrite: boolean;
  /** The case's own folders: nothing is written into them. */
  readonly inputFolders: readonly string[];
  readonly listed: Pick<CaseReport, 'images' | 'setAside'>;
  /** How the images were prepared; null where they were used as they are. */
  readonly prepared: PreparedSummary | null;
  readonly overridden: readonly Problem[];
  readonly warnings: readonly Warning[];
  readonly engine: EngineReport;
  readonly passes: Subject['passes'];
  /** By stage, `total` included. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Null: not asked for, or not known. */
  readonly examination: CaseReport['examination'];
  readonly answers: Answers | null;
  readonly edited: EditedMask | null;
}
