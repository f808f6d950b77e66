import type { InferenceEngine } from '../engine/engine.js';
import { QuorumError } from '../errors.js';
import { addToCalibration, type CalibrationBins, calibrationBins } from '../evaluate/calibration.js';
import { regionMask } from '../evaluate/labels.js';
import { byRegion, type CaseScore, scoreRegions } from '../evaluate/scores.js';
import type { Model } from '../model/model.js';
import type { Case } from '../prepare/case.js';
import { removeSpecks } from '../segment/cleanUp.js';
import { bitsOf, fusionOf } from '../segment/fusion.js';
import { probabilityMaps } from '../segment/probabilities.js';
import { allCombinations, combinationName, MODALITIES, REGIONS, type Region } from '../terms.js';
import type { DatasetCase } from './dataset.js';
import {
  type PredictedCutOut,
  type PredictedWhole,
  type PredictOptions,
  predictCase,
} from './predictCase.js';
import type { VerifiedDataset, VerifyOptions } from './verify.js';

export type ScoreModelOptions = VerifyOptions & PredictOptions;

/** A model's scores, and how well its probabilities are calibrated. */
export interface ModelScores {
  readonly cases: CaseScore[];
  /**
   * Per combination: over the known voxels of cut-outs; of whole cases over the voxels that are not air, for all the sequences that a case
   * has (their probabilities are made once, the other combinations' are not).
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
    if (predicted.kind === 'cut-out') calibrateCutOut(predicted, model, scores);
    else calibrateWhole(predicted, model, scores);
    options.onCase?.(index + 1, cases.length);
  }
  return scores;
}

async function score(
  predicted: PredictedCutOut | PredictedWhole,
  { description }: Model,
  scores: ModelScores,
): Promise<void> {
  const { name: caseName, patient, truth, truthLabels, spacing, known, grid } = predicted;
  for (const [combination, data] of await predicted.masks(description, allCombinations(predicted.present))) {
    removeSpecks(data, grid, description.cleanUp);
    const prediction = { data, size: grid.size };
    const comparison = { prediction, predictionLabels: 'brats', truth, truthLabels, spacing, known } as const;
    scores.cases.push({ caseName, patient, combination, regions: scoreRegions(comparison) });
  }
}

function calibrateCutOut(predicted: PredictedCutOut, { description }: Model, scores: ModelScores): void {
  const { regions, known } = predicted.sample.target;
  for (const combination of allCombinations(predicted.present)) {
    const bins = binsOf(scores, combinationName(combination));
    const fused = predicted.fused(description, combination);
    const voxels = fused.length / REGIONS.length;
    REGIONS.forEach((region, r) => {
      const part = [r * voxels, (r + 1) * voxels] as const;
      const probabilities = fused.slice(...part).map((logit) => 1 / (1 + Math.exp(-logit)));
      addToCalibration(bins[region], probabilities, regions.subarray(...part), known);
    });
  }
}

function calibrateWhole(predicted: PredictedWhole, { description }: Model, scores: ModelScores): void {
  const { present, prepared, logits, truth, truthLabels } = predicted;
  const fusion = fusionOf(description, present);
  const { fused } = probabilityMaps(logits, prepared.grid, fusion, bitsOf(present, present));
  const bins = binsOf(scores, combinationName(present));
  const head = notAir(prepared);
  for (const region of REGIONS) {
    addToCalibration(bins[region], fused[region], regionMask(truth, region, truthLabels).data, head);
  }
}

/** 1 where any of the case's images is not air. */
function notAir({ images, grid }: Case): Uint8Array {
  const head = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]);
  for (const modality of MODALITIES) {
    const data = images[modality]?.data;
    if (data) for (let v = 0; v < head.length; v++) if (data[v] !== 0) head[v] = 1;
  }
  return head;
}

function binsOf(
  { calibration }: ModelScores,
  combination: string,
): Readonly<Record<Region, CalibrationBins>> {
  const bins = calibration.get(combination) ?? byRegion(() => calibrationBins());
  calibration.set(combination, bins);
  return bins;
}
