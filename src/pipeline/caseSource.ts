import type { PreparedSummary } from '../contract/preparation.js';
import type { CaseReport } from '../contract/report.js';
import type { CaseResult, Warning } from '../contract/results.js';
import type { DicomSeries } from '../dicom/series.js';
import type { EngineEvent } from '../engine/devices/fallbackEngine.js';
import type { Problem } from '../errors.js';
import type { Suggestions } from '../intake/candidate.js';
import type { Study } from '../intake/study.js';
import type { PreparationSources } from '../kept/preparedStore.js';
import type { Lost } from '../open/openInputs.js';
import type { InputNote } from '../prepare/notes.js';
import type { Combination, Modality, Population } from '../terms.js';
import type { Affine } from '../volume/volume.js';

/** A sequence that a mask came from, as it was before it was prepared. */
export interface SourceImage {
  readonly modality: Modality;
  /** An image file on the series' own grid. */
  readonly file: string;
  /** Absent for NIfTI, MHA and NRRD. */
  readonly dicom?: DicomSeries | undefined;
  /** RAS mm of the series → RAS mm of the case; absent where nothing was moved. */
  readonly toCase?: Affine | undefined;
}

/** What the files of a case can say of it beside its masks, as it was when it was segmented. */
export interface CaseAbout {
  /** Folders of the files as they were given: nothing is written into them. */
  readonly inputFolders: readonly string[];
  readonly listed: Pick<CaseReport, 'images' | 'setAside'>;
  /** Written only where it is asked for. */
  readonly examination: CaseReport['examination'];
  /** How the images were prepared; null where they are used as they are. */
  readonly prepared: PreparedSummary | null;
  readonly suggestions: Suggestions;
  readonly lost: readonly Lost[];
}

/** What a result follows from: with the same source the same result, from memory, from the cache, or anew. */
export interface CaseSource {
  /** As it was opened. */
  readonly study: Study;
  /** SHA-256 of every sequence's file, also of those that are not segmented. */
  readonly hashes: PreparationSources;
  /** What is segmented. In MODALITIES order; the first gives the Case's grid. */
  readonly images: readonly (SourceImage & { readonly sha256: string })[];
  /** What was found when the images were prepared. */
  readonly notes: readonly InputNote[];
  /** The series that the images were prepared from; absent where they are used as they are. */
  readonly origins?: readonly (SourceImage & { readonly sha256: string })[];
  readonly model: { readonly folder: string; readonly hash: string };
  readonly device: string;
  readonly force: boolean;
  readonly about: CaseAbout;
}

/** A mask that the worker can make, or one that is handed to it. */
export type MaskInput =
  | {
      readonly kind: 'combination';
      readonly combination: Combination;
      readonly threshold: number | null;
      readonly keepSpecks: boolean;
    }
  | { readonly kind: 'labels'; readonly labels: Uint8Array };

/** Numbers of a finished segmentation; what follows from the answers is added by the main process. */
export interface Segmented {
  readonly source: CaseSource;
  readonly result: Omit<CaseResult, 'id' | 'warnings'>;
  /** Passes that the result rests on, and those that were run for it. */
  readonly passes: { readonly needed: number; readonly run: number };
  /** Seconds of each stage. */
  readonly laps: Readonly<Record<string, number>>;
  readonly overridden: readonly Problem[];
  /** About the case, of `caseWarnings`. */
  readonly warnings: readonly Warning[];
  /** Whom the model was trained on. */
  readonly population: Population;
  /** What happened to devices in this run. */
  readonly events: readonly EngineEvent[];
}

/** A removed part of a region, to be brought back. */
export interface SpeckVoxels {
  readonly voxels: Uint32Array;
  readonly labels: Uint8Array;
}
