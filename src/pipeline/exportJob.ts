import type { Answers } from '../contract/cases.js';
import type { ExportOptions } from '../contract/exports.js';
import type { Warning } from '../contract/results.js';
import type { Segmented } from './caseSource.js';
import type { EditedMask } from './subject.js';

/** What an export needs besides the logits. */
export interface ExportJob {
  readonly segmented: Segmented;
  readonly options: ExportOptions;
  readonly folder: string;
  readonly overwrite: boolean;
  /** The patient's number and the date are written. */
  readonly identity: boolean;
  readonly answers: Answers | null;
  /** About the case as it is now, as a window shows them. */
  readonly warnings: readonly Warning[];
  readonly edited: EditedMask | null;
}
