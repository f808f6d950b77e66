import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { WasmEngine } from '../engine/wasm/engine.js';
import { QuorumError } from '../errors.js';
import { PoolVectors } from '../kernels/index.js';
import type { NetworkSize } from '../model/schema.js';
import { descriptionTemplate } from '../model/template.js';
import { initialiseParameters } from '../network/initialise.js';
import { buildLayers, type Layer } from '../network/layers.js';
import { type ParameterSpec, parameterSpecs } from '../network/parameters.js';
import { MODALITIES, REGIONS } from '../terms.js';
import type { AugmentationRules } from './augmentation.js';
import { type DatasetCase, openDataset } from './dataset.js';
import { dropoutSource } from './earlyFusion.js';
import { estimateTraining, type TrainingEstimate } from './estimate.js';
import { fitFusion } from './fitFusion.js';
import { fusionLength } from './fusion.js';
import { readInitial } from './initial.js';
import { writeDice, writeNetworks } from './runResults.js';
import { augmentedSource, type CaseGroup, CaseStore } from './source.js';
import { foldSplit, readSplit, type Split, type SplitOptions } from './split.js';
import type { VectorMemory } from './step.js';
import { type TrainedModel, writeTrainedModel } from './trainedModel.js';
import { type TrainingJob, type TrainingOutcome, type TrainingPlan, train } from './trainer.js';
import { validate } from './validate.js';
import {
  enginesFor,
  fitsModelFolder,
  fusionOf,
  type NetworkEngine,
  type ParameterVector,
  parameterVector,
  type Sharing,
} from './vector.js';
import { type VerifiedDataset, type VerifyOptions, verifyDataset } from './verify.js';

/** A network to train with, and its memory for gradients where it has such. */
export interface OpenEngine {
  readonly engine: NetworkEngine;
  readonly memory: VectorMemory | null;
}

/** Everything that a user asks of a training run. */
export interface TrainingRequest {
  readonly datasets: readonly { readonly folder: string; readonly weight: number }[];
  /** Null: every case trains, none validates. */
  readonly split: { readonly file: string } | { readonly folds: number; readonly fold: number } | null;
  /** The Model folder; must not be there yet. */
  readonly out: string;
  /** Where checkpoints and log are kept; `<out>.run` by default. */
  readonly runFolder?: string;
  readonly name: string;
  /** A width of the paper's, or the channels of the five levels. */
  readonly size: NetworkSize;
  readonly sharing: Sharing;
  /** Region weights: all 1, learned with the rest, or fitted afterwards on the training cases. */
  readonly fusion: 'mean' | 'learned' | 'fitted';
  readonly plan: TrainingPlan;
  readonly augmentation: AugmentationRules;
  /** A Model folder or a run's folder to start from; random parameters when null or absent. */
  readonly initial?: string | null;
  readonly checkpointEvery: number;
  /** Score the split's test side too, once, at the end. */
  readonly scoreTest?: boolean;
  /** Bytes of cases kept in memory. */
  readonly caseMemory: number;
  /** The wasm engine by default. */
  readonly openEngine?: (layers: readonly Layer[], branches: number) => Promise<OpenEngine>;
}

export interface RunHooks extends VerifyOptions, SplitOptions, Pick<TrainingJob, 'onLine' | 'onDamaged'> {
  /** Before the first step. */
  readonly onEstimate?: (estimate: TrainingEstimate) => unknown;
}

/**
 * Verifies the data, estimates time and memory, trains (or goes on from the last checkpoint), fits the fusion when
 * asked to, and writes `dice.json` into the run's folder and the Model folder; where one Model folder cannot hold what
 * was trained, `parameters.safetensors` in the run's folder instead.
 *
 * @throws QuorumError REQUEST_INVALID (region weights with early fusion, a start for a baseline) and OUTPUT_EXISTS before anything is computed; what `openDataset`, `verifyDataset`, `readSplit`,
 * `foldSplit`, `train` and `writeTrainedModel` throw.
 */
export async function runTraining(request: TrainingRequest, hooks: RunHooks = {}): Promise<TrainingOutcome> {
  await checkRequest(request);
  const verified = await verifyAll(request, hooks);
  return withJob(request, hooks, verified, async ({ job, layers, groups }) => {
    if (hooks.onEstimate) await hooks.onEstimate(await estimateTraining(job.job, layers));
    const outcome = await train(job.job);
    await finish(request, outcome, job, groups);
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
      await withJob(request, hooks, verified, ({ job, layers }) => estimateTraining(job.job, layers)),
    );
  }
  return estimates;
}

