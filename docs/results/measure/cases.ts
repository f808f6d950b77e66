/** The cases that a model is measured on, and what the masks of every combination are like. */
import type { InferenceEngine } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { dice, type Overlap, overlapOf } from '../../../src/evaluate/dice.js';
import { regionMask } from '../../../src/evaluate/labels.js';
import type { Mask } from '../../../src/evaluate/mask.js';
import { byRegion } from '../../../src/evaluate/scores.js';
import { mean } from '../../../src/evaluate/statistics.js';
import { type Model, readModel } from '../../../src/model/model.js';
import type { ModelDescription } from '../../../src/model/schema.js';
import { removeSpecks } from '../../../src/segment/cleanUp.js';
import { logVolumeSpread } from '../../../src/segment/volumeRange.js';
import { allCombinations, combinationName, type Modality, type Region } from '../../../src/terms.js';
import { openDataset } from '../../../src/training/dataset.js';
import { type PredictedCase, predictCase } from '../../../src/training/predictCase.js';
import { readSplit, type Side } from '../../../src/training/split.js';
import { verifyDataset } from '../../../src/training/verify.js';

export type { PredictedCase };

export interface OpenedModel {
  readonly model: Model;
  readonly engine: InferenceEngine;
}

/** The model on onnxruntime's CPU. */
export async function openModel(folder: string, threads: number): Promise<OpenedModel> {
  const model = await readModel(folder);
  const { parameters, layers, description } = model;
  const modalityCount = description.modalities.length;
  return { model, engine: await createOnnxEngine({ parameters, layers, modalityCount, threads }) };
}

/** The predicted cases of one side of a split in several data sets; each is held only as long as the caller does. */
export async function* predictedCases(
  { model, engine }: OpenedModel,
  folders: readonly string[],
  split: { readonly file: string; readonly side: Side },
): AsyncGenerator<PredictedCase> {
  for (const folder of folders) {
    const dataset = await openDataset(folder);
    const cases = (await readSplit(split.file, dataset.cases))[split.side];
    if (cases.length === 0) continue;
    const verified = await verifyDataset({ ...dataset, cases });
    for (const one of cases) yield predictCase(verified, one, model, engine);
  }
}

/** One region of one mask against the truth. */
export interface RegionRecord {
  readonly overlap: Overlap;
  /** ml after clean-up. */
  readonly foundMl: number;
  readonly trueMl: number;
  /** The true region touches the border of what a cut-out shows: its volume is not known. */
  readonly cut: boolean;
  /** `logVolumeSpread` of the members. */
  readonly spread: number;
  /** Mean Dice with each member left out, before clean-up; null with one. */
  readonly agreement: number | null;
}

/** One case under one combination. */
export interface CaseRecord {
  readonly name: string;
  readonly patient: string;
  readonly kind: 'cut-out' | 'whole';
  readonly combination: string;
  readonly members: readonly Modality[];
  readonly regions: Readonly<Record<Region, RegionRecord>>;
}

/** Every combination that a case allows, measured. */
export async function measureCase(
  predicted: PredictedCase,
  description: ModelDescription,
): Promise<CaseRecord[]> {
  const { name, patient, kind, present, grid, known, truth, truthLabels, spacing } = predicted;
  const combinations = allCombinations(present);
  const before = await predicted.masks(description, combinations);
  const box = known ?? undefined;
  const found = (labels: Uint8Array, region: Region): Mask =>
    regionMask({ data: labels, size: grid.size }, region, 'brats', box);
  const raw = new Map([...before].map(([key, labels]) => [key, byRegion((region) => found(labels, region))]));
  const actual = byRegion((region) => regionMask(truth, region, truthLabels, box));
  const mlPerVoxel = (spacing[0] * spacing[1] * spacing[2]) / 1000;
  return combinations.map((members) => {
    const combination = combinationName(members);
    const labels = before.get(combination)!;
    removeSpecks(labels, grid, description.cleanUp);
    const regions = byRegion((region): RegionRecord => {
      const mask = found(labels, region);
      const without = members.map((m) => raw.get(combinationName(members.filter((other) => other !== m))));
      const own = raw.get(combination)![region];
      return {
        overlap: overlapOf(mask, actual[region]),
        foundMl: count(mask) * mlPerVoxel,
        trueMl: count(actual[region]) * mlPerVoxel,
        cut: known !== null && touchesBorder(actual[region]),
        spread: logVolumeSpread(members.map((m) => count(raw.get(m)![region]) * mlPerVoxel)),
        agreement:
          members.length < 2 ? null : mean(without.map((rest) => dice(overlapOf(own, rest![region])))),
      };
    });
    return { name, patient, kind, combination, members, regions };
  });
}

function count({ data }: Mask): number {
  let voxels = 0;
  for (const value of data) voxels += value;
  return voxels;
}

/** Whether a mask has a voxel on any face of its image. */
export function touchesBorder({ data, size: [nx, ny, nz] }: Mask): boolean {
  return data.some((value, v) => {
    if (value === 0) return false;
    const at = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
    return at.some((position, axis) => position === 0 || position === [nx, ny, nz][axis] - 1);
  });
}
