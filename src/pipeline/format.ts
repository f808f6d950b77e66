import type { CaseReport } from '../contract/report.js';
import type { Trust } from '../contract/trust.js';
import type { FigureMask } from '../export/figure.js';
import type { JobContext } from '../jobs/context.js';
import type { Combination, PerRegion } from '../terms.js';
import type { SourceImage } from './caseSource.js';
import type { Surroundings } from './context.js';
import type { Plan } from './plan.js';
import type { SeriesMask } from './seriesMasks.js';
import type { Subject } from './subject.js';

/** A mask that is written, BraTS labels on the Case's grid. */
export interface WrittenMask {
  readonly combination: Combination;
  readonly labels: Uint8Array;
  readonly isEdited: boolean;
}

/** Parts of `report.json` that are known once a format is written. */
export type Parts = Partial<Pick<CaseReport, 'native' | 'spread'>>;

/** What a format is written with. */
export interface Work {
  readonly subject: Subject;
  readonly plan: Plan;
  readonly around: Surroundings;
  readonly context: JobContext;
  readonly main: WrittenMask;
  /** The result's mask on a series' own grid; made once for each. */
  onSeries(source: SourceImage): Promise<SeriesMask>;
  /** The path to write a file of the plan to. */
  stage(file: string): Promise<string>;
  /** A file of the plan that there is nothing to write in; the report says so. */
  leaveOut(file: string, reason: string): void;
  /** Parts of the report that this format knows. */
  take(parts: Parts): void;
  /** Every mask that is written, the result's first, with what pictures say of it. */
  pictured(): Promise<readonly FigureMask[]>;
  /** PNG with every mask that is written. */
  picture(): Promise<Uint8Array>;
  /** How far each region of the result is to be trusted; null where that is not known, as of an edited mask. */
  ratings(): Promise<PerRegion<Trust | null>>;
  /** The report but for the files; formats that ask for it come last in the list. */
  report(): Promise<CaseReport>;
}

export interface FormatWriter {
  /**
   * Names of the files, relative to the output folder; some may turn out to have no content.
   *
   * @throws QuorumError when the case can never have them (NOT_DICOM).
   */
  readonly planned: (plan: Plan) => string[];
  /** Finds what writing would fail on. */
  readonly check?: (plan: Plan) => Promise<void>;
  readonly write: (work: Work) => Promise<void>;
}
