import type { Problem } from '../errors.js';
import type { Series } from '../intake/study.js';
import type { Modality } from '../terms.js';
import type { Affine, Grid } from '../volume/volume.js';

/** Where a source series lies in relation to the Case. */
export interface SeriesPlacement {
  readonly series: Series;
  /** The grid of the series as it was read. */
  readonly grid: Grid;
  /** 4×4: RAS mm of the series → RAS mm of the Case. */
  readonly toCase: Affine;
}

/** What is done to a raw study, in this order; `co-register` once for every sequence that is not the reference. */
export const PREPARATION_STEPS = ['reference', 'co-register', 'atlas', 'skull-strip', 'resample'] as const;
export type PreparationStepName = (typeof PREPARATION_STEPS)[number];

/** How a step came out: its check passed, is borderline (a person should look), or failed; or there was nothing to do. */
export type StepVerdict = 'good' | 'doubtful' | 'failed' | 'skipped';

/** One step: what was done or why it was skipped, how long it took, and the numbers by which it was checked. */
export interface PreparationStep {
  readonly step: PreparationStepName;
  /** The sequence it was done to; null when it concerns all. */
  readonly sequence: Modality | null;
  /** What was done, or why nothing was, in words. */
  readonly reason: string;
  readonly seconds: number;
  /** Numbers of its check by name with the unit in it, e.g. `overlap`, `mutualInformation`, `brainMl`. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly verdict: StepVerdict;
  /** What is wrong when the verdict is `doubtful` or `failed`. */
  readonly problem: Problem | null;
}

/** Where a brain mask comes from: the images were stripped already, the atlas, the network that the user added, or the user. */
export type BrainMaskSource = 'as given' | 'atlas' | 'network' | 'user';

/** The brain as it was cut out, on the Case's grid. */
export interface BrainMask {
  readonly source: BrainMaskSource;
  /** 1 inside the brain, x fastest. */
  readonly data: Uint8Array;
  readonly ml: number;
}

/** What was done to make a Case of a Study. */
export interface Preparation {
  readonly steps: readonly PreparationStep[];
  /** The sequence to which the others were aligned and that was registered to the atlas. */
  readonly reference: Modality;
  readonly brainMask: BrainMask;
}
