import type { InferenceEngine, Tensor3, TrainingEngine } from '../engine/engine.js';
import type { ParameterSpec } from '../network/parameters.js';
import type { Segment } from './decouple.js';
import { type Fusion, fusionLength, meanFusion, readFusion } from './fusion.js';
import type { StepObjective } from './objectives.js';

/** An engine to train with; where it can also infer, validation keeps no activations. */
export type NetworkEngine = TrainingEngine & Partial<Pick<InferenceEngine, 'logits'>>;

/** Which network a modality goes through, as which of its branches, and where its parameters lie. */
export interface Route {
  readonly engine: NetworkEngine;
  readonly branch: number;
  readonly offset: number;
  readonly length: number;
}

/** A stretch of the parameter vector and the routes that use it: those of these modalities, or the only one. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
  readonly modalities: readonly number[];
}

/** Everything that is learned, as one flat vector, and how it is used. */
export interface ParameterVector {
  readonly length: number;
  /** Cover the vector, in order. */
  readonly stretches: readonly Stretch[];
  /** One per modality; a single one for early fusion. */
  readonly routes: readonly Route[];
  /** 1; for early fusion the number of modalities, which go in together. */
  readonly inputChannels: number;
  readonly regionCount: number;
  /** Where the learned fusion begins (`readFusion`'s layout), or null when the fusion is the plain mean. */
  readonly fusionOffset: number | null;
}

/** How modalities share a network: Dynamic Sharing, or the baselines that it is compared with. */
export type Sharing =
  /** Convolutions shared, norms per modality (the paper). */
  | 'dynamic'
  /** Everything shared. */
  | 'shared-norms'
  /** Nothing shared: one network per modality. */
  | 'separate'
  /** One pass for all: the modalities are channels of one input, absent ones zero (`earlyFusion.ts`). */
  | 'early-fusion';

/** What a sharing needs: how many engines, and for the network on each how many branches and input channels. */
export interface EngineNeeds {
  readonly engines: number;
  readonly branches: number;
  readonly inputChannels: number;
}

/** How many networks a sharing trains, with how many branches and input channels each. */
export function enginesFor(sharing: Sharing, modalityCount: number): EngineNeeds {
  return {
    engines: sharing === 'separate' ? modalityCount : 1,
    branches: sharing === 'dynamic' ? modalityCount : 1,
    inputChannels: sharing === 'early-fusion' ? modalityCount : 1,
  };
}

/** Whether one Model folder can hold what is trained: one network that sees one modality a pass. */
export function fitsModelFolder(sharing: Sharing): boolean {
  return sharing === 'dynamic' || sharing === 'shared-norms';
}

/** Number of modalities M of the data that this vector is trained on. */
export function modalityCountOf({ routes, inputChannels }: ParameterVector): number {
  return routes.length * inputChannels;
}

/**
 * Lays out the vector.
 *
 * @param engines as many as `enginesFor` says, each for the network with that many branches.
 * @param specs `parameterSpecs` of that network.
 * @param learnFusion append region weights and biases (docs/method.md) to the vector; never with early fusion.
 */
export function parameterVector(
  sharing: Sharing,
  engines: readonly NetworkEngine[],
  specs: readonly ParameterSpec[],
  modalityCount: number,
  regionCount: number,
  learnFusion = false,
): ParameterVector {
  const { inputChannels } = enginesFor(sharing, modalityCount);
  const modalities = Array.from({ length: modalityCount / inputChannels }, (_, m) => m);
  const last = specs[specs.length - 1];
  const networkLength = last.offset + last.length;
  const routes = modalities.map((m) => ({
    engine: engines[sharing === 'separate' ? m : 0],
    branch: sharing === 'dynamic' ? m : 0,
    offset: sharing === 'separate' ? m * networkLength : 0,
    length: networkLength,
  }));
  const stretches: Stretch[] =
    sharing === 'separate'
      ? routes.map(({ offset, length }, m) => ({ offset, length, modalities: [m] }))
      : joinStretches(
          specs.map(({ offset, length, modality }) => ({
            offset,
            length,
            modalities: sharing === 'dynamic' && modality !== null ? [modality] : modalities,
          })),
        );
  const networks = engines.length * networkLength;
  const fusionStretches = learnFusion ? fusionLayout(networks, modalityCount, regionCount) : [];
  return {
    length: networks + (learnFusion ? fusionLength(modalityCount, regionCount) : 0),
    stretches: [...stretches, ...fusionStretches],
    routes,
    inputChannels,
    regionCount,
    fusionOffset: learnFusion ? networks : null,
  };
}

/** Hands the parameters to every engine that runs them. */
export async function setParameters(vector: ParameterVector, parameters: Float32Array): Promise<void> {
  const done = new Set<TrainingEngine>();
  for (const { engine, offset, length } of vector.routes) {
    if (done.has(engine)) continue;
    done.add(engine);
    await engine.setParameters(parameters.subarray(offset, offset + length));
  }
}

/** A branch's logits; nothing is kept to walk backward. */
export async function routeLogits({ engine, branch }: Route, input: Tensor3): Promise<Float32Array> {
  if (engine.logits) return engine.logits(branch, input);
  const walked = await engine.forward(branch, input);
  const logits = walked.logits.slice();
  walked.release();
  return logits;
}

/** The fusion that these parameters hold. */
export function fusionOf(vector: ParameterVector, parameters: Float32Array): Fusion {
  const modalityCount = vector.routes.length;
  if (vector.fusionOffset === null) return meanFusion(modalityCount, vector.regionCount);
  return readFusion(parameters.subarray(vector.fusionOffset), modalityCount, vector.regionCount);
}

/** Which objectives touch which parameters: those with a member, on any sample, whose branch uses them. */
export function segmentsOf(vector: ParameterVector, objectives: readonly StepObjective[]): Segment[] {
  const members = objectives.map((objective) => new Set(objective.members.flat()));
  return vector.stretches.map(({ offset, length, modalities }) => ({
    offset,
    length,
    touched: members.map((set) => modalities.some((m) => set.has(m))),
  }));
}

function fusionLayout(start: number, modalityCount: number, regionCount: number): Stretch[] {
  return [0, 1].flatMap((part) =>
    Array.from({ length: modalityCount }, (_, m) => ({
      offset: start + (part * modalityCount + m) * regionCount,
      length: regionCount,
      modalities: [m],
    })),
  );
}

function joinStretches(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const stretch of stretches) {
    const before = joined[joined.length - 1];
    if (before?.modalities.join() === stretch.modalities.join()) {
      joined[joined.length - 1] = { ...before, length: before.length + stretch.length };
    } else joined.push(stretch);
  }
  return joined;
}
