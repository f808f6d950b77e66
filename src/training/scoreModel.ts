import type { InferenceEngine } from '../engine/engine.js';
import { QuorumError } from '../errors.js';
import { addToCalibration, type CalibrationBins, calibrationBins } from '../evaluate/calibration.js';
import { regionMask } from '../evaluate/labels.js';
import type { Box } from '../evaluate/mask.js';
import { byRegion, type CaseScore, type Comparison, scoreRegions } from '../evaluate/scores.js';
import { openStudy } from '../intake/study.js';
import type { Model } from '../model/model.js';
import { type Case, prepareCase } from '../prepare/case.js';
import { removeSpecks } from '../segment/cleanUp.js';
import { combine, LABELS } from '../segment/combine.js';
import { bitsOf, fusionOf as segmentFusion } from '../segment/fusion.js';
import { computeLogits } from '../segment/logits.js';
import { probabilityMaps } from '../segment/probabilities.js';
import { allCombinations, combinationName, MODALITIES, REGIONS, type Region } from '../terms.js';
import { affineFromRows, voxelSpacing } from '../volume/affine.js';
import { readLabelMap } from '../volume/read.js';
import type { Size } from '../volume/volume.js';
import { plainSample } from './augmentation.js';
import type { DatasetCase, DatasetDescription } from './dataset.js';
import { type Fusion, fuse } from './fusion.js';
import { loadCase, type Shape3, type TrainingVolume, withSpacing } from './loadCase.js';
import { cutPatch } from './spatial.js';
import type { VerifiedDataset, VerifyOptions } from './verify.js';
import { wholeWindow } from './window.js';

export interface ScoreModelOptions extends VerifyOptions {
  /** Accept whole cases that `segment` would refuse without `--force`. */
  readonly force?: boolean;
}

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
    if (dataset.description.known === 'nonzero-box') {
      await scoreCutOut(await loadCase(dataset, datasetCase, model.description), model, engine, scores);
    } else {
      await scoreWhole(dataset, datasetCase, model, engine, options, scores);
    }
    options.onCase?.(index + 1, cases.length);
  }
  return scores;
}

async function scoreCutOut(
  volume: TrainingVolume,
  { description }: Model,
  engine: InferenceEngine,
  scores: ModelScores,
): Promise<void> {
  const { inputs, target } = plainSample(volume);
  const logits: (Float32Array | undefined)[] = [];
  for (const [m, input] of inputs.entries()) logits.push(input ? await engine.logits(m, input) : undefined);
  const present = description.modalities.filter((_, m) => logits[m]);
  const fusion = modelFusion(description);
  const threshold = Math.log(description.threshold / (1 - description.threshold));
  const { shape, labels: truth } = cutPatch(volume, wholeWindow(volume));
  const size = reversed(shape);
  const spacing = reversed(volume.spacing);
  const affine = affineFromRows([
    [spacing[0], 0, 0, 0],
    [0, spacing[1], 0, 0],
    [0, 0, spacing[2], 0],
  ]);
  for (const combination of allCombinations(present)) {
    const members = combination.map((modality) => description.modalities.indexOf(modality));
    const fused = fuse(fusion, members, logits);
    const prediction = labelsOf(fused, threshold);
    removeSpecks(prediction, { size, affine }, description.cleanUp);
    const comparison: Comparison = {
      prediction: { data: prediction, size },
      predictionLabels: 'brats',
      truth: { data: truth, size },
      truthLabels: volume.scheme,
      spacing,
      known: boxOf(volume),
    };
    const name = combinationName(combination);
    addScore(scores, volume, name, comparison);
    calibrate(scores, name, fused, target.regions, target.known);
  }
}

