import { ADULT_BRAIN_ML } from '../contract/population.js';
import type { Warning } from '../contract/results.js';
import type { ModelDescription } from '../model/schema.js';
import { type Likeness, likenesses, misfits } from '../prepare/belonging.js';
import type { BrainQuality } from '../prepare/brainQuality.js';
import type { Case } from '../prepare/case.js';
import { type CoarseCase, coarseCase, type Shown, shareOn, shownIn } from '../prepare/coarse.js';
import {
  type ImageQuality,
  type InputQuality,
  inputQuality,
  type Shapes,
  shapesOf,
} from '../prepare/inputChecks.js';
import { type LogProbabilities, misnamed, sequenceByVoxels } from '../recognise/sequenceByVoxels.js';
import { type Normalised, normalisedBy } from '../segment/imageChecks.js';
import { PART_ML, type ResultQuality, resultQuality } from '../segment/resultChecks.js';
import { MODALITIES, type Modality, type Population, UNKNOWN_POPULATION } from '../terms.js';
import type { Component } from '../volume/connectedComponents.js';
import { type Part, shownPart } from '../volume/extent.js';

type PerModality = Readonly<Record<Modality, number>>;

/**
 * Warnings by what the images and the mask look like, whatever the model. Cut-offs were set on sound training patients, so that few of
 * them are doubted, and on what goes wrong, made from them; what each finds and how often it is wrong: docs/results/failures.md.
 */
export const CUT_OFFS = {
  bias: { t1: 2.2, t1ce: 2.2, t2: 1.2, flair: 1.3 } as PerModality,
  /** 15 % above the largest of training and validation brains. */
  lean: { t1: 1.1, t1ce: 1.05, t2: 0.35, flair: 0.65 } as PerModality,
  /** Half above the largest of them, at most 0.3. */
  noise: { t1: 0.3, t1ce: 0.28, t2: 0.17, flair: 0.3 } as PerModality,
  /** T1 and T2: just below the smallest of them. */
  sharpness: { t1: 0.39, t1ce: 0.33, t2: 0.39, flair: 0.33 } as PerModality,
  ghosts: 0.06,
  coverage: 0.95,
  brainMl: ADULT_BRAIN_ML,
  asymmetry: 0.085,
  /** T2 is left out: the fluid around the brain is bright in it. */
  rim: { t1: -0.35, t1ce: -0.1, t2: Number.POSITIVE_INFINITY, flair: -0.25 } as PerModality,
  top: 0.25,
  bottom: 0.28,
  apartMl: 0.3,
  tumourShare: 0.3,
  edgeMl: 0.5,
  parts: 5,
  /** Where there is no T1. */
  overTissue: 0,
  overT1: 0.2,
  uncoveredMl: 1,
  /** Less takes up nothing. */
  enhancingMl: PART_ML,
  fluidMl: 1.5,
  /** A mass with this share of its surface at the brain's; twice the largest of training brains (1.7 ml). */
  dural: { edge: 0.1, ml: 3 },
  /** Above the largest of training and validation brains, 0.251; a model's own cut-off counts where it is wider. */
  surface: 0.26,
  posteriorFossa: 0.2,
  deep: 0.3,
} as const;

/** What the images alone tell, before any mask is known. */
export interface LookedAt {
  readonly coarse: CoarseCase;
  readonly shapes: Shapes;
  readonly judged: Judged;
  readonly likenesses: readonly Likeness[];
  /** Normalises parts of each image that is compared around the tumour; empty where no model is in play. */
  readonly normalised: Normalised;
}

/** Everything that the checks of images and mask found, as numbers: their warnings follow from it alone. */
export interface CheckFacts extends Pick<LookedAt, 'judged' | 'likenesses'> {
  readonly present: readonly Modality[];
  readonly input: InputQuality;
  /** Null before any mask is known. */
  readonly result: ResultQuality | null;
}

/**
 * Looks at a case's images. It needs no mask and pauses between its parts: begun before the network runs, it is done beside its passes.
 *
 * @param normalisation null where no model is in play.
 */
