import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { MeasureRequest } from '../contract/training.js';
import { networkOf } from '../engine/devices/deviceCandidate.js';
import { selectEngine } from '../engine/devices/selectEngine.js';
import type { InferenceEngine } from '../engine/engine.js';
import { QuorumError } from '../errors.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import type { JobContext } from '../jobs/context.js';
import { knowledgeOf, type MeasureOptions, measureBrains, measureChecks } from '../measure/measureModel.js';
import { MODEL_FILE, type Model, readModel } from '../model/model.js';
import { type ModelDescription, modelSchema } from '../model/schema.js';
import { openDataset } from '../training/dataset.js';
import { readSplit, type Side } from '../training/split.js';
import { type VerifiedDataset, verifyDataset } from '../training/verify.js';

type Knowledge = ModelDescription['knowledge'];

/** What a finished measurement says. */
export interface MeasureResult {
  readonly kind: 'measurement';
  readonly model: string;
  readonly cases: number;
  readonly patients: number;
  /** What was found of the model; the rest of what it says of itself was left as it is. */
  readonly measured: Partial<Knowledge>;
  /** Whether model.json says so now. */
  readonly written: boolean;
  /** The log, or null. */
  readonly output: string | null;
}

/** Shares of the progress: until verified, and until measured. */
const [VERIFIED, MEASURED] = [0.1, 0.98];

/**
 * Measures a model on whole cases that it was not trained on (support, gains, agreement, volume ranges), or fits its checks of the
 * images; writes it into the model's model.json where it is told to, and what it follows from into a log.
 *
 * @param verdictFolder where the self-tests of devices are kept.
 * @throws QuorumError REQUEST_INVALID, OUTPUT_EXISTS and MODEL_NOT_FOUND before anything is computed; DATASET_INVALID for cut-outs
 *   where whole cases are needed, SPLIT_INVALID; what reading, preparing and the engine throw; CANCELLED.
 */
export async function runMeasureJob(
  request: MeasureRequest,
  verdictFolder: string,
  context: JobContext,
): Promise<MeasureResult> {
  refuseUnsound(request);
  const output = request.output === null ? null : resolve(request.output);
  if (output !== null) await refuseExisting(output);
  const folder = resolve(request.model);
  const model = await readModel(folder);
  const measure = request.what === 'checks' ? measureImageChecks : measureSupport;
  const found = await measure(request, model, verdictFolder, context);
  context.report('writing', MEASURED);
  if (output !== null) {
    const { name, version, weightsSha256 } = model.description;
    const about = { model: { name, version, hash: model.hash, weightsSha256 }, side: sideOf(request) };
    await writeFileAtomically(output, [Buffer.from(`${shortened({ ...about, ...found.log })}\n`)]);
  }
  if (request.write) await writeKnowledge(folder, model, found.measured);
  const { cases, patients, measured } = found;
  return { kind: 'measurement', model: folder, cases, patients, measured, written: request.write, output };
}

interface Found extends Pick<MeasureResult, 'cases' | 'patients' | 'measured'> {
  /** What it follows from. */
  readonly log: object;
}

async function measureSupport(
  request: MeasureRequest,
  model: Model,
  verdictFolder: string,
  context: JobContext,
): Promise<Found> {
  const datasets = await verifiedSides(request, sideOf(request), context);
  const cutOuts = datasets.find(({ description: { known } }) => known === 'nonzero-box');
  if (cutOuts) {
    const expected = 'whole cases: cut-outs do not show what is falsely found elsewhere';
    throw new QuorumError({ code: 'DATASET_INVALID', field: 'known', expected, file: cutOuts.folder });
  }
  const rows = await withEngine(request, model, verdictFolder, (engine) =>
    measureBrains(datasets, model, engine, optionsOf(request, context)),
  );
  return {
    cases: new Set(rows.map(({ dataset, name }) => `${dataset}/${name}`)).size,
    patients: new Set(rows.map(({ patient }) => patient)).size,
    measured: knowledgeOf(rows),
    log: { kind: 'whole', rows },
  };
}

