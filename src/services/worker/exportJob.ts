import { NEUTRAL_NAME, problemForReport } from '../../export/names.js';
import type { Answers, CaseFile } from '../contract/cases.js';
import type { EditState } from '../contract/edits.js';
import type { ExportRequest } from '../contract/exports.js';
import type { PreparedSummary } from '../contract/preparation.js';
import type { CaseResult } from '../contract/results.js';
import type { CaseSource } from './caseSource.js';

/** Everything an export says that is not in the result's logits. */
export interface ExportJob {
  readonly source: CaseSource;
  readonly request: Omit<ExportRequest, 'case'>;
  /** The case's own folders: nothing is written into them. */
  readonly inputFolders: readonly string[];
  readonly files: readonly CaseFile[];
  /** How the images were prepared; null where they were used as they are. */
  readonly prepared: PreparedSummary | null;
  readonly result: CaseResult;
  readonly answers: Answers | null;
  readonly edited: { readonly labels: Uint8Array; readonly state: EditState } | null;
}

/** The same without the names of the user's folder and files; what is read stays what it was. */
export function withoutNames(job: ExportJob): ExportJob {
  return {
    ...job,
    source: { ...job.source, name: NEUTRAL_NAME },
    result: {
      ...job.result,
      warnings: job.result.warnings.map((warning) =>
        warning.code === 'CHECK_OVERRIDDEN'
          ? { ...warning, problem: problemForReport(warning.problem, true) }
          : warning,
      ),
    },
    files: job.files.map((file, n) => {
      const isImage = file.sequence !== 'mask' && file.sequence !== 'other';
      return { ...file, name: isImage ? file.sequence : `file ${n + 1}` };
    }),
  };
}