async function scoreWhole(
  dataset: VerifiedDataset,
  datasetCase: DatasetCase,
  model: Model,
  engine: InferenceEngine,
  { force = false, signal }: ScoreModelOptions,
  scores: ModelScores,
): Promise<void> {
  const { description } = dataset;
  const abort = signal ? { signal } : {};
  const study = await openStudy([datasetCase.folder]);
  const use = MODALITIES.filter((m) => study.images[m] && model.description.modalities.includes(m));
  const prepared = withTrueSpacing(await prepareCase(study, { use, force, ...abort }), description);
  const normalised = description.intensities === 'z-score';
  const logits = await computeLogits(prepared, model, engine, { normalised, ...abort });
  const truth = await readLabelMap(datasetCase.truth);
  const spacing = description.spacing ?? voxelSpacing(truth.affine);
  const subsets = allCombinations(use).map((members) => ({
    name: combinationName(members),
    bits: bitsOf(members, use),
  }));
  const fusion = segmentFusion(model.description, use);
  const { labels } = await combine(
    logits,
    prepared.grid,
    fusion,
    subsets.map(({ bits }) => bits),
    abort,
  );
  for (const { name, bits } of subsets) {
    const prediction = labels.get(bits)!;
    removeSpecks(prediction, prepared.grid, model.description.cleanUp);
    addScore(scores, datasetCase, name, {
      prediction: { data: prediction, size: prepared.grid.size },
      predictionLabels: 'brats',
      truth,
      truthLabels: dataset.labels,
      spacing,
      known: null,
    });
  }
  const [all] = subsets;
  const { fused } = probabilityMaps(logits, prepared.grid, fusion, all.bits);
  const bins = binsOf(scores, all.name);
  const head = notAir(prepared);
  for (const region of REGIONS) {
    addToCalibration(bins[region], fused[region], regionMask(truth, region, dataset.labels).data, head);
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

/** The case with the spacing that dataset.json states, where it does. */
function withTrueSpacing(prepared: Case, description: DatasetDescription): Case {
  if (!description.spacing) return prepared;
  const images = { ...prepared.images };
  let { grid } = prepared;
  for (const modality of MODALITIES) {
    const image = images[modality];
    if (!image) continue;
    images[modality] = { ...image, ...withSpacing(image, description) };
    grid = { size: grid.size, affine: images[modality]!.affine };
  }
  return { ...prepared, images, grid };
}

function addScore(
  scores: ModelScores,
  { name, patient }: Pick<DatasetCase, 'name' | 'patient'>,
  combination: string,
  comparison: Comparison,
): void {
  scores.cases.push({ caseName: name, patient, combination, regions: scoreRegions(comparison) });
}

function binsOf(
  { calibration }: ModelScores,
  combination: string,
): Readonly<Record<Region, CalibrationBins>> {
  const bins = calibration.get(combination) ?? byRegion(() => calibrationBins());
  calibration.set(combination, bins);
  return bins;
}

function calibrate(
  scores: ModelScores,
  combination: string,
  fused: Float32Array,
  truth: Uint8Array,
  known: Uint8Array | null,
): void {
  const bins = binsOf(scores, combination);
  const voxels = fused.length / REGIONS.length;
  REGIONS.forEach((region, r) => {
    const part = [r * voxels, (r + 1) * voxels] as const;
    const probabilities = fused.slice(...part).map((logit) => 1 / (1 + Math.exp(-logit)));
    addToCalibration(bins[region], probabilities, truth.subarray(...part), known);
  });
}

/** Nested: TC only inside WT, ET only inside TC. */
function labelsOf(fused: Float32Array, threshold: number): Uint8Array {
  const voxels = fused.length / REGIONS.length;
  return Uint8Array.from({ length: voxels }, (_, v) => {
    if (fused[v] <= threshold) return 0;
    if (fused[voxels + v] <= threshold) return LABELS.oedema;
    return fused[2 * voxels + v] <= threshold ? LABELS.core : LABELS.enhancing;
  });
}

function modelFusion({ modalities, fusion }: Model['description']): Fusion {
  const table = (from: typeof fusion.weights) =>
    Float64Array.from(modalities.flatMap((m) => REGIONS.map((region) => from[m]![region])));
  return {
    modalityCount: modalities.length,
    regionCount: REGIONS.length,
    weights: table(fusion.weights),
    biases: table(fusion.biases),
  };
}

/** Tensor order has the last axis fastest, an image the first: its axes are the tensor's, reversed. */
function reversed([depth, height, width]: Shape3): Size {
  return [width, height, depth];
}

function boxOf({ known }: TrainingVolume): Box | null {
  if (!known) return null;
  const size = known.end.map((end, axis) => end - known.start[axis]) as unknown as Shape3;
  return { start: reversed(known.start), size: reversed(size) };
}
