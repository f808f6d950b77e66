import type { InferenceEngine } from '../engine/engine.js';
import type { LabelMap, LabelScheme } from '../evaluate/labels.js';
import type { Box } from '../evaluate/mask.js';
import { openStudy } from '../intake/openStudy.js';
import type { Model } from '../model/model.js';
import { type Case, prepareCase } from '../prepare/case.js';
import { combine, LABELS } from '../segment/combine.js';
import { bitsOf, type FusionRules, fusionOf as segmentFusion } from '../segment/fusion.js';
import { computeLogits, type ModalityLogits } from '../segment/logits.js';
import { modalityLogits } from '../segment/mirroredPass.js';
import { type Combination, combinationName, MODALITIES, type Modality, REGIONS } from '../terms.js';
import { affineFromRows, voxelSpacing } from '../volume/affine.js';
import { readLabelMap } from '../volume/read.js';
import type { Grid, Size } from '../volume/volume.js';
import { plainSample } from './augmentation.js';
import type { DatasetCase, DatasetDescription } from './dataset.js';
import { type Fusion, fuse } from './fusion.js';
import { loadCase, type Shape3, type TrainingVolume, withSpacing } from './loadCase.js';
import { cutPatch } from './spatial.js';
import type { StepSample } from './step.js';
import type { VerifiedDataset } from './verify.js';
import { wholeWindow } from './window.js';

/** A case whose network passes are done: masks of any combination at any threshold are arithmetic on what is held. */
interface Predicted {
  readonly name: string;
  readonly patient: string;
  /** The sequences that it has. */
  readonly present: readonly Modality[];
  /** Where masks and truth lie. */
  readonly grid: Grid;
  readonly truth: LabelMap;
  readonly truthLabels: LabelScheme;
  /** mm along the grid's axes. */
  readonly spacing: Size;
  /** Where the truth is known; everywhere when null. */
  readonly known: Box | null;
  /** BraTS label maps on the grid by combination name, nested, before clean-up. */
  masks(rules: FusionRules, combinations: readonly Combination[]): Promise<Map<string, Uint8Array>>;
}

/** A cut-out, fed whole, padded to multiples of 16. */
export interface PredictedCutOut extends Predicted {
  readonly kind: 'cut-out';
  readonly sample: StepSample;
  /** The fused logits (regions, D, H, W) of a combination. */
  fused(rules: FusionRules, combination: Combination): Float32Array;
}

/** A whole case, segmented as `segment` does it. */
export interface PredictedWhole extends Predicted {
  readonly kind: 'whole';
  readonly prepared: Case;
  readonly logits: ModalityLogits;
}

export interface PredictOptions {
  /** Accept whole cases that `segment` would refuse without `--force`. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Runs the network on a case of a data set.
 *
 * @param engine holds the model's parameters.
 * @throws QuorumError CANCELLED, and what reading, preparing and the engine throw.
 */
export async function predictCase(
  dataset: VerifiedDataset,
  datasetCase: DatasetCase,
  model: Model,
  engine: InferenceEngine,
  options: PredictOptions = {},
): Promise<PredictedCutOut | PredictedWhole> {
  if (dataset.description.known !== 'nonzero-box') {
    return predictWhole(dataset, datasetCase, model, engine, options);
  }
  return predictCutOut(await loadCase(dataset, datasetCase, model.description), model, engine);
}

async function predictCutOut(
  volume: TrainingVolume,
  { description: { modalities, patch } }: Model,
  engine: InferenceEngine,
): Promise<PredictedCutOut> {
  const sample = plainSample(volume);
  const logits: (Float32Array | undefined)[] = [];
  for (const [m, input] of sample.inputs.entries()) {
    logits.push(input ? await modalityLogits(engine, m, input, patch.mirrored === true) : undefined);
  }
  const { shape, labels } = cutPatch(volume, wholeWindow(volume));
  const size = reversed(shape);
  const spacing = reversed(volume.spacing);
  const affine = affineFromRows([
    [spacing[0], 0, 0, 0],
    [0, spacing[1], 0, 0],
    [0, 0, spacing[2], 0],
  ]);
  const fused = (rules: FusionRules, combination: Combination) =>
    fuse(
      tableFusion(rules, modalities),
      combination.map((modality) => modalities.indexOf(modality)),
      logits,
    );
  return {
    kind: 'cut-out',
    name: volume.name,
    patient: volume.patient,
    present: modalities.filter((_, m) => logits[m]),
    grid: { size, affine },
    truth: { data: labels, size },
    truthLabels: volume.scheme,
    spacing,
    known: boxOf(volume),
    sample,
    fused,
    masks: async (rules, combinations) => {
      const threshold = Math.log(rules.threshold / (1 - rules.threshold));
      return new Map(
        combinations.map((combination) => [
          combinationName(combination),
          labelsOf(fused(rules, combination), threshold),
        ]),
      );
    },
  };
}

async function predictWhole(
  dataset: VerifiedDataset,
  datasetCase: DatasetCase,
  model: Model,
  engine: InferenceEngine,
  { force = false, signal }: PredictOptions,
): Promise<PredictedWhole> {
  const { description } = dataset;
  const abort = signal ? { signal } : {};
  const study = await openStudy([datasetCase.folder]);
  const use = MODALITIES.filter((m) => study.images[m] && model.description.modalities.includes(m));
  const prepared = withTrueSpacing(await prepareCase(study, { use, force, ...abort }), description);
  const normalised = description.intensities === 'z-score';
  const logits = await computeLogits(prepared, model, engine, { normalised, ...abort });
  const truth = await readLabelMap(datasetCase.truth);
  return {
    kind: 'whole',
    name: datasetCase.name,
    patient: datasetCase.patient,
    present: use,
    grid: prepared.grid,
    truth,
    truthLabels: dataset.labels,
    spacing: description.spacing ?? voxelSpacing(truth.affine),
    known: null,
    prepared,
    logits,
    masks: async (rules, combinations) => {
      const subsets = combinations.map((members) => bitsOf(members, use));
      const { labels } = await combine(logits, prepared.grid, segmentFusion(rules, use), subsets, abort);
      return new Map(combinations.map((members, i) => [combinationName(members), labels.get(subsets[i])!]));
    },
  };
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

/** Nested: TC only inside WT, ET only inside TC. */
function labelsOf(fused: Float32Array, threshold: number): Uint8Array {
  const voxels = fused.length / REGIONS.length;
  return Uint8Array.from({ length: voxels }, (_, v) => {
    if (fused[v] <= threshold) return 0;
    if (fused[voxels + v] <= threshold) return LABELS.oedema;
    return fused[2 * voxels + v] <= threshold ? LABELS.core : LABELS.enhancing;
  });
}

function tableFusion({ fusion }: FusionRules, modalities: readonly Modality[]): Fusion {
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
