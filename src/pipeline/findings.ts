import type { CaseCombination, CheckName, Warning } from '../contract/results.js';
import type { Problem } from '../errors.js';
import { volumesOf } from '../masks/volumes.js';
import { expectationOf } from '../model/expectedDice.js';
import { populationOf } from '../model/knowledgeSchema.js';
import type { ModelDescription } from '../model/schema.js';
import { isMeasured, supports } from '../model/support.js';
import type { Lost } from '../open/openInputs.js';
import type { PreparationStep } from '../prepare/preparation.js';
import { countEnhancingLesions, type Speck } from '../segment/cleanUp.js';
import type { PatternCounts } from '../segment/combine.js';
import { bitsOf } from '../segment/fusion.js';
import {
  agreementBetween,
  agreementOf,
  aloneOf,
  contributionsOf,
  singleVolumesOf,
  weightedMean,
} from '../segment/influence.js';
import { logVolumeSpread, volumeRange } from '../segment/volumeRange.js';
import { combinationName, type Modality, membersOf, type PerRegion, perRegion, REGIONS } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import type { Grid } from '../volume/volume.js';

/** What was counted in one combination's mask, and what the model says to it. */
export interface FoundMask {
  /** After clean-up, BraTS labels. */
  readonly labels: Uint8Array;
  /** What clean-up removed, or would have. */
  readonly specks: readonly Speck[];
  /** The sequences that it was made of. */
  readonly members: readonly Modality[];
  /**
   * Voxels by the subsets of `present` that hold them, before clean-up, **at this mask's own threshold**. Null where they were
   * counted at another one: ranges, agreement and contributions are then not known.
   */
  readonly patterns: PatternCounts | null;
  /** The threshold is not the model's: ranges and agreement, measured at the model's alone, are not known. */
  readonly isMoved?: boolean;
}

/**
 * Everything that is said about a mask: volumes with their ranges, agreement, contributions, warnings. The one place where
 * these are made, for the window, the terminal and every file.
 *
 * @param present the result's sequences, in the order of the patterns' bits.
 */
export function findingsOf(
  { labels, specks, members, patterns, isMoved = false }: FoundMask,
  present: readonly Modality[],
  grid: Grid,
  { knowledge, cleanUp }: Pick<ModelDescription, 'knowledge' | 'cleanUp'>,
): CaseCombination {
  const mlPerVoxel = voxelVolume(grid.affine) / 1000;
  const name = combinationName(members);
  const volumes = volumesOf(labels, grid);
  const measured = isMoved ? null : patterns;
  const alone = measured && singleVolumesOf(measured, members, present, mlPerVoxel);
  const all = (1 << present.length) - 1;
  const agreement = measured ? agreementOf(measured, members, present) : perRegion(() => null);
  const facts = {
    volumes: perRegion((_, region) => ({
      ml: volumes[region],
      supported: supports(knowledge, name, region),
      range:
        alone &&
        volumeRange(knowledge.volumeRanges, name, region, volumes[region], logVolumeSpread(alone[region])),
      // At another threshold nothing was measured.
      expected:
        measured &&
        expectationOf(knowledge, region, { members, agreement: agreement[region], ml: volumes[region] }),
    })),
    agreement,
    agreementWithAll: patterns
      ? agreementBetween(patterns, bitsOf(members, present), all)
      : perRegion(() => null),
    contributions: patterns && contributionsOf(patterns, members, present, mlPerVoxel),
    enhancingLesions: countEnhancingLesions(labels, grid, cleanUp.minimumMl.ET),
    specks: specks.map(({ region, ml, centroidMm, centroidVoxel }) => ({
      region,
      ml,
      centroidMm: [...centroidMm],
      centroidVoxel: [...centroidVoxel],
    })),
  };
  const together = measured ? aloneOf(measured, members, present) : perRegion(() => null);
  return {
    ...facts,
    warnings: combinationWarnings(members, { ...facts, alone: together }, knowledge),
    notChecked: missingChecks(present, facts, knowledge),
  };
}

type Knowledge = ModelDescription['knowledge'];
interface Facts extends Pick<CaseCombination, 'volumes' | 'agreement' | 'enhancingLesions'> {
  /** Dice with each member's mask alone; null with one sequence, and where it is not known. */
  readonly alone: PerRegion<readonly number[] | null>;
}

/** From this many separate enhancing lesions on, metastases must be thought of, unless the model knows better. */
const SEVERAL_LESIONS = 3;

