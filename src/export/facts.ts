import type { Region } from '../terms.js';
import type { Diameters } from './diameters.js';

/** One region of one mask, as CSV and report show it. */
export interface RegionRow {
  /** The combination's name, or `edited by hand`, as files have it; and as people read it. */
  readonly mask: string;
  readonly title: string;
  readonly region: Region;
  readonly regionTitle: string;
  /** Null: these sequences do not support the region and no guess was asked for. */
  readonly ml: number | null;
  readonly supported: boolean;
  /** What stands beside the number, e.g. `a guess: not reliable from these sequences`; may be empty. */
  readonly note: string;
  /** In the axial plane; null for an empty region and where no number is given. */
  readonly diameters: Diameters | null;
  readonly rangeMl: { readonly lower: number; readonly upper: number } | null;
  readonly agreement: number | null;
  /** ml that were added and removed by hand; null for a mask that was not edited. */
  readonly byHand: { readonly addedMl: number; readonly removedMl: number } | null;
}

/** What CSV and HTML report say; all texts are ready for people. */
export interface ReportFacts {
  readonly caseName: string;
  /** PatientID and date of the examination, where they were asked for. */
  readonly examination: { readonly patient: string | null; readonly date: string | null } | null;
  readonly createdAt: string;
  readonly quorumVersion: string;
  readonly notice: string;
  /** `brats` or `consecutive` and its values. */
  readonly labels: string;
  readonly sequences: readonly {
    readonly title: string;
    readonly file: string;
    readonly reason: string;
    readonly used: boolean;
  }[];
  /** `key` names the question in tables. */
  readonly answers: readonly { readonly key: string; readonly question: string; readonly answer: string }[];
  readonly model: {
    readonly name: string;
    readonly version: string;
    readonly hash: string;
    readonly trainingData: string;
  };
  readonly engine: { readonly name: string; readonly device: string };
  readonly threshold: number;
  /** The mask that was exported as the result first. */
  readonly rows: readonly RegionRow[];
  /** How the edit came about, e.g. `from T1 + FLAIR, 12 strokes, 2 choices`; null without one. */
  readonly edit: string | null;
  /** What was done to raw images, step by step; empty where they came prepared. */
  readonly preparation: readonly string[];
  readonly warnings: readonly string[];
  /** Of the mask that was exported first; empty where there are none. */
  readonly warningCodes: readonly string[];
  /** An overview picture (PNG), or null. */
  readonly picture: Uint8Array | null;
}
