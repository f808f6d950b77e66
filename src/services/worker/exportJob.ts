import type { Answers, CaseFile } from '../contract/cases.js';
import type { EditState } from '../contract/edits.js';
import type { ExportRequest } from '../contract/exports.js';
import type { CaseResult } from '../contract/results.js';
import type { CaseSource } from './caseSource.js';

/** Everything an export says that is not in the result's logits. */
export interface ExportJob {
  readonly source: CaseSource;
  readonly request: Omit<ExportRequest, 'case'>;
  /** The case's own folders: nothing is written into them. */
  readonly inputFolders: readonly string[];
  readonly files: readonly CaseFile[];
  readonly result: CaseResult;
  readonly answers: Answers | null;
  readonly edited: { readonly labels: Uint8Array; readonly state: EditState } | null;
}
