import type { Problem } from '../errors.js';
import type { Contribution, PerRegion } from '../segment/influence.js';
import type { Modality } from '../terms.js';
import type { Diameters } from './diameters.js';
import type { PreparationReport } from './preparationReport.js';

export const REPORT_FILE = 'report.json';
export const RESEARCH_NOTICE = 'Research use only. Not a medical device.';

/** A file that Quorum wrote, relative to the report, and the SHA-256 of its bytes: only these may Quorum replace. */
export interface ClaimedFile {
  readonly file: string;
  readonly sha256: string;
}

/** What makes two runs the same: with equal fingerprints nothing needs to be done again. */
export interface Fingerprint {
  /** SHA-256 of each image file that was read. */
  readonly inputs: Readonly<Partial<Record<Modality, string>>>;
  readonly modelHash: string;
  /** Every option that changes what is written. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A file that was asked for and that there is nothing to write in. */
export interface LeftOut {
  /** Relative to the report. */
  readonly file: string;
  readonly reason: string;
}

export interface RegionVolume {
  /** Volume of the mask on the Case's grid, after clean-up. */
  readonly ml: number;
  /** False: model.json says that these sequences do not support this region. */
  readonly supported: boolean;
  /** The range that model.json gives for such a volume; null where it knows none. Absent in reports of a hand-edited mask. */
  readonly range?: { readonly lower: number; readonly upper: number } | null;
}

/** A warning: its code, and the sentence that the app shows too. */
export interface ReportWarning {
  readonly code: string;
  readonly text: string;
}

/** What was found with one combination of sequences. */
export interface CombinationResult {
  readonly volumes: PerRegion<RegionVolume>;
  /** Mean Dice with each member left out, before clean-up; null with one sequence. */
  readonly agreement: PerRegion<number | null>;
  /** Longest and perpendicular diameter in the axial plane, of the mask after clean-up; null for an empty region. Absent where that
   * mask was edited by hand: see `edited`. */
  readonly diameters?: PerRegion<Diameters | null>;
  readonly contributions: readonly Contribution[] | null;
  /** Separate enhancing lesions after clean-up. */
  readonly enhancingLesions?: number;
  readonly warnings?: readonly ReportWarning[];
  readonly specks: readonly {
    readonly region: string;
    readonly ml: number;
    readonly centroidMm: readonly number[];
    readonly centroidVoxel: readonly number[];
    readonly removed: boolean;
  }[];
}

/** `report.json` of one case. */
export interface CaseReport {
  readonly application: 'quorum';
  readonly kind: 'case';
  readonly format: 1;
  readonly notice: string;
  /** `writing` until every file is in place. */
  readonly state: 'writing' | 'finished';
  readonly case: string;
  readonly finishedAt: string;
  readonly quorumVersion: string;
  readonly fingerprint: Fingerprint;
  readonly images: readonly {
    readonly sequence: Modality;
    readonly file: string;
    readonly reason: string;
    readonly used: boolean;
  }[];
  readonly setAside: readonly { readonly file: string; readonly reason: string }[];
  /** What the checks of the images found; warnings about one combination stand with it. */
  readonly warnings?: readonly ReportWarning[];
  /** Checks of the input that failed and were overridden by --force. */
  readonly overridden: readonly Problem[];
  /** How raw images were prepared; absent when they came prepared. */
  readonly preparation?: PreparationReport;
  readonly model: {
    readonly name: string;
    readonly version: string;
    readonly hash: string;
    readonly trainingData: string;
  };
  readonly engine: {
    readonly name: string;
    readonly device: string;
    readonly events: readonly { readonly kind: string; readonly device: string; readonly problem: Problem }[];
  };
  readonly threshold: number;
  readonly labels: { readonly scheme: string; readonly values: Readonly<Record<string, number>> };
  /** The combination of `<case>_seg.nii.gz`. */
  readonly combination: string;
  readonly combinations: Readonly<Record<string, CombinationResult>>;
  /** Of raw images: the mask on each series' own grid (`native/<sequence>_seg.nii.gz`) and its volumes there. */
  readonly native?: Readonly<
    Partial<Record<Modality, { readonly file: string; readonly ml: PerRegion<number> }>>
  >;
  /** Files that were asked for and not written; absent when all were. */
  readonly leftOut?: readonly LeftOut[];
  /** With probability maps: mean over the mask of the standard deviation of the sequences' probabilities; null for an empty mask. */
  readonly spread: PerRegion<number | null> | null;
  readonly networkPasses: number;
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakMemoryMb: number;
  /** Written by a window alone: the answers to the three questions (null: not asked yet), */
  readonly answers?: Readonly<Record<string, string>> | null;
  /** and how the mask of `<case>_seg.nii.gz` was edited by hand (null: it was not). */
  readonly edited?: {
    readonly from: string;
    readonly strokes: number;
    readonly choices: number;
    readonly volumes: PerRegion<number>;
    readonly diameters: PerRegion<Diameters | null>;
    readonly byHand: PerRegion<{ readonly addedMl: number; readonly removedMl: number }>;
  } | null;
  readonly files: readonly ClaimedFile[];
}

/** One line of a summary over several cases. */
export interface CaseOutcome {
  readonly case: string;
  readonly state: 'finished' | 'skipped' | 'failed';
  readonly volumes?: PerRegion<RegionVolume>;
  readonly problem?: Problem;
}

/** `report.json` of a folder of cases. */
export interface BatchReport {
  readonly application: 'quorum';
  readonly kind: 'batch';
  readonly format: 1;
  readonly notice: string;
  readonly finishedAt: string;
  readonly quorumVersion: string;
  readonly cases: readonly CaseOutcome[];
}
