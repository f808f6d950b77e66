import type { InferenceEngine } from '../engine/engine.js';
import { QuorumError } from '../errors.js';
import { addToCalibration, type CalibrationBins, calibrationBins } from '../evaluate/calibration.js';
import { byRegion, type CaseScore, scoreRegions } from '../evaluate/scores.js';
import { regionMask } from '../masks/schemes.js';
import type { Model } from '../model/model.js';
import { removeSpecks } from '../segment/cleanUp.js';
import { bitsOf, fusionOf } from '../segment/fusion.js';
import { probabilityMaps } from '../segment/probabilities.js';
import { bitAt } from '../segment/tissue.js';
import { allCombinations, combinationName, REGIONS, type Region } from '../terms.js';
import { voxelCount } from '../volume/volume.js';
import type { DatasetCase } from './dataset.js';
import { UNKNOWN } from './loadCase.js';
import { type PredictedCase, type PredictOptions, predictCase } from './predictCase.js';
import type { VerifiedDataset, VerifyOptions } from './verify.js';

export type ScoreModelOptions = VerifyOptions & PredictOptions;

/** A model's scores, and how well its probabilities are calibrated. */
export interface ModelScores {
  readonly cases: CaseScore[];
  /**
   * Per combination, over the voxels whose truth is known and that are not air; of whole cases only for all the sequences that a
   * case has (their probabilities are made once, the other combinations' are not).
   */
  readonly calibration: Map<string, Readonly<Record<Region, CalibrationBins>>>;
}

/**
 * Segments cases for every combination that they allow and scores the final label maps. A cut-out is fed whole, in one
 * pass a modality, padded to multiples of 16, and scored inside its known box; a whole case is segmented and scored
 * on its own grid, as `segment` does it.
 *
 * @param cases of the data set, those to be scored.
 * @param engine holds the model's parameters.
 * @throws QuorumError CANCELLED, and what reading, preparing and the engine throw.
 */
export async function scoreModel(
  dataset: VerifiedDataset,
  cases: readonly DatasetCase[],
  model: Model,
  engine: InferenceEngine,
  options: ScoreModelOptions = {},
): Promise<ModelScores> {
  const scores: ModelScores = { cases: [], calibration: new Map() };
  for (const [index, datasetCase] of cases.entries()) {
    if (options.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    const predicted = await predictCase(dataset, datasetCase, model, engine, options);
    await score(predicted, model, scores);
    calibrate(predicted, model, scores);
    options.onCase?.(index + 1, cases.length);
  }
  return scores;
}

async function score(predicted: PredictedCase, { description }: Model, scores: ModelScores): Promise<void> {
  const { name: caseName, patient, truth, truthLabels, wholeTumourAlone, spacing, known, grid } = predicted;
  for (const [combination, data] of await predicted.masks(description, allCombinations(predicted.present))) {
    removeSpecks(data, grid, description.cleanUp);
    const prediction = { data, size: grid.size };
    const comparison = {
      prediction,
      predictionLabels: 'brats',
      truth,
      truthLabels,
      wholeTumourAlone,
      spacing,
      known,
    } as const;
    scores.cases.push({ caseName, patient, combination, regions: scoreRegions(comparison) });
  }
}

function calibrate(predicted: PredictedCase, { description }: Model, scores: ModelScores): void {
  const { kind, present, grid, logits, truth, truthLabels } = predicted;
  const fusion = fusionOf(description, present);
  const counted = known(predicted);
  const actual = byRegion((region) => regionMask(truth, region, truthLabels).data);
  for (const members of kind === 'whole' ? [present] : allCombinations(present)) {
    const { fused } = probabilityMaps(logits, grid, fusion, bitsOf(members, present));
    const bins = binsOf(scores, combinationName(members));
    const told = predicted.wholeTumourAlone ? (['WT'] as const) : REGIONS;
    for (const region of told) addToCalibration(bins[region], fused[region], actual[region], counted);
  }
}

/** 1 where any of the case's images is not air and the truth is known. */
function known({ logits, grid, truth }: PredictedCase): Uint8Array {
  return Uint8Array.from({ length: voxelCount(grid.size) }, (_, v) =>
    truth.data[v] !== UNKNOWN && logits.maps.some(({ tissue }) => bitAt(tissue, v) !== 0) ? 1 : 0,
  );
}

function binsOf(
  { calibration }: ModelScores,
  combination: string,
): Readonly<Record<Region, CalibrationBins>> {
  const bins = calibration.get(combination) ?? byRegion(() => calibrationBins());
  calibration.set(combination, bins);
  return bins;
}