async function measureImageChecks(
  request: MeasureRequest,
  model: Model,
  verdictFolder: string,
  context: JobContext,
): Promise<Found> {
  const train = await verifiedSides(request, 'train', context);
  const validation = await verifiedSides(request, 'validation', context);
  const { inputChecks, ...facts } = await withEngine(request, model, verdictFolder, (engine) =>
    measureChecks(train, validation, model, engine, optionsOf(request, context)),
  );
  const { uptake, surface, lesions } = inputChecks;
  const cases = validation.flatMap((dataset) => dataset.cases);
  return {
    cases: cases.length,
    patients: new Set(cases.map(({ patient }) => patient)).size,
    measured: { inputChecks },
    log: { kind: 'checks', ...facts, uptake, surface, lesions },
  };
}

const sideOf = ({ split }: MeasureRequest) => split?.side ?? null;

/** What is written into a model decides what is said of patients: it is measured on the side that is there for it. */
function refuseUnsound({ write, split, what, datasets }: MeasureRequest): void {
  const invalid = (field: string, expected: string, found: string) =>
    new QuorumError({ code: 'REQUEST_INVALID', field, expected, found });
  if (datasets.length === 0) throw invalid('datasets', 'a data set', 'none');
  if (what === 'checks' && split === null)
    throw invalid('split', 'a split: checks are fitted on the training side', 'none');
  if (write && split === null)
    throw invalid(
      'split',
      'a split with --write: nobody may be measured whom the model was trained on',
      'none',
    );
  if (write && split?.side !== 'validation')
    throw invalid('side', 'the validation side with --write', split!.side);
}

async function refuseExisting(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new QuorumError({ code: 'OUTPUT_EXISTS', file, expected: 'no such file' });
}

/** The cases of one side in every data set that has some, every file of them read; all cases where there is no split. */
async function verifiedSides(
  { datasets, split }: MeasureRequest,
  side: Side | null,
  context: JobContext,
): Promise<VerifiedDataset[]> {
  const chosen: VerifiedDataset[] = [];
  for (const [n, folder] of datasets.entries()) {
    const dataset = await openDataset(resolve(folder));
    if (dataset.description.unknownLabel !== undefined) {
      const expected = 'a truth for every voxel; a data set with an unknown label can be trained on only';
      throw new QuorumError({ code: 'DATASET_INVALID', field: 'unknownLabel', expected, file: folder });
    }
    const cases = split && side ? (await readSplit(split.file, dataset.cases))[side] : dataset.cases;
    if (cases.length === 0) continue;
    chosen.push(
      await verifyDataset(
        { ...dataset, cases },
        {
          signal: context.signal,
          onCase: (done, total) =>
            context.report('verifying', (VERIFIED * (n + done / total)) / datasets.length),
        },
      ),
    );
  }
  if (chosen.length > 0) return chosen;
  throw new QuorumError({
    code: 'SPLIT_INVALID',
    field: side ?? 'cases',
    expected: 'patients or cases of the data sets',
    found: 'none',
    ...(split ? { file: split.file } : {}),
  });
}

function optionsOf({ force }: MeasureRequest, { signal, report }: JobContext): MeasureOptions {
  return {
    force,
    signal,
    onCase: (done, total) => report('measuring', VERIFIED + ((MEASURED - VERIFIED) * done) / total),
  };
}

async function withEngine<T>(
  { device, threads }: MeasureRequest,
  model: Model,
  verdictFolder: string,
  work: (engine: InferenceEngine) => Promise<T>,
): Promise<T> {
  const settings = { verdictFolder, ...(threads === null ? {} : { threads }) };
  const { engine } = await selectEngine(networkOf(model), device, settings);
  try {
    return await engine.run(work);
  } finally {
    await engine.dispose();
  }
}

async function writeKnowledge(folder: string, { description }: Model, measured: Partial<Knowledge>) {
  const after = modelSchema.parse({
    ...description,
    knowledge: { ...description.knowledge, ...measured },
  });
  await writeFileAtomically(join(folder, MODEL_FILE), [Buffer.from(`${JSON.stringify(after, null, 2)}\n`)]);
}

/** JSON with four decimals. */
function shortened(value: object): string {
  return JSON.stringify(value, (_, one) => (typeof one === 'number' ? Number(one.toFixed(4)) : one));
}