/** Warnings about one combination's mask. */
export function combinationWarnings(
  members: readonly Modality[],
  { volumes, agreement, alone, enhancingLesions }: Facts,
  knowledge: Knowledge,
): Warning[] {
  const { agreementFlags, inputChecks } = knowledge;
  const warnings: Warning[] = [];
  const measured = isMeasured(knowledge, combinationName(members));
  if (!measured) warnings.push({ code: 'MODEL_NOT_MEASURED' });
  if (volumes.WT.ml === 0) warnings.push({ code: 'EMPTY_RESULT', sequences: [...members] });
  const several = inputChecks?.lesions?.atLeast ?? SEVERAL_LESIONS;
  if (enhancingLesions >= several && volumes.ET.supported)
    warnings.push({
      code: 'SEVERAL_ENHANCING_LESIONS',
      lesions: enhancingLesions,
      population: populationOf(knowledge),
    });
  for (const region of REGIONS)
    if (!volumes[region].supported) warnings.push({ code: 'REGION_NOT_SUPPORTED', region, measured });
  for (const region of REGIONS) {
    const flag = agreementFlags?.[region];
    const dice = agreement[region];
    if (!flag || dice === null || dice >= flag.below) continue;
    if (volumes[region].supported && volumes[region].ml > 0)
      warnings.push({ code: 'LOW_AGREEMENT', region, dice });
  }
  for (const region of REGIONS) {
    const doubt = knowledge.disagreement?.[region];
    const { supported, ml } = volumes[region];
    const dice = doubt && alone[region] && weightedMean(alone[region], members, doubt.weights);
    if (doubt && supported && ml > 0 && typeof dice === 'number' && dice < doubt.below)
      warnings.push({ code: 'SEQUENCES_DISAGREE', region, dice });
  }
  return warnings;
}

/**
 * Checks that could not say anything about a mask: the model has no cut-off for them, or the sequences do not allow them.
 *
 * @param present the sequences whose images were checked.
 */
export function missingChecks(
  present: readonly Modality[],
  { agreement }: Pick<CaseCombination, 'agreement'>,
  { agreementFlags, inputChecks }: Knowledge,
): CheckName[] {
  const agrees = REGIONS.some((region) => agreementFlags?.[region] && agreement[region] !== null);
  const isPair = (pair: string) => membersOf(pair).every((one) => present.includes(one));
  const swapped = Object.entries(inputChecks?.swapped ?? {}).some(([pair, check]) => check && isPair(pair));
  const uptake = inputChecks?.uptake && present.includes('t1') && present.includes('t1ce');
  return [
    ...(agrees ? [] : ['agreement' as const]),
    ...(swapped ? [] : ['swapped' as const]),
    ...(uptake ? [] : ['uptake' as const]),
    ...(inputChecks?.surface ? [] : ['surface' as const]),
  ];
}

/** What warnings about a case follow from, but for the answers. */
export interface CaseFacts {
  /** Sequences that are there and could not be used. */
  readonly lost: readonly Lost[];
  /** How the images were prepared; null where they were used as they are. */
  readonly steps: readonly Pick<PreparationStep, 'step' | 'sequence' | 'verdict' | 'problem'>[] | null;
  /** Checks of the input that failed and were overridden. */
  readonly overridden: readonly Problem[];
  /** Of `imageWarnings`. */
  readonly images: readonly Warning[];
  /** Devices that failed in this run; the CPU repeated it. */
  readonly failedDevices: readonly string[];
}

/** Warnings about the input and the device, in the order in which they are shown; `withAnswers` adds those that the answers give. */
export function caseWarnings({ lost, steps, overridden, images, failedDevices }: CaseFacts): Warning[] {
  const doubtful = steps?.filter(({ verdict }) => verdict === 'doubtful' || verdict === 'failed') ?? [];
  return [
    ...lost.map((one): Warning => ({ code: 'SEQUENCE_LOST', ...one })),
    ...doubtful.map(
      ({ step, sequence, problem }): Warning => ({
        code: 'PREPARATION_DOUBTFUL',
        step,
        sequence,
        problem: problem && { ...problem },
      }),
    ),
    ...oncePerCode(overridden).map((problem): Warning => ({ code: 'CHECK_OVERRIDDEN', problem })),
    ...images,
    ...[...new Set(failedDevices)].map((device): Warning => ({ code: 'REPEATED_ON_CPU', device })),
  ];
}

/** One check may fail for several images: the sentence is the same. */
function oncePerCode(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.toReversed().map((problem) => [problem.code, problem])).values()].reverse();
}
