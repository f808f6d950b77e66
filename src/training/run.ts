import { access } from 'node:fs/promises';
import { QuorumError } from '../errors.js';
import { checkpointFiles } from './checkpoint.js';
import { openDataset } from './dataset.js';
import { estimateTraining, type TrainingEstimate } from './estimate.js';
import { fitFusion } from './fitFusion.js';
import { fusionLength } from './fusion.js';
import { aboutOf, type PreparedRun, type TrainingRequest, withJob } from './prepareRun.js';
import { writeDice, writeNetworks } from './runResults.js';
import type { CaseGroup } from './source.js';
import type { SplitOptions } from './split.js';
import { type TrainedModel, writeTrainedModel } from './trainedModel.js';
import { type TrainingJob, type TrainingOutcome, train } from './trainer.js';
import { validate } from './validate.js';
import { fitsModelFolder, fusionOf, type ParameterVector } from './vector.js';
import { type VerifiedDataset, type VerifyOptions, verifyDataset } from './verify.js';

export interface RunHooks extends VerifyOptions, SplitOptions, Pick<TrainingJob, 'onLine' | 'onDamaged'> {
  /** Before the first step of a run that does not go on from a checkpoint: that one has told its speed. */
  readonly onEstimate?: (estimate: TrainingEstimate) => unknown;
}

/**
 * Verifies the data, estimates time and memory, trains (or goes on from the last checkpoint), fits the fusion when
 * asked to, and writes `dice.json` into the run's folder and the Model folder; where one Model folder cannot hold what
 * was trained, `parameters.safetensors` in the run's folder instead.
 *
 * @throws QuorumError REQUEST_INVALID (region weights with early fusion, a start for a baseline) and OUTPUT_EXISTS before anything is
 * computed; what `openDataset`, `verifyDataset`, `readSplit`, `foldSplit`, `train` and `writeTrainedModel` throw.
 */
export async function runTraining(request: TrainingRequest, hooks: RunHooks = {}): Promise<TrainingOutcome> {
  await checkRequest(request);
  const verified = await verifyAll(request, hooks);
  return withJob(request, hooks, verified, async (prepared) => {
    const { job, layers } = prepared;
    if (hooks.onEstimate && (await checkpointFiles(job.folder)).length === 0)
      await hooks.onEstimate(await estimateTraining(job, layers));
    const outcome = await train(job);
    await finish(request, outcome, prepared);
    return outcome;
  });
}

/**
 * What each of several runs would take, measured by a few steps of each. Nothing is written.
 *
 * @param requests of the same data sets.
 * @throws QuorumError as `runTraining` before its first step.
 */
export async function estimateRuns(
  requests: readonly TrainingRequest[],
  hooks: Omit<RunHooks, 'onEstimate'> = {},
): Promise<TrainingEstimate[]> {
  const verified = await verifyAll(requests[0], hooks);
  const estimates: TrainingEstimate[] = [];
  for (const request of requests) {
    if (hooks.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    estimates.push(
      await withJob(request, hooks, verified, ({ job, layers }) => estimateTraining(job, layers)),
    );
  }
  return estimates;
}

async function verifyAll({ datasets }: TrainingRequest, hooks: RunHooks): Promise<VerifiedDataset[]> {
  const verified: VerifiedDataset[] = [];
  for (const { folder } of datasets) verified.push(await verifyDataset(await openDataset(folder), hooks));
  return verified;
}

async function checkRequest({ out, sharing, fusion, initial }: TrainingRequest): Promise<void> {
  if (initial && sharing !== 'dynamic') {
    const expected = 'dynamic sharing';
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'initial', expected, found: sharing });
  }
  if (sharing === 'early-fusion' && fusion !== 'mean') {
    const expected = 'none: early fusion has one prediction, nothing votes';
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'regionWeights', expected, found: fusion });
  }
  if (!fitsModelFolder(sharing)) return;
  const there = await access(out).then(
    () => true,
    () => false,
  );
  if (there) throw new QuorumError({ code: 'OUTPUT_EXISTS', file: out, expected: 'no such folder' });
}

async function finish(
  request: TrainingRequest,
  { parameters }: TrainingOutcome,
  prepared: PreparedRun,
): Promise<void> {
  const { job, groups, store, specs, networkLength } = prepared;
  const plain = { vector: job.vector, parameters };
  const { vector, parameters: learned } =
    request.fusion === 'fitted' ? await fitted(prepared, parameters) : plain;
  const dice = (side: readonly CaseGroup[]) =>
    side.length > 0 ? validate(vector, learned, store.all(side)) : null;
  const [validation, test] = [await dice(groups.validation), await dice(groups.test)];
  const about = aboutOf(request, groups.train);
  await writeDice(job.folder, { description: about.description, validation, test });
  const fusion = fusionOf(vector, learned);
  const { size, sharing, out } = request;
  if (!fitsModelFolder(sharing)) return writeNetworks(job.folder, vector, specs, learned, fusion);
  const network = learned.subarray(0, networkLength);
  const trained: TrainedModel = { ...about, size, sharing, parameters: network, fusion, validation };
  await writeTrainedModel(out, trained);
}

/** The network with a fusion behind it that is fitted to the training cases. */
async function fitted(
  { job, groups, store, networkLength }: PreparedRun,
  parameters: Float32Array,
): Promise<{ vector: ParameterVector; parameters: Float32Array }> {
  const { vector } = job;
  const values = await fitFusion(vector, parameters, store.all(groups.train));
  const fused = new Float32Array(networkLength + fusionLength(vector.routes.length, vector.regionCount));
  fused.set(parameters);
  fused.set(values, networkLength);
  return { vector: { ...vector, length: fused.length, fusionOffset: networkLength }, parameters: fused };
}
