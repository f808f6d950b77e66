import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { WasmEngine } from '../engine/wasm/engine.js';
import { QuorumError } from '../errors.js';
import { PoolVectors } from '../kernels/index.js';
import type { ModelDescription } from '../model/schema.js';
import { descriptionTemplate } from '../model/template.js';
import { initialiseParameters } from '../network/initialise.js';
import { buildLayers, type Layer } from '../network/layers.js';
import { parameterSpecs } from '../network/parameters.js';
import { MODALITIES, REGIONS } from '../terms.js';
import type { AugmentationRules } from './augmentation.js';
import { type DatasetCase, openDataset } from './dataset.js';
import { estimateTraining, type TrainingEstimate } from './estimate.js';
import { fitFusion } from './fitFusion.js';
import { type Fusion, fusionLength, readFusion } from './fusion.js';
import { augmentedSource, type CaseGroup, CaseStore } from './source.js';
import { foldSplit, readSplit, type Split } from './split.js';
import type { VectorMemory } from './step.js';
import { type TrainedModel, writeTrainedModel } from './trainedModel.js';
import { type TrainingJob, type TrainingOutcome, type TrainingPlan, train } from './trainer.js';
import { validate } from './validate.js';
import { enginesFor, fusionOf, type NetworkEngine, parameterVector, type Sharing } from './vector.js';
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
  readonly width: ModelDescription['width'];
  readonly sharing: Sharing;
  /** Region weights: all 1, learned with the rest, or fitted afterwards on the training cases. */
  readonly fusion: 'mean' | 'learned' | 'fitted';
  readonly plan: TrainingPlan;
  readonly augmentation: AugmentationRules;
  readonly checkpointEvery: number;
  /** Bytes of cases kept in memory. */
  readonly caseMemory: number;
  /** The wasm engine by default. */
  readonly openEngine?: (layers: readonly Layer[], branches: number) => Promise<OpenEngine>;
}

export interface RunHooks extends VerifyOptions, Pick<TrainingJob, 'onLine' | 'onDamaged'> {
  /** Before the first step. */
  readonly onEstimate?: (estimate: TrainingEstimate) => void;
}

/**
 * Verifies the data, estimates time and memory, trains (or goes on from the last checkpoint), fits the fusion when
 * asked to, and writes the Model folder.
 *
 * @throws QuorumError OUTPUT_EXISTS before anything is computed; what `openDataset`, `verifyDataset`, `readSplit`,
 * `foldSplit`, `train` and `writeTrainedModel` throw.
 */
export async function runTraining(request: TrainingRequest, hooks: RunHooks = {}): Promise<TrainingOutcome> {
  await requireAbsent(request);
  const verified: VerifiedDataset[] = [];
  for (const { folder } of request.datasets) {
    verified.push(await verifyDataset(await openDataset(folder), hooks));
  }
  const groups = await splitGroups(request, verified);
  const layers = buildLayers(request.width);
  const opened = await openEngines(request, layers);
  try {
    const job = prepareJob(request, hooks, groups, layers, opened);
    if (hooks.onEstimate) hooks.onEstimate(await estimateTraining(job.job, layers));
    const outcome = await train(job.job);
    await finish(request, outcome, job, groups);
    return outcome;
  } finally {
    for (const { engine } of opened) await engine.dispose();
  }
}

interface Groups {
  readonly train: readonly CaseGroup[];
  readonly validation: readonly CaseGroup[];
}

interface PreparedJob {
  readonly job: TrainingJob;
  readonly store: CaseStore;
  readonly networkLength: number;
}

async function requireAbsent({ out, sharing }: TrainingRequest): Promise<void> {
  if (sharing === 'separate') return;
  const there = await access(out).then(
    () => true,
    () => false,
  );
  if (there) throw new QuorumError({ code: 'OUTPUT_EXISTS', file: out, expected: 'no such folder' });
}

