import { basename, resolve } from 'node:path';
import type { EvaluateRequest } from '../contract/training.js';
import { networkOf } from '../engine/devices/deviceCandidate.js';
import { selectEngine } from '../engine/devices/selectEngine.js';
import { QuorumError } from '../errors.js';
import { expectedCalibrationError } from '../evaluate/calibration.js';
import { type LabelReading, readingText } from '../evaluate/labelReading.js';
import { readPatientScores } from '../evaluate/results.js';
import { byRegion, type CaseScore, poolByPatient } from '../evaluate/scores.js';
import { comparePaired, type ScoresFile, scoresFile } from '../evaluate/summary.js';
import { combinationTable } from '../evaluate/tables.js';
import { refuseOutputInsideInput } from '../export/output.js';
import type { JobContext } from '../jobs/context.js';
import { openModel } from '../model/model.js';
import { combinationName, MODALITIES, type Region } from '../terms.js';
import { type Dataset, openDataset } from '../training/dataset.js';
import { scoreModel } from '../training/scoreModel.js';
import { scorePredictions } from '../training/scorePredictions.js';
import { readSplit } from '../training/split.js';
import { type VerifiedDataset, verifyDataset } from '../training/verify.js';
import { comparisonTable } from './comparisonTable.js';
import { type EvaluationAbout, refuseFilled, writeEvaluation } from './evaluationFolder.js';
import { evaluationConfig } from './evaluations.js';

/** What a finished evaluation says. */

export interface EvaluateResult {
  readonly kind: 'evaluation';
  readonly output: string;
  readonly patients: number;
  /** Patients who have every combination: the mean over the combinations is of them alone. */
  readonly complete: number;
  /** How the labels of masks were read, with their voxels, as a sentence; null of a model. */
  readonly labels: string | null;
  readonly scores: ScoresFile;
  /** The table of the combinations as text. */
  readonly table: string;
  readonly counterIntuitiveRate: Readonly<Record<Region, number | null>>;
  /** Of all four sequences; null where they were never segmented together. */
  readonly calibrationError: Readonly<Record<Region, number | null>> | null;
  /** The comparison with the other result as text, or null. */
  readonly comparison: string | null;
}

/** Shares of the progress: until verified, and until scored. */
const [VERIFIED, SCORED] = [0.1, 0.97];

/**
 * Scores a model or any method's masks on a data set and writes the results folder.
 *
 * @throws QuorumError OUTPUT_EXISTS and OUTPUT_INSIDE_INPUT before anything is computed; what `openDataset`,
 * `verifyDataset`, `readSplit`, `scoreModel` and `scorePredictions` throw; CANCELLED.
 */
export async function runEvaluateJob(
  request: EvaluateRequest,
  verdictFolder: string,
  context: JobContext,
): Promise<EvaluateResult> {
  const output = resolve(request.output);
  await refuseOutputInsideInput(output, [resolve(request.dataset)]);
  await refuseFilled(output);
  const other = request.against === null ? null : await readPatientScores(resolve(request.against));
  const dataset = await verifiedSide(request, context);
  const { cases, reading, ...of } =
    'model' in request.of
      ? await scoresOfModel(request, request.of.model, verdictFolder, dataset, context)
      : await scoresOfMasks(request.of, dataset, context);
  context.report('statistics', SCORED);
  const comparison = other && comparePaired(poolByPatient(cases), other);
  const about = { dataset: dataset.name, side: request.split?.side ?? 'all cases', ...of };
  const config = evaluationConfig({ ...request, ...absolutePaths(request), output });
  const summary = await writeEvaluation(output, cases, about, comparison, config);
  return {
    kind: 'evaluation',
    output,
    patients: summary.patients,
    complete: summary.complete,
    labels: reading && readingText(reading),
    scores: scoresFile(summary),
    table: combinationTable(summary, 'text'),
    counterIntuitiveRate: summary.counterIntuitiveRate,
    calibrationError: about.calibrationError?.[combinationName(MODALITIES)] ?? null,
    comparison: comparison && comparisonTable(comparison),
  };
}

function absolutePaths({ dataset, of, split }: EvaluateRequest): Partial<EvaluateRequest> {
  return {
    dataset: resolve(dataset),
    of:
      'model' in of
        ? { model: of.model && resolve(of.model) }
        : { ...of, predictions: resolve(of.predictions) },
    split: split && { ...split, file: resolve(split.file) },
  };
}

/** The cases that are asked for, every file of them read. */
async function verifiedSide(request: EvaluateRequest, context: JobContext): Promise<VerifiedDataset> {
  const dataset = await openDataset(resolve(request.dataset));
  if (dataset.description.unknownLabel !== undefined) {
    const expected = 'a truth for every voxel; a data set with an unknown label can be trained on only';
    throw new QuorumError({ code: 'DATASET_INVALID', field: 'unknownLabel', expected, file: dataset.folder });
  }
  const chosen = request.split ? await sideOf(dataset, request.split) : dataset;
  return verifyDataset(chosen, {
    signal: context.signal,
    onCase: (done, total) => context.report('verifying', (VERIFIED * done) / total),
  });
}

async function sideOf(dataset: Dataset, split: NonNullable<EvaluateRequest['split']>): Promise<Dataset> {
  const sides = await readSplit(split.file, dataset.cases);
  const cases = sides[split.side];
  if (cases.length > 0) return { ...dataset, cases };
  throw new QuorumError({
    code: 'SPLIT_INVALID',
    field: split.side,
    expected: `patients or cases of ${dataset.folder}`,
    found: 'none',
    file: split.file,
  });
}

interface Scored extends Pick<EvaluationAbout, 'of' | 'calibrationError'> {
  readonly cases: readonly CaseScore[];
  /** How the labels of masks were read; null of a model. */
  readonly reading: LabelReading | null;
}

async function scoresOfModel(
  { device, threads, force }: EvaluateRequest,
  folder: string | null,
  verdictFolder: string,
  dataset: VerifiedDataset,
  { signal, report }: JobContext,
): Promise<Scored> {
  const model = await openModel(folder);
  const settings = { verdictFolder, ...(threads === null ? {} : { threads }) };
  const { engine } = await selectEngine(networkOf(model), device, settings);
  const onCase = (done: number, total: number) => report('segmenting and scoring', shareOf(done, total));
  try {
    const { cases, calibration } = await engine.run((e) =>
      scoreModel(dataset, dataset.cases, model, e, { force, signal, onCase }),
    );
    const { name, version } = model.description;
    const errors = [...calibration].map(([combination, bins]) => [
      combination,
      byRegion((region) => expectedCalibrationError(bins[region])),
    ]);
    return {
      cases,
      reading: null,
      calibrationError: Object.fromEntries(errors),
      of: { model: { name, version, hash: model.hash }, engine: engine.name, device: engine.device },
    };
  } finally {
    await engine.dispose();
  }
}

async function scoresOfMasks(
  { predictions, labels }: { predictions: string; labels: string | null },
  dataset: VerifiedDataset,
  { signal, report }: JobContext,
): Promise<Scored> {
  const onCase = (done: number, total: number) => report('scoring', shareOf(done, total));
  const folder = resolve(predictions);
  const { cases, reading } = await scorePredictions(dataset, dataset.cases, folder, {
    signal,
    onCase,
    labels,
  });
  return { cases, reading, calibrationError: null, of: { predictions: basename(folder), labels: reading } };
}

function shareOf(done: number, total: number): number {
  return VERIFIED + ((SCORED - VERIFIED) * done) / total;
}
