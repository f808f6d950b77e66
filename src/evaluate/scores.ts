import { REGIONS, type Region } from '../terms.js';
import type { Spacing } from '../volume/distanceTransform.js';
import { addOverlaps, dice, type Overlap, overlapOf, sensitivity, volumeError } from './dice.js';
import { diagonalOf, type Hd95, hd95 } from './hd95.js';
import { type LabelMap, type LabelScheme, regionMask } from './labels.js';
import { type LesionWiseScore, lesionWiseScore } from './lesionWise.js';
import type { Box } from './mask.js';
import { mean } from './statistics.js';

/** A prediction beside its truth, on one grid. */
export interface Comparison {
  readonly prediction: LabelMap;
  readonly predictionLabels: LabelScheme;
  readonly truth: LabelMap;
  readonly truthLabels: LabelScheme;
  readonly spacing: Spacing;
  /** Where the truth is known; everywhere when null. Nothing outside is counted. */
  readonly known: Box | null;
}

/** Scores of one region. */
export interface RegionScore {
  readonly overlap: Overlap;
  readonly dice: number;
  readonly hd95: Hd95;
  /** Null when the truth is empty. */
  readonly sensitivity: number | null;
  /** Predicted minus true, in ml. */
  readonly volumeErrorMl: number;
  readonly lesionWise: LesionWiseScore;
}

export type RegionScores = Readonly<Record<Region, RegionScore>>;

/** One case scored for one combination of sequences. */
export interface CaseScore {
  readonly caseName: string;
  /** Whom the case belongs to; several cut-outs of one patient are pooled. */
  readonly patient: string;
  /** `t1+flair`. */
  readonly combination: string;
  readonly regions: RegionScores;
}

/** What a patient's cases together say about one region. */
export interface PooledScore {
  readonly dice: number;
  /** mm */
  readonly hd95: number;
  /** How many of the cases have a mask, predicted or true, that is empty while the other is not. */
  readonly oneEmpty: number;
  readonly sensitivity: number | null;
  readonly volumeErrorMl: number;
  readonly lesionDice: number;
  /** mm */
  readonly lesionHd95: number;
}

/** One patient under one combination. */
export interface PatientScore {
  readonly patient: string;
  readonly combination: string;
  readonly regions: Readonly<Record<Region, PooledScore>>;
}

/** Scores all three regions of final label maps, inside the known box alone. */
export function scoreRegions(comparison: Comparison): RegionScores {
  const { prediction, predictionLabels, truth, truthLabels, spacing, known } = comparison;
  const score = (region: Region): RegionScore => {
    const predicted = regionMask(prediction, region, predictionLabels, known ?? undefined);
    const actual = regionMask(truth, region, truthLabels, known ?? undefined);
    const overlap = overlapOf(predicted, actual);
    return {
      overlap,
      dice: dice(overlap),
      hd95: hd95(predicted, actual, spacing, diagonalOf(actual.size, spacing)),
      sensitivity: sensitivity(overlap),
      volumeErrorMl: volumeError(overlap, spacing[0] * spacing[1] * spacing[2]),
      lesionWise: lesionWiseScore(predicted, actual, spacing),
    };
  };
  return byRegion(score);
}

/**
 * One score per patient and combination. Of several cases of a patient, voxel counts are added before Dice,
 * sensitivity and volume error are taken; HD95 and lesion-wise scores are averaged over the cases.
 */
export function poolByPatient(cases: readonly CaseScore[]): PatientScore[] {
  const groups = new Map<string, CaseScore[]>();
  for (const score of cases) {
    const key = JSON.stringify([score.combination, score.patient]);
    groups.set(key, [...(groups.get(key) ?? []), score]);
  }
  return [...groups.values()].map((group) => ({
    patient: group[0].patient,
    combination: group[0].combination,
    regions: byRegion((region) => pool(group.map(({ regions }) => regions[region]))),
  }));
}

function pool(scores: readonly RegionScore[]): PooledScore {
  const overlap = addOverlaps(scores.map((score) => score.overlap));
  const average = (value: (score: RegionScore) => number) => mean(scores.map(value));
  return {
    dice: dice(overlap),
    hd95: average((score) => score.hd95.value),
    oneEmpty: scores.filter((score) => score.hd95.kind === 'one-empty').length,
    sensitivity: sensitivity(overlap),
    volumeErrorMl: scores.reduce((sum, score) => sum + score.volumeErrorMl, 0),
    lesionDice: average((score) => score.lesionWise.dice),
    lesionHd95: average((score) => score.lesionWise.hd95),
  };
}

/** A value per region. */
export function byRegion<T>(value: (region: Region) => T): Record<Region, T> {
  return Object.fromEntries(REGIONS.map((region) => [region, value(region)])) as Record<Region, T>;
}
