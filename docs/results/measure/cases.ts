/** The cases that a model is measured on, and what the masks of every combination are like. */
import type { InferenceEngine } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { type Model, readModel } from '../../../src/model/model.js';
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
    for (const one of cases) yield predictCase(verified, one, model, engine, { force: true });
  }
}