async function verifyAll({ datasets }: TrainingRequest, hooks: RunHooks): Promise<VerifiedDataset[]> {
  const verified: VerifiedDataset[] = [];
  for (const { folder } of datasets) verified.push(await verifyDataset(await openDataset(folder), hooks));
  return verified;
}

interface OpenedJob {
  readonly job: PreparedJob;
  readonly layers: readonly Layer[];
  readonly groups: Groups;
}

/** Uses a run that is ready for its first step, and closes its engines. */
async function withJob<T>(
  request: TrainingRequest,
  hooks: RunHooks,
  verified: readonly VerifiedDataset[],
  use: (opened: OpenedJob) => Promise<T>,
): Promise<T> {
  const groups = await splitGroups(request, verified, hooks);
  const { inputChannels } = enginesFor(request.sharing, MODALITIES.length);
  const layers = buildLayers(request.size, REGIONS.length, inputChannels);
  const opened = await openEngines(request, layers);
  try {
    return await use({ job: await prepareJob(request, hooks, groups, layers, opened), layers, groups });
  } finally {
    for (const { engine } of opened) await engine.dispose();
  }
}

interface Groups {
  readonly train: readonly CaseGroup[];
  readonly validation: readonly CaseGroup[];
  readonly test: readonly CaseGroup[];
}

