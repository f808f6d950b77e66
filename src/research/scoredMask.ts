import { join, resolve } from 'node:path';
import { networkOf } from '../engine/devices/deviceCandidate.js';
import { selectEngine } from '../engine/devices/selectEngine.js';
import { QuorumError } from '../errors.js';
import { labelMask, type RegionLabels } from '../masks/schemes.js';
import { type Model, openModel } from '../model/model.js';
import type { ResearchTaskTypes, ScoredCase } from '../pipeline/researchTasks.js';
import { removeSpecks } from '../segment/cleanUp.js';
import { type Combination, membersOf } from '../terms.js';
import { type DatasetCase, listDataset } from '../training/dataset.js';
import { withSpacing } from '../training/loadCase.js';
import { type PredictedCase, predictCase } from '../training/predictCase.js';
import { predictionOf } from '../training/scorePredictions.js';
import { findProblems, type VerifiedDataset } from '../training/verify.js';
import { writeNifti } from '../volume/niftiWriter.js';
import { reorientationTo, undoReorientation } from '../volume/orientation.js';
import { readLabelMap } from '../volume/read.js';
import type { Size, Volume } from '../volume/volume.js';
import { evaluationRequest, readSummary } from './evaluations.js';

/**
 * Finds a case of an evaluation, and makes the mask that was scored again as a file: a model's by the code that scored it, another
 * method's in BraTS labels.
 *
 * `into` is a folder for the mask.
 * @throws QuorumError CASE_UNKNOWN where it is not known what was evaluated, the case is there no more, or the model is
 * another by now; what reading and the engine throw.
 */
export async function scoredCase(
  {
    evaluation,
    name: caseName,
    combination,
    into,
    verdictFolder,
  }: ResearchTaskTypes['scoredCase']['arguments'],
  signal: AbortSignal,
): Promise<ScoredCase> {
  const request = await evaluationRequest(evaluation);
  const missing = (file: string) => new QuorumError({ code: 'CASE_UNKNOWN', found: caseName, file });
  if (!request) throw missing(evaluation);
  const { dataset } = await listDataset(resolve(request.dataset));
  const one = dataset.cases.find(({ name }) => name === caseName);
  if (!one) throw missing(request.dataset);
  const alone = { ...dataset, cases: [one] };
  const verified: VerifiedDataset = { ...alone, labels: (await findProblems(alone, { signal })).labels };
  const summary = await readSummary(evaluation);
  const mask = join(into, `${combination}.nii.gz`);
  if ('model' in request.of) {
    const model = await openModel(request.of.model);
    const expected = 'model' in summary.of ? summary.of.model.hash : '';
    if (model.hash !== expected)
      throw new QuorumError({ code: 'CASE_UNKNOWN', field: 'model', expected, found: model.hash });
    await writeNifti(
      mask,
      await modelMask(verified, one, model, combination, request.force, verdictFolder, signal),
    );
  } else if ('predictions' in summary.of) {
    const file = await predictionOf(one, resolve(request.of.predictions), combination);
    if (file === null) throw missing(request.of.predictions);
    await writeNifti(mask, inBrats(await readLabelMap(file), summary.of.labels.regions as RegionLabels));
  }
  return { folder: one.folder, truth: one.truth, truthLabels: verified.labels, mask };
}

async function modelMask(
  dataset: VerifiedDataset,
  one: DatasetCase,
  model: Model,
  combination: Combination,
  force: boolean,
  verdictFolder: string,
  signal: AbortSignal,
): Promise<Volume<Uint8Array>> {
  const { engine } = await selectEngine(networkOf(model), 'cpu', { verdictFolder });
  try {
    const predicted = await engine.run((e) => predictCase(dataset, one, model, e, { force, signal }));
    const masks = await predicted.masks(model.description, [membersOf(combination)]);
    const data = masks.get(combination)!;
    removeSpecks(data, predicted.grid, model.description.cleanUp);
    const truth = await readLabelMap(one.truth);
    if (predicted.kind === 'whole') return { data, size: truth.size, affine: truth.affine };
    const by = reorientationTo(withSpacing(truth, dataset.description), model.description.grid.orientation);
    const volume = { ...by.target, data: fromTensor(data, predicted, by.target.size) };
    return { data: undoReorientation(volume, by).data, size: truth.size, affine: truth.affine };
  } finally {
    await engine.dispose();
  }
}

/** From tensor order (z fastest, padded at the far ends) to x fastest, without the padding. */
function fromTensor(data: Uint8Array, { grid }: PredictedCase, [nx, ny, nz]: Size): Uint8Array {
  const [depth, height] = grid.size;
  const out = new Uint8Array(nx * ny * nz);
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) out[at] = data[k + depth * (j + height * i)];
  return out;
}

/** A mask of other labels as BraTS labels: 2 in the whole tumour, 1 in the core, 4 in the enhancing part. */
function inBrats(mask: Volume<Uint8Array>, regions: RegionLabels): Volume<Uint8Array> {
  const out = new Uint8Array(mask.data.length);
  for (const [region, label] of [
    ['WT', 2],
    ['TC', 1],
    ['ET', 4],
  ] as const) {
    const labels = regions[region];
    if (!labels) continue;
    const inside = labelMask(mask, labels).data;
    for (let v = 0; v < out.length; v++) if (inside[v]) out[v] = label;
  }
  return { data: out, size: mask.size, affine: mask.affine };
}
