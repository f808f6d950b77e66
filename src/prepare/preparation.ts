import type { Problem } from '../errors.js';
import type { Series } from '../intake/study.js';
import type { Modality, OptionalStep, PreparationStepName } from '../terms.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';

/** Where a source series lies in relation to the Case. */
export interface SeriesPlacement {
  readonly series: Series;
  /** The grid of the series as it was read. */
  readonly grid: Grid;
  /** 4×4: RAS mm of the series → RAS mm of the Case. */
  readonly toCase: Affine;
}

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
  /** A picture (PNG) by which a person can check it; null where there is nothing to see. */
  readonly picture: Uint8Array | null;
}

/** Where a brain mask comes from: the images were stripped already, the atlas, the network that the user added, or the user. */
export type BrainMaskSource = 'as given' | 'atlas' | 'network' | 'user';

/** The brain as it was cut out, on the Case's grid. */
export interface BrainMask extends Volume<Uint8Array> {
  readonly source: BrainMaskSource;
  readonly ml: number;
}

/** What registration found: 4×4 matrices between frames in RAS mm. Given back as `keep`, they are not sought again. */
export interface PreparationTransforms {
  /** RAS mm of the reference series → RAS mm of each other series. */
  readonly fromReference: Readonly<Partial<Record<Modality, Affine>>>;
  /** RAS mm of the Case → RAS mm of the reference series, rigid. */
  readonly caseToReference: Affine;
  /** RAS mm of the atlas → RAS mm of the reference series, with scaling and shear: carries the brain mask. Null without the atlas. */
  readonly atlasToReference: Affine | null;
}

/** What was done to make a Case of a Study. */
export interface Preparation {
  readonly steps: readonly PreparationStep[];
  /** The sequence to which the others were aligned and that was registered to the atlas. */
  readonly reference: Modality;
  readonly brainMask: BrainMask;
  readonly transforms: PreparationTransforms;
  /** The images on the Case's grid before the brain was cut out, when `keepHeads` asked for them: to correct the mask on. */
  readonly heads?: Readonly<Partial<Record<Modality, Float32Array>>>;
}

export interface PreparationChoices {
  /** The sequence to align the others to; found by a rule when absent. */
  readonly reference?: Modality | undefined;
  readonly skip?: readonly OptionalStep[] | undefined;
  /** Transforms of an earlier run of the same study that are not sought again. */
  readonly keep?: PreparationTransforms | undefined;
  /** A brain mask on the Case's grid, e.g. one corrected by hand: taken as it is, in place of the atlas's. */
  readonly brainMask?: Volume<Uint8Array> | undefined;
  /** Makes the brain mask of the reference image in place of the atlas: see mindgrab.ts. */
  readonly stripper?: BrainStripper | undefined;
  readonly keepHeads?: boolean | undefined;
}

/** Finds the brain in one head on the Case's grid (1 mm): 1 inside. */
export type BrainStripper = (head: Volume, signal?: AbortSignal) => Promise<Uint8Array>;