interface PreparedJob {
  readonly job: TrainingJob;
  readonly store: CaseStore;
  /** Of one network. */
  readonly specs: readonly ParameterSpec[];
  readonly networkLength: number;
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

async function splitGroups(
  { split, datasets, plan, scoreTest }: TrainingRequest,
  verified: readonly VerifiedDataset[],
  hooks: RunHooks,
): Promise<Groups> {
  const all = verified.flatMap(({ cases }) => cases);
  let sides: Split<DatasetCase> = { train: all, validation: [], test: [] };
  if (split) {
    sides =
      'file' in split
        ? await readSplit(split.file, all, hooks)
        : foldSplit(all, split.folds, split.fold, plan.seed);
  }
  const groupsOf = (chosen: readonly DatasetCase[]): CaseGroup[] =>
    verified.flatMap((dataset, i) => {
      const cases = dataset.cases.filter((one) => chosen.includes(one));
      return cases.length > 0 ? [{ dataset, cases, weight: datasets[i].weight }] : [];
    });
  for (const side of scoreTest ? (['train', 'test'] as const) : (['train'] as const)) {
    if (sides[side].length > 0) continue;
    throw new QuorumError({
      code: 'SPLIT_INVALID',
      field: side,
      expected: 'at least one case',
      found: 'none',
    });
  }
  return {
    train: groupsOf(sides.train),
    validation: groupsOf(sides.validation),
    test: scoreTest ? groupsOf(sides.test) : [],
  };
}

async function openEngines(
  { sharing, openEngine = openWasm }: TrainingRequest,
  layers: readonly Layer[],
): Promise<OpenEngine[]> {
  const { engines, branches } = enginesFor(sharing, MODALITIES.length);
  const opened: OpenEngine[] = [];
  for (let i = 0; i < engines; i++) opened.push(await openEngine(layers, branches));
  return opened;
}

async function openWasm(layers: readonly Layer[], modalityCount: number): Promise<OpenEngine> {
  const engine = new WasmEngine({ layers, modalityCount });
  return { engine, memory: new PoolVectors(engine.pool) };
}

async function prepareJob(
  request: TrainingRequest,
  hooks: RunHooks,
  groups: Groups,
  layers: readonly Layer[],
  opened: readonly OpenEngine[],
): Promise<PreparedJob> {
  const { sharing, augmentation } = request;
  const plan = planOf(request);
  const { branches } = enginesFor(sharing, MODALITIES.length);
  const engines = opened.map(({ engine }) => engine);
  const specs = parameterSpecs(layers, branches);
  const learned = request.fusion === 'learned';
  const vector = parameterVector(sharing, engines, specs, MODALITIES.length, REGIONS.length, learned);
  const initial = new Float32Array(vector.length);
  const first = initialiseParameters(layers, branches, plan.seed);
  for (const { offset } of vector.routes) initial.set(first, offset);
  if (request.initial) initial.set(await readInitial(request.initial, layers, specs, vector.length));
  const rules = descriptionTemplate(aboutOf(request, groups.train), request.size);
  const store = new CaseStore(rules, request.caseMemory);
  const source = augmentedSource(groups.train, store, augmentation);
  const job: TrainingJob = {
    plan,
    label: labelOf(request, groups, engines, initial),
    modalities: MODALITIES,
    vector,
    decayed: convolutionWeights(vector, specs),
    memory: opened.length === 1 ? opened[0].memory : null,
    initial,
    source: sharing === 'early-fusion' ? dropoutSource(source) : source,
    validation: groups.validation.length > 0 ? () => store.all(groups.validation) : null,
    folder: request.runFolder ?? `${request.out}.run`,
    checkpointEvery: request.checkpointEvery,
    ...hooks,
  };
  return { job, store, specs, networkLength: first.length * engines.length };
}

/** 1 for the weights of convolutions: what AdamW decays. */
function convolutionWeights(
  { length, routes }: ParameterVector,
  specs: readonly ParameterSpec[],
): Uint8Array {
  const decayed = new Uint8Array(length);
  for (const route of routes)
    for (const { shape, offset, length: count } of specs)
      if (shape.length === 5) decayed.fill(1, route.offset + offset, route.offset + offset + count);
  return decayed;
}

/** The plan as it is done: early fusion has one loss a step, of one prediction. */
function planOf({ plan, sharing }: TrainingRequest): TrainingPlan {
  return sharing === 'early-fusion' ? { ...plan, objectives: { kind: 'subsets' }, decoupling: 'mean' } : plan;
}

/** What the plan does not say of what decides the numbers: engine, network, data and augmentation. */
function labelOf(
  request: TrainingRequest,
  groups: Groups,
  engines: readonly NetworkEngine[],
  initial: Float32Array,
): string {
  const { size, sharing, fusion, augmentation } = request;
  const engine = `${engines[0].name} on ${engines[0].device}`;
  const cases = (side: readonly CaseGroup[]) =>
    side.map(({ dataset, weight, cases: own }) => [dataset.description, weight, own.map(({ name }) => name)]);
  const data = [cases(groups.train), cases(groups.validation), augmentation];
  const hash = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  const start = request.initial
    ? `, start ${createHash('sha256').update(initial).digest('hex').slice(0, 16)}`
    : '';
  return `${engine}, ${sizeName(size)}, ${sharing}, fusion ${fusion}, data ${hash.slice(0, 16)}${start}`;
}

async function finish(
  request: TrainingRequest,
  { parameters }: TrainingOutcome,
  prepared: PreparedJob,
  groups: Groups,
): Promise<void> {
  const { job, store, specs, networkLength } = prepared;
  const plain = { vector: job.vector, parameters };
  const { vector, parameters: learned } =
    request.fusion === 'fitted' ? await fitted(prepared, parameters, groups) : plain;
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
  { job, store, networkLength }: PreparedJob,
  parameters: Float32Array,
  groups: Groups,
): Promise<{ vector: ParameterVector; parameters: Float32Array }> {
  const { vector } = job;
  const values = await fitFusion(vector, parameters, store.all(groups.train));
  const fused = new Float32Array(networkLength + fusionLength(vector.routes.length, vector.regionCount));
  fused.set(parameters);
  fused.set(values, networkLength);
  return { vector: { ...vector, length: fused.length, fusionOffset: networkLength }, parameters: fused };
}

function sizeName(size: NetworkSize, capital = false): string {
  const name = typeof size === 'number' ? `width ${size}` : `channels ${size.join('-')}`;
  return capital ? name[0].toUpperCase() + name.slice(1) : name;
}

function aboutOf(request: TrainingRequest, trainedOn: readonly CaseGroup[]) {
  const { name, plan, sharing } = request;
  const kind =
    'count' in plan.objectives ? `${plan.objectives.count} ${plan.objectives.kind}` : plan.objectives.kind;
  const objectives =
    sharing === 'early-fusion' ? 'modality dropout' : `${plan.decoupling} over ${kind} objectives`;
  return {
    name,
    version: '1',
    description: `${sizeName(request.size, true)}, ${sharing} sharing, ${objectives}, ${plan.loss}, at most ${plan.steps} steps, ${request.fusion} fusion.`,
    trainingData: trainedOn.map(({ dataset, cases }) => `${dataset.name} (${cases.length} cases)`).join(', '),
  };
}
