import { createHash } from 'node:crypto';
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
import type { DatasetCase } from './dataset.js';
import { dropoutSource } from './earlyFusion.js';
import { readInitial } from './initial.js';
import { augmentedSource, type CaseGroup, CaseStore } from './source.js';
import { foldSplit, readSplit, type Split, type SplitOptions } from './split.js';
import type { VectorMemory } from './step.js';
import type { TrainingJob, TrainingPlan } from './trainer.js';
import {
  enginesFor,
  type NetworkEngine,
  type ParameterVector,
  parameterVector,
  type Sharing,
} from './vector.js';
import type { VerifiedDataset } from './verify.js';

/** A network to train with, and its memory for gradients where it has such. */
interface OpenEngine {
  readonly engine: NetworkEngine;
  readonly memory: VectorMemory | null;
}

/** Opens a network for so many branches: one a modality that it sees. */
export type EngineOpener = (layers: readonly Layer[], branches: number) => Promise<OpenEngine>;

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
  readonly openEngine?: EngineOpener;
}

type JobHooks = SplitOptions & Pick<TrainingJob, 'signal' | 'onLine' | 'onDamaged'>;

/** Uses a run that is ready for its first step, and closes its engines. @throws QuorumError what reading split and start throws. */
export async function withJob<T>(
  request: TrainingRequest,
  hooks: JobHooks,
  verified: readonly VerifiedDataset[],
  use: (run: PreparedRun) => Promise<T>,
): Promise<T> {
  const groups = await splitGroups(request, verified, hooks);
  const { inputChannels } = enginesFor(request.sharing, MODALITIES.length);
  const layers = buildLayers(request.size, REGIONS.length, inputChannels);
  const opened = await openEngines(request, layers);
  try {
    return await use(await prepareRun(request, hooks, groups, layers, opened));
  } finally {
    for (const { engine } of opened) await engine.dispose();
  }
}

interface Groups {
  readonly train: readonly CaseGroup[];
  readonly validation: readonly CaseGroup[];
  readonly test: readonly CaseGroup[];
}

/** A run that is ready for its first step. */
export interface PreparedRun {
  readonly job: TrainingJob;
  readonly layers: readonly Layer[];
  readonly groups: Groups;
  readonly store: CaseStore;
  /** Of one network. */
  readonly specs: readonly ParameterSpec[];
  readonly networkLength: number;
}

async function splitGroups(
  { split, datasets, plan, scoreTest }: TrainingRequest,
  verified: readonly VerifiedDataset[],
  hooks: JobHooks,
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
  { sharing, openEngine = wasmTraining() }: TrainingRequest,
  layers: readonly Layer[],
): Promise<OpenEngine[]> {
  const { engines, branches } = enginesFor(sharing, MODALITIES.length);
  const opened: OpenEngine[] = [];
  for (let i = 0; i < engines; i++) opened.push(await openEngine(layers, branches));
  return opened;
}

/** The wasm engine, with every core unless told otherwise, and its memory for gradients. */
export function wasmTraining(options: { readonly threads?: number } = {}): EngineOpener {
  return async (layers, modalityCount) => {
    const engine = new WasmEngine({ layers, modalityCount, ...options });
    return { engine, memory: new PoolVectors(engine.pool) };
  };
}

async function prepareRun(
  request: TrainingRequest,
  hooks: JobHooks,
  groups: Groups,
  layers: readonly Layer[],
  opened: readonly OpenEngine[],
): Promise<PreparedRun> {
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
  return { job, layers, groups, store, specs, networkLength: first.length * engines.length };
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

function sizeName(size: NetworkSize, capital = false): string {
  const name = typeof size === 'number' ? `width ${size}` : `channels ${size.join('-')}`;
  return capital ? name[0].toUpperCase() + name.slice(1) : name;
}

/** Name, version and words of what a request trains, for model.json and the model card. */
export function aboutOf(request: TrainingRequest, trainedOn: readonly CaseGroup[]) {
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