async function splitGroups(
  { split, datasets, plan }: TrainingRequest,
  verified: readonly VerifiedDataset[],
): Promise<Groups> {
  const all = verified.flatMap(({ cases }) => cases);
  let sides: Split<DatasetCase> = { train: all, validation: [], test: [] };
  if (split) {
    sides =
      'file' in split ? await readSplit(split.file, all) : foldSplit(all, split.folds, split.fold, plan.seed);
  }
  const groupsOf = (chosen: readonly DatasetCase[]): CaseGroup[] =>
    verified.flatMap((dataset, i) => {
      const cases = dataset.cases.filter((one) => chosen.includes(one));
      return cases.length > 0 ? [{ dataset, cases, weight: datasets[i].weight }] : [];
    });
  if (sides.train.length === 0) {
    throw new QuorumError({
      code: 'SPLIT_INVALID',
      field: 'train',
      expected: 'at least one case',
      found: 'none',
    });
  }
  return { train: groupsOf(sides.train), validation: groupsOf(sides.validation) };
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

function prepareJob(
  request: TrainingRequest,
  hooks: RunHooks,
  groups: Groups,
  layers: readonly Layer[],
  opened: readonly OpenEngine[],
): PreparedJob {
  const { plan, sharing, augmentation } = request;
  const { branches } = enginesFor(sharing, MODALITIES.length);
  const engines = opened.map(({ engine }) => engine);
  const specs = parameterSpecs(layers, branches);
  const learned = request.fusion === 'learned';
  const vector = parameterVector(sharing, engines, specs, MODALITIES.length, REGIONS.length, learned);
  const initial = new Float32Array(vector.length);
  const first = initialiseParameters(layers, branches, plan.seed);
  for (const { offset } of vector.routes) initial.set(first, offset);
  const rules = descriptionTemplate(aboutOf(request, groups.train), request.width);
  const store = new CaseStore(rules, request.caseMemory);
  const job: TrainingJob = {
    plan,
    label: labelOf(request, groups, engines),
    modalities: MODALITIES,
    vector,
    memory: opened.length === 1 ? opened[0].memory : null,
    initial,
    source: augmentedSource(groups.train, store, augmentation),
    validation: groups.validation.length > 0 ? () => store.all(groups.validation) : null,
    folder: request.runFolder ?? `${request.out}.run`,
    checkpointEvery: request.checkpointEvery,
    ...hooks,
  };
  return { job, store, networkLength: first.length * engines.length };
}

/** What the plan does not say of what decides the numbers: engine, network, data and augmentation. */
function labelOf(request: TrainingRequest, groups: Groups, engines: readonly NetworkEngine[]): string {
  const { width, sharing, fusion, augmentation } = request;
  const engine = `${engines[0].name} on ${engines[0].device}`;
  const cases = (side: readonly CaseGroup[]) =>
    side.map(({ dataset, weight, cases: own }) => [dataset.description, weight, own.map(({ name }) => name)]);
  const data = [cases(groups.train), cases(groups.validation), augmentation];
  const hash = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  return `${engine}, width ${width}, ${sharing}, fusion ${fusion}, data ${hash.slice(0, 16)}`;
}

async function finish(
  request: TrainingRequest,
  { parameters }: TrainingOutcome,
  { job, store, networkLength }: PreparedJob,
  groups: Groups,
): Promise<void> {
  if (request.sharing === 'separate') return;
  const network = parameters.slice(0, networkLength);
  let fusion: Fusion = fusionOf(job.vector, parameters);
  let values: Float32Array = parameters.slice(networkLength);
  if (request.fusion === 'fitted') {
    values = await fitFusion(job.vector, parameters, store.all(groups.train));
    fusion = readFusion(values, MODALITIES.length, REGIONS.length);
  }
  const fused = withFusion(job.vector, network, values);
  const validation =
    groups.validation.length > 0
      ? await validate(fused.vector, fused.parameters, store.all(groups.validation))
      : null;
  const about = aboutOf(request, groups.train);
  const { width, sharing, out } = request;
  const trained: TrainedModel = { ...about, width, sharing, parameters: network, fusion, validation };
  await writeTrainedModel(out, trained);
}

/** The network with these fusion values behind it, or with the plain mean where there are none. */
function withFusion(vector: TrainingJob['vector'], network: Float32Array, values: Float32Array) {
  if (values.length === 0) return { vector, parameters: network };
  const parameters = new Float32Array(
    network.length + fusionLength(vector.routes.length, vector.regionCount),
  );
  parameters.set(network);
  parameters.set(values, network.length);
  return { vector: { ...vector, length: parameters.length, fusionOffset: network.length }, parameters };
}

function aboutOf({ name, plan, ...request }: TrainingRequest, trainedOn: readonly CaseGroup[]) {
  const objectives =
    plan.objectives.kind === 'sampled' ? `${plan.objectives.count} sampled` : plan.objectives.kind;
  return {
    name,
    version: '1',
    description: `Width ${request.width}, ${request.sharing} sharing, ${plan.decoupling} over ${objectives} objectives, ${plan.loss}, at most ${plan.steps} steps, ${request.fusion} fusion.`,
    trainingData: trainedOn.map(({ dataset, cases }) => `${dataset.name} (${cases.length} cases)`).join(', '),
  };
}
