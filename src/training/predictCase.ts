import type { InferenceEngine } from '../engine/engine.js';
import { roundToHalf } from '../halfPrecision.js';
import { openStudy } from '../intake/openStudy.js';
import type { Box } from '../masks/mask.js';
import { type LabelMap, oedemaLabel } from '../masks/schemes.js';
import type { Model } from '../model/model.js';
import { type Case, prepareCase } from '../prepare/case.js';
import { combine } from '../segment/combine.js';
import { bitsOf, type FusionRules, fusionOf } from '../segment/fusion.js';
import type { Lattice } from '../segment/lattice.js';
import { computeLogits, type LogitMap, type ModalityLogits, silence } from '../segment/logits.js';
import { modalityLogits } from '../segment/mirroredPass.js';
import { packBits } from '../segment/tissue.js';
import { combinationName, type LabelScheme, MODALITIES, type Modality } from '../terms.js';
import { affineFromRows, voxelSpacing } from '../volume/affine.js';
import { readLabelMap } from '../volume/read.js';
import { mapAxes } from '../volume/tuples.js';
import type { Grid, Size } from '../volume/volume.js';
import type { DatasetCase, DatasetDescription } from './dataset.js';
import {
  isPartial,
  loadCase,
  type Shape3,
  type TrainingVolume,
  TUMOUR,
  withMarks,
  withSpacing,
} from './loadCase.js';
import { cutPatch } from './spatial.js';
import type { VerifiedDataset } from './verify.js';
import { wholeWindow } from './window.js';

/** A case whose network passes are done: masks of any combination at any threshold are arithmetic on what is held. */
export interface PredictedCase {
  /** A cut-out is fed whole, padded to multiples of 16; a whole case is segmented as `segment` does it. */
  readonly kind: 'cut-out' | 'whole';
  readonly name: string;
  readonly patient: string;
  /** The sequences that it has. */
  readonly present: readonly Modality[];
  /** Where masks and truth lie. */
  readonly grid: Grid;
  readonly logits: ModalityLogits;
  readonly truth: LabelMap;
  readonly truthLabels: LabelScheme;
  /** Of the truth only the whole tumour is known (dataset.json's `tumourLabel`), in `truth` as oedema. */
  readonly wholeTumourAlone: boolean;
  /** mm along the grid's axes. */
  readonly spacing: Size;
  /** Where the truth is known; everywhere when null. */
  readonly known: Box | null;
  /** BraTS label maps on the grid by combination name, nested, before clean-up. */
  masks(rules: FusionRules, combinations: readonly (readonly Modality[])[]): Promise<Map<string, Uint8Array>>;
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
): Promise<PredictedCase> {
  if (dataset.description.known !== 'nonzero-box') {
    return predictWhole(dataset, datasetCase, model, engine, options);
  }
  return predictCutOut(await loadCase(dataset, datasetCase, model.description), model, engine, options);
}

async function predictCutOut(
  volume: TrainingVolume,
  { description: { modalities, patch } }: Model,
  engine: InferenceEngine,
  { signal }: PredictOptions,
): Promise<PredictedCase> {
  const { shape, images, labels } = cutPatch(volume, wholeWindow(volume));
  const size = reversed(shape);
  const spacing = reversed(volume.spacing);
  const maps: LogitMap[] = [];
  for (const [m, data] of images.entries()) {
    if (!data?.some((value) => value !== 0)) continue;
    const logits = await modalityLogits(engine, m, { data, shape }, patch.mirrored === true, signal);
    const seen = Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
    const rounded = logits.map(roundToHalf);
    silence(rounded, seen, patch.outsideLogit);
    const box = { origin: [0, 0, 0], size } as const;
    maps.push({ modality: modalities[m], box, data: rounded, seen, tissue: packBits(seen) });
  }
  const affine = affineFromRows([
    [spacing[0], 0, 0, 0],
    [0, spacing[1], 0, 0],
    [0, 0, spacing[2], 0],
  ]);
  const logits = { lattice: gridItself(spacing), outsideLogit: patch.outsideLogit, maps, passSeconds: [] };
  const grid = { size, affine };
  return {
    kind: 'cut-out',
    name: volume.name,
    patient: volume.patient,
    truth: { data: asOedema(labels, volume.scheme), size },
    truthLabels: volume.scheme,
    wholeTumourAlone: isPartial(labels),
    spacing,
    known: boxOf(volume),
    ...maskable(logits, grid, signal),
  };
}

/** Tumour whose parts nobody told apart as a label of the scheme that is of no part. */
export function asOedema(labels: Uint8Array, scheme: LabelScheme): Uint8Array {
  const oedema = oedemaLabel(scheme);
  return labels.map((label) => (label === TUMOUR ? oedema : label));
}

/** Where grid and lattice are the same. */
function gridItself(spacing: Size): Lattice {
  const axes = mapAxes(spacing, (mm, axis) => ({
    imageAxis: axis,
    direction: mapAxes([0, 1, 2], (other) => (other === axis ? 1 : 0)),
    spacing: mm,
    zero: 0,
    scale: 1,
    shift: 0,
  }));
  return { axes };
}

function maskable(
  logits: ModalityLogits,
  grid: Grid,
  signal: AbortSignal | undefined,
): Pick<PredictedCase, 'present' | 'grid' | 'logits' | 'masks'> {
  const present = logits.maps.map(({ modality }) => modality);
  return {
    present,
    grid,
    logits,
    masks: async (rules, combinations) => {
      const subsets = combinations.map((members) => bitsOf(members, present));
      const options = signal ? { signal } : {};
      const { labels } = await combine(logits, grid, fusionOf(rules, present), subsets, options);
      return new Map(combinations.map((members, i) => [combinationName(members), labels.get(subsets[i])!]));
    },
  };
}

async function predictWhole(
  dataset: VerifiedDataset,
  datasetCase: DatasetCase,
  model: Model,
  engine: InferenceEngine,
  { force = false, signal }: PredictOptions,
): Promise<PredictedCase> {
  const { description } = dataset;
  const abort = signal ? { signal } : {};
  const study = await openStudy([datasetCase.folder]);
  const use = MODALITIES.filter((m) => study.images[m] && model.description.modalities.includes(m));
  const prepared = withTrueSpacing(await prepareCase(study, { use, force, ...abort }), description);
  const normalised = description.intensities === 'z-score';
  const logits = await computeLogits(prepared, model, engine, { normalised, ...abort });
  const marked = withMarks(await readLabelMap(datasetCase.truth), description);
  const truth = { ...marked, data: asOedema(marked.data, dataset.labels) };
  return {
    kind: 'whole',
    name: datasetCase.name,
    patient: datasetCase.patient,
    truth,
    truthLabels: dataset.labels,
    wholeTumourAlone: isPartial(marked.data),
    spacing: description.spacing ?? voxelSpacing(truth.affine),
    known: null,
    ...maskable(logits, prepared.grid, signal),
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

/** Tensor order has the last axis fastest, an image the first: its axes are the tensor's, reversed. */
function reversed([depth, height, width]: Shape3): Size {
  return [width, height, depth];
}

function boxOf({ known }: TrainingVolume): Box | null {
  if (!known) return null;
  const size = mapAxes(known.end, (end, axis) => end - known.start[axis]);
  return { start: reversed(known.start), size: reversed(size) };
}