export async function lookAtImages(
  { grid, images }: Pick<Case, 'grid' | 'images'>,
  normalisation: ModelDescription['normalisation'] | null,
): Promise<LookedAt> {
  await pause();
  const shown = shownIn(images, grid);
  await pause();
  const coarse = coarseCase(images, grid, shown);
  await pause();
  const judged = judge({ grid, images }, shown);
  await pause();
  const edges = likenesses(coarse);
  await pause();
  const shapes = shapesOf(coarse);
  await pause();
  // Around the tumour all are compared only where their voxels as a whole do not tell what they are.
  const { t1, t1ce } = images;
  const isJudged = MODALITIES.every((m) => !images[m] || judged[m]);
  const compared = isJudged ? { ...(t1 && { t1 }), ...(t1ce && { t1ce }) } : images;
  const normalised = normalisation ? normalisedBy(compared, normalisation, shown) : {};
  return { coarse, shapes, judged, likenesses: edges, normalised };
}

const pause = () => new Promise<void>((resolve) => void setImmediate(resolve));

/**
 * What there is to say of a case, as numbers.
 *
 * @param looked of `lookAtImages`, of the same case.
 * @param labels the mask from all sequences, on the Case's grid; null: none is known yet.
 * @param marked the part of it that is not 0, and `parts` the tumour's, where they were found before.
 */
export function checkFacts(
  { grid }: Pick<Case, 'grid'>,
  { coarse, shapes, judged, likenesses: edges }: LookedAt,
  labels: Uint8Array | null,
  marked: Part | null = labels && shownPart({ ...grid, data: labels }),
  parts?: readonly Component[],
): CheckFacts {
  const ill = labels && shareOn(coarse, marked);
  return {
    present: MODALITIES.filter((m) => coarse.images[m]),
    ...{ judged, likenesses: edges },
    input: inputQuality(coarse, ill, shapes),
    result: ill && resultQuality(coarse, ill, grid, marked, parts),
  };
}

/** @param population whom the model was trained on. */
export function checkWarnings(
  { present, judged, likenesses: edges, input, result }: CheckFacts,
  population: Population,
): Warning[] {
  return [
    ...sequenceWarnings(judged),
    ...misfits(edges).map(
      ({ kind, sequences }): Warning => ({
        code: 'IMAGES_DO_NOT_FIT',
        ...{ kind, sequences: [...sequences], of: [...present] },
      }),
    ),
    ...(result ? resultWarnings(result, input.brain, population) : []),
    ...brainWarnings(input.brain, input.images),
    ...qualityWarnings(input),
  ];
}

/** Those of the images alone, before any mask is known. */
export async function inputWarnings(prepared: Pick<Case, 'grid' | 'images'>): Promise<Warning[]> {
  return checkWarnings(checkFacts(prepared, await lookAtImages(prepared, null), null), UNKNOWN_POPULATION);
}

/** What the images that show a whole brain look like. */
export type Judged = Readonly<Partial<Record<Modality, LogProbabilities>>>;

function judge({ grid, images }: Pick<Case, 'grid' | 'images'>, shown: Shown): Judged {
  return Object.fromEntries(
    MODALITIES.flatMap((m) => {
      const image = images[m];
      const probabilities = image && sequenceByVoxels({ ...grid, data: image.data }, shown[m]);
      return probabilities ? [[m, probabilities]] : [];
    }),
  );
}

/** Whether an image looks like another sequence than it is called; two that look like each other are swapped. */
function sequenceWarnings(judged: Judged): Warning[] {
  const found = misnamed(judged);
  const [a, b] = found;
  if (found.length === 2 && a.looks === b.named && b.looks === a.named)
    return [{ code: 'SEQUENCES_SWAPPED', sequences: [a.named, b.named] }];
  return found.map(({ named, looks }): Warning => ({ code: 'SEQUENCE_MISNAMED', sequence: named, looks }));
}

