import type { Answers } from '../contract/cases.js';
import type { CaseReport } from '../contract/report.js';
import type { Study } from '../intake/study.js';
import type { JobContext } from '../jobs/context.js';
import type { OpenedStudy } from '../open/openInputs.js';
import type { Case } from '../prepare/case.js';
import type { PreparationChoices } from '../prepare/preparation.js';
import type { ModalityLogits } from '../segment/logits.js';
import type { Modality } from '../terms.js';
import type { Subject } from './subject.js';

/** How one case is opened, and its name when the caller knows a better one than the folder's. */
export interface CaseInputs {
  readonly open: (context: JobContext) => Promise<OpenedStudy>;
  readonly name?: string;
  /** What a case of a cohort has beside what one alone has. */
  readonly inCohort?: InCohort;
}

export interface InCohort {
  /** Null: nobody was asked. */
  readonly answers: Answers | null;
  /** A finished case stays also where earlier results may be replaced. */
  readonly keepFinished: boolean;
  /** Told of all images once they are prepared, so that they need not be when the case is opened. */
  readonly onPrepared?: (study: Study, all: Case, milliseconds: number) => Promise<void>;
  /** Told what the network said, so that the case opens at once. */
  readonly onLogits?: (found: NetworkAnswer) => Promise<void>;
  /** What is kept of an earlier preparation of the same images; null: they are prepared anew. */
  readonly keptPreparation?: (study: Study) => Promise<KeptPreparation | null>;
  /** What the network said earlier of the same images; null: it is asked. */
  readonly keptLogits?: (prepared: Case, use: readonly Modality[]) => Promise<ModalityLogits | null>;
  /** Told what is written, before it is, and what was written where it was finished before: for who goes on from it. */
  readonly onSubject?: (subject: Subject) => void;
}

export type KeptPreparation = Pick<PreparationChoices, 'keep' | 'brainMask'>;

export interface NetworkAnswer {
  readonly prepared: Case;
  readonly logits: ModalityLogits;
  readonly use: readonly Modality[];
  readonly modelHash: string;
  readonly engine: { readonly name: string; readonly device: string };
}

/** @returns whether it was finished before; the picture of one that is new in a cohort. */
export interface SegmentedCase {
  readonly report: CaseReport;
  readonly skipped: boolean;
  /** PNG. */
  readonly picture: Uint8Array | null;
}
