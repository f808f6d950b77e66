import type { Answers } from '../contract/cases.js';
import type { EditState } from '../contract/edits.js';
import type { MaskRole } from '../contract/masks.js';
import type { CaseReport, Fingerprint } from '../contract/report.js';
import type { CaseCombination, Warning } from '../contract/results.js';
import type { Problem } from '../errors.js';
import type { DescribedPreparation } from '../export/preparationReport.js';
import type { Result } from '../segment/result.js';
import type { Modality } from '../terms.js';
import type { Volume } from '../volume/volume.js';
import type { SourceImage } from './caseSource.js';
import type { EngineReport } from './context.js';

/** A mask that was edited by hand, on the Case's grid. */
export interface EditedMask {
  readonly labels: Uint8Array;
  readonly state: EditState;
  /** What the opened mask serves as that it began from; null where it is closed, or was none. */
  readonly role: MaskRole | null;
}

/** What is known of a case before anything is computed. */
export interface PlannedCase {
  /** As it stands in files and their names. */
  readonly name: string;
  /** The sequences in use, in MODALITIES order. */
  readonly sources: readonly SourceImage[];
  /** The series that the others were aligned to: the result lies on it. Null: the images came prepared. */
  readonly reference: Modality | null;
}

/** A segmented case: everything that its files can say. */
export interface Subject extends PlannedCase {
  readonly result: Result;
  /** What `findingsOf` found in its combinations when it was segmented: at the model's threshold, cleaned. Null: nobody has looked yet. */
  readonly found: Readonly<Record<string, CaseCombination>> | null;
  /** The images in use on the Case's grid, read when a file needs them. */
  readonly images: () => Promise<Readonly<Partial<Record<Modality, Volume>>>>;
  readonly fingerprint: Fingerprint;
  /** The image of each of the four sequences, and files that serve as none. */
  readonly listed: Pick<CaseReport, 'images' | 'setAside'>;
  /** Null: the images came prepared. */
  readonly preparation: DescribedPreparation | null;
  /** Checks of the input that failed and were overridden. */
  readonly overridden: readonly Problem[];
  /** About the case, of `caseWarnings`. */
  readonly warnings: readonly Warning[];
  readonly engine: EngineReport;
  readonly passes: { readonly needed: number; readonly run: number };
  /** Seconds of each stage so far, and since when `total` counts (milliseconds of `performance.now()`). */
  readonly seconds: () => Readonly<Record<string, number>>;
  /** Null: not asked for, or not known. */
  readonly examination: CaseReport['examination'];
  readonly answers: Answers | null;
  /** Of a case in a cohort. */
  readonly subsets?: CaseReport['subsets'];
  readonly edited: EditedMask | null;
}
