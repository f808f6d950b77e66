import { addOverlaps, dice, type Overlap, overlapOf, sensitivity, volumeError } from '../masks/dice.js';
import type { Box } from '../masks/mask.js';
import { type LabelMap, labelMask, REGION_LABELS, type RegionLabels, regionMask } from '../masks/schemes.js';
import { mean } from '../statistics.js';
import { type LabelScheme, REGIONS, type Region } from '../terms.js';
import type { Spacing } from '../volume/distanceTransform.js';
import { diagonalOf, type Hd95, hd95 } from './hd95.js';
import { type LesionWiseScore, lesionWiseScore } from './lesionWise.js';

/** A prediction beside its truth, on one grid. */
export interface Comparison {
  readonly prediction: LabelMap;
  /** A region that the prediction's labels do not tell is not scored. */
  readonly predictionLabels: LabelScheme | RegionLabels;
  readonly truth: LabelMap;
  readonly truthLabels: LabelScheme;
  /** The truth tells the whole tumour alone: its parts are not scored. */
  readonly wholeTumourAlone?: boolean;
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
  readonly trueMl: number;
  /** Predicted minus true, in ml. */
  readonly volumeErrorMl: number;
  readonly lesionWise: LesionWiseScore;
}

/** Null where the prediction does not tell that region. */
export type RegionScores = Readonly<Record<Region, RegionScore | null>>;

/** One case scored for one combination of sequences. */
export interface CaseScore {
  readonly caseName: string;
  /** Whom the case belongs to; several cut-outs of one patient are pooled. */
  readonly patient: string;
  /** `t1+flair`. */
  readonly combination: string;
  readonly regions: RegionScores;
}

/** The smallest true volume in ml of a region that counts as present. */
export const PRESENT_ML = 0.05;

/** What a patient's cases together say about one region. */
export interface PooledScore {
  /** 1 by convention where both masks are empty (`bothEmpty`), 0 where one is. */
  readonly dice: number;
  readonly bothEmpty: boolean;
  /** mm, mean over the cases where it could be measured; null where that is none. */
  readonly hd95: number | null;
  /** Cases in which both masks hold the region, so that HD95 is measured. */
  readonly measured: number;
  /** Cases in which one mask is empty and the other is not. */
  readonly oneEmpty: number;
  readonly sensitivity: number | null;
  readonly trueMl: number;
  readonly volumeErrorMl: number;
  /** BraTS 2023: missed and invented lesions count as 0. */
  readonly lesionDice: number;
  readonly missedLesions: number;
  readonly falseLesions: number;
}

/** One patient under one combination. */
export interface PatientScore {
  readonly patient: string;
  readonly combination: string;
  /** Null where the masks do not tell that region. */
  readonly regions: Readonly<Record<Region, PooledScore | null>>;
}

/** Scores the regions that the prediction tells, in final label maps, inside the known box alone. */
export function scoreRegions(comparison: Comparison): RegionScores {
  const { prediction, truth, truthLabels, spacing, known } = comparison;
  const { predictionLabels } = comparison;
  const told: RegionLabels =
    typeof predictionLabels === 'string' ? REGION_LABELS[predictionLabels] : predictionLabels;
  const voxelMm3 = spacing[0] * spacing[1] * spacing[2];
  return byRegion((region) => {
    const labels = told[region];
    if (!labels || (comparison.wholeTumourAlone && region !== 'WT')) return null;
    const predicted = labelMask(prediction, labels, known ?? undefined);
    const actual = regionMask(truth, region, truthLabels, known ?? undefined);
    const overlap = overlapOf(predicted, actual);
    const distance = hd95(predicted, actual, spacing, diagonalOf(actual.size, spacing));
    return {
      overlap,
      dice: dice(overlap),
      hd95: distance,
      sensitivity: sensitivity(overlap),
      trueMl: ((overlap.truePositives + overlap.falseNegatives) * voxelMm3) / 1000,
      volumeErrorMl: volumeError(overlap, voxelMm3),
      lesionWise: lesionWiseScore(predicted, actual, spacing, distance),
    };
  });
}

/**
 * One score per patient and combination. Of several cases of a patient, voxel counts are added before Dice,
 * sensitivity and volume error are taken; HD95 is averaged over the cases in which it is measured, lesion-wise Dice over all.
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
    regions: byRegion((region) => {
      const scores = group.flatMap(({ regions }) => regions[region] ?? []);
      return scores.length === group.length ? pool(scores) : null;
    }),
  }));
}

function pool(scores: readonly RegionScore[]): PooledScore {
  const overlap = addOverlaps(scores.map((score) => score.overlap));
  const total = (value: (score: RegionScore) => number) => scores.reduce((sum, one) => sum + value(one), 0);
  const measured = scores.filter((score) => score.hd95.kind === 'measured');
  return {
    dice: dice(overlap),
    bothEmpty: scores.every((score) => score.hd95.kind === 'both-empty'),
    hd95: measured.length === 0 ? null : mean(measured.map((score) => score.hd95.value)),
    measured: measured.length,
    oneEmpty: scores.filter((score) => score.hd95.kind === 'one-empty').length,
    sensitivity: sensitivity(overlap),
    trueMl: total((score) => score.trueMl),
    volumeErrorMl: total((score) => score.volumeErrorMl),
    lesionDice: mean(scores.map((score) => score.lesionWise.dice)),
    missedLesions: total((score) => score.lesionWise.missedLesions),
    falseLesions: total((score) => score.lesionWise.falseLesions),
  };
}

/** A value per region. */
export function byRegion<T>(value: (region: Region) => T): Record<Region, T> {
  return Object.fromEntries(REGIONS.map((region) => [region, value(region)])) as Record<Region, T>;
}