/** What is odd about a mask, whichever network made it. */
export function resultWarnings(
  { share, parts, atTop, atBottom, uptake, uncovered, masses, fluid, place }: ResultQuality,
  { top, bottom }: Pick<BrainQuality, 'top' | 'bottom'>,
  population: Population,
): Warning[] {
  const warnings: Warning[] = [];
  if (share > CUT_OFFS.tumourShare) warnings.push({ code: 'TUMOUR_LARGE', share });
  const cut = (top > CUT_OFFS.top ? atTop : 0) + (bottom > CUT_OFFS.bottom ? atBottom : 0);
  if (cut > CUT_OFFS.edgeMl) warnings.push({ code: 'TUMOUR_AT_EDGE_OF_IMAGE', ml: cut });
  if (parts >= CUT_OFFS.parts) warnings.push({ code: 'MANY_PARTS', parts, population });
  const dull =
    uptake !== null &&
    (uptake.overT1 === null ? uptake.overTissue < CUT_OFFS.overTissue : uptake.overT1 < CUT_OFFS.overT1);
  if (dull) warnings.push({ code: 'ENHANCEMENT_NOT_BRIGHT' });
  if (uncovered !== null && uncovered > CUT_OFFS.uncoveredMl)
    warnings.push({ code: 'UPTAKE_NOT_COVERED', ml: uncovered });
  if (fluid !== null && fluid > CUT_OFFS.fluidMl)
    warnings.push({ code: 'FLUID_IN_TUMOUR', ml: fluid, population });
  const { dural } = CUT_OFFS;
  const mass = masses?.find(({ edge, ml }) => edge >= dural.edge && ml >= dural.ml);
  if (mass) warnings.push({ code: 'MASS_AT_SURFACE', ml: mass.ml, population });
  // The place is told by the box around the brain: not where its top or bottom is cut off.
  const isWhole = top <= CUT_OFFS.top && bottom <= CUT_OFFS.bottom;
  if (place && isWhole && place.posteriorFossa > CUT_OFFS.posteriorFossa)
    warnings.push({ code: 'TUMOUR_PLACE_RARE', place: 'posterior-fossa', share: place.posteriorFossa });
  else if (place && isWhole && place.deep > CUT_OFFS.deep)
    warnings.push({ code: 'TUMOUR_PLACE_RARE', place: 'deep', share: place.deep });
  return warnings;
}

/** What is odd about the brain that the images show. */
export function brainWarnings(brain: BrainQuality, images: InputQuality['images']): Warning[] {
  const [least, most] = CUT_OFFS.brainMl;
  const { ml, asymmetry, top, bottom, apart } = brain;
  const bright = MODALITIES.flatMap((m) => {
    const rim = images[m]?.rim ?? Number.NEGATIVE_INFINITY;
    return rim > CUT_OFFS.rim[m] ? [rim] : [];
  });
  const warning = (
    check: 'volume' | 'asymmetry' | 'rim' | 'top' | 'bottom' | 'apart',
    value: number,
  ): Warning => ({
    code: 'BRAIN_IMPLAUSIBLE',
    check,
    value,
  });
  return [
    ...(ml < least || ml > most ? [warning('volume', ml)] : []),
    ...(asymmetry > CUT_OFFS.asymmetry ? [warning('asymmetry', asymmetry)] : []),
    ...(bright.length > 0 ? [warning('rim', Math.max(...bright))] : []),
    ...(top > CUT_OFFS.top ? [warning('top', top)] : []),
    ...(bottom > CUT_OFFS.bottom ? [warning('bottom', bottom)] : []),
    ...(apart > CUT_OFFS.apartMl ? [warning('apart', apart)] : []),
  ];
}

/** What is odd about single images. */
export function qualityWarnings({ images }: Pick<InputQuality, 'images'>): Warning[] {
  const present = MODALITIES.filter((m) => images[m]);
  const checks = {
    bias: ({ bias, lean }, m) => (bias ?? 0) > CUT_OFFS.bias[m] || (lean ?? 0) > CUT_OFFS.lean[m],
    noise: ({ noise }, m) => (noise ?? 0) > CUT_OFFS.noise[m],
    ghosts: ({ ghosts }) => ghosts !== null && ghosts > CUT_OFFS.ghosts,
    slices: ({ sharpness }, m) => sharpness < CUT_OFFS.sharpness[m],
    coverage: ({ coverage }) => coverage < CUT_OFFS.coverage,
  } satisfies Record<string, (image: ImageQuality, m: Modality) => boolean>;
  return (Object.keys(checks) as (keyof typeof checks)[]).flatMap((check): Warning[] => {
    const odd = checks[check] as (image: ImageQuality, m: Modality) => boolean;
    const sequences = present.filter((m) => odd(images[m]!, m));
    return sequences.length > 0 ? [{ code: 'IMAGE_QUALITY', check, sequences }] : [];
  });
}
