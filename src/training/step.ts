import type { Branch, Tensor3 } from '../engine/engine.js';
import {
  type Decoupling,
  type GramMatrices,
  gramMatrices,
  type Indicators,
  indicatorsOf,
  mergeGradients,
  projectionCoefficients,
} from './decouple.js';
import { addBranchCotangent, addFusionGradient, type Fusion, fuse, type SeenBits, seenBy } from './fusion.js';
import { addSums, type LossName, type LossSums, lossOf, lossSums, type Target } from './losses.js';
import { type Members, restrictObjectives, type StepObjective } from './objectives.js';
import { fusionOf, type ParameterVector, routeLogits, segmentsOf } from './vector.js';

/** One training example: what the network sees, and what it should say. All on one (D, H, W) grid. */
export interface StepSample {
  /** Per modality the normalised volume, or null where the sample lacks it. */
  readonly inputs: readonly (Tensor3 | null)[];
  readonly target: Target;
}

export interface StepSettings {
  readonly objectives: readonly Members[];
  readonly decoupling: Decoupling;
  readonly loss: LossName;
  /** With `mean`: compute every objective's gradient all the same, to see norms and cosines; costs as much as GMD. */
  readonly indicators?: boolean;
}

export interface StepResult {
  readonly objectives: readonly StepObjective[];
  /** Per objective, averaged over the samples that take part in it. */
  readonly losses: readonly number[];
  /** The merged gradient. Valid until the next step with the same workspace. */
  readonly gradient: Float32Array;
  /** Null for a mean-loss step, which has no gradients per objective. */
  readonly gram: GramMatrices | null;
  readonly indicators: Indicators | null;
}

/** Vectors that an engine's kernels reach without a copy (the wasm engine's `PoolVectors`). */
export interface VectorMemory {
  create(length: number): Float32Array;
  release(vector: Float32Array): void;
  /** Dot products in double precision. */
  dots(pairs: readonly (readonly [Float32Array, Float32Array])[]): Promise<Float64Array>;
}

/** Gradient vectors that are kept from step to step. */
export class Workspace {
  readonly merged: Float32Array;
  private readonly vectors: Float32Array[] = [];

  /** @param memory where the vectors lie; ordinary memory when null. */
  constructor(
    private readonly length: number,
    private readonly memory: VectorMemory | null = null,
  ) {
    this.merged = new Float32Array(length);
  }

  /** `count` vectors of zeros. */
  zeros(count: number): Float32Array[] {
    while (this.vectors.length < count) {
      this.vectors.push(this.memory?.create(this.length) ?? new Float32Array(this.length));
    }
    return this.vectors.slice(0, count).map((vector) => vector.fill(0));
  }

  /** All dot products of these vectors (row-major) by the engine's kernels; null in ordinary memory. */
  async products(vectors: readonly Float32Array[]): Promise<Float64Array | null> {
    if (!this.memory) return null;
    const size = vectors.length;
    const pairs = vectors.flatMap((x, j) => vectors.slice(j).map((y) => [x, y] as const));
    const dots = await this.memory.dots(pairs);
    const products = new Float64Array(size * size);
    for (let j = 0, at = 0; j < size; j++) {
      for (let k = j; k < size; k++, at++) {
        products[j * size + k] = dots[at];
        products[k * size + j] = dots[at];
      }
    }
    return products;
  }

  /** Gives the engine's memory back. */
  release(): void {
    for (const vector of this.vectors.splice(0)) this.memory?.release(vector);
  }
}

/**
 * Losses and merged gradient of one step. Each modality of a sample goes forward once; since z_S is linear in the
 * z_m, G_S = Σ_{m∈S} J_mᵀ(∂L_S/∂z_S · share of m), and the mean loss needs one walk backward per modality.
 *
 * @param vector layout; its engines hold `parameters` already (`setParameters`).
 * @param samples the batch; a sample that lacks modalities takes part as docs/method.md says.
 * @throws QuorumError as the engine does.
 */
export async function gradientStep(
  vector: ParameterVector,
  parameters: Float32Array,
  samples: readonly StepSample[],
  settings: StepSettings,
  workspace: Workspace,
): Promise<StepResult> {
  const available = samples.map(({ inputs }) => inputs.flatMap((input, m) => (input ? [m] : [])));
  const objectives = restrictObjectives(settings.objectives, available);
  const separate = settings.decoupling !== 'mean' || settings.indicators === true;
  const gradients = workspace.zeros(separate ? objectives.length : 1);
  const fusion = fusionOf(vector, parameters);
  const batch =
    settings.loss === 'batch-dice+cross-entropy' && samples.length > 1
      ? await batchSums(vector, fusion, samples, objectives)
      : null;
  const losses = new Array<number>(objectives.length).fill(0);
  for (let index = 0; index < samples.length; index++) {
    const tasks = tasksOf(objectives, index, separate, batch !== null);
    const seen = seenBy(samples[index].inputs);
    const branches = await forwardAll(vector, samples[index], tasks);
    try {
      for (const gradient of new Set(tasks.map((task) => task.gradient))) {
        const own = tasks.filter((task) => task.gradient === gradient);
        const context = {
          batch,
          vector,
          branches,
          fusion,
          seen,
          target: samples[index].target,
          loss: settings.loss,
        };
        const values = await addGradients(context, own, gradients[gradient]);
        own.forEach(({ objective, lossWeight }, i) => {
          losses[objective] += lossWeight * values[i];
        });
      }
    } finally {
      for (const branch of branches) branch?.release();
    }
  }
  if (!separate) return { objectives, losses, gradient: gradients[0], gram: null, indicators: null };
  const segments = segmentsOf(vector, objectives);
  const gram = gramMatrices(gradients, segments, await workspace.products(gradients));
  const coefficients = projectionCoefficients(settings.decoupling, gram);
  mergeGradients(settings.decoupling, coefficients, gradients, segments, workspace.merged);
  const indicators = indicatorsOf(settings.decoupling, gram, coefficients);
  return { objectives, losses, gradient: workspace.merged, gram, indicators };
}

/** One objective on one sample. */
interface Task {
  readonly objective: number;
  readonly members: Members;
  /** Which gradient vector it adds to, and with which weight. */
  readonly gradient: number;
  readonly weight: number;
  /** 1 / number of samples that take part in the objective. */
  readonly lossWeight: number;
}

interface StepContext {
  /** Per objective the sums of the whole batch; null where every sample has a loss of its own. */
  readonly batch: readonly LossSums[] | null;
  readonly vector: ParameterVector;
  /** By modality; undefined where no task needs it. */
  readonly branches: readonly (Branch | undefined)[];
  readonly fusion: Fusion;
  readonly seen: SeenBits;
  readonly target: Target;
  readonly loss: LossName;
}

/**
 * Per objective the sums of the batch's losses: a look at the logits of every sample before any is walked backward. So the network
 * goes forward twice; holding all branches instead would take the batch's size in memory.
 */
async function batchSums(
  vector: ParameterVector,
  fusion: Fusion,
  samples: readonly StepSample[],
  objectives: readonly StepObjective[],
): Promise<LossSums[]> {
  const sums: LossSums[][] = objectives.map(() => []);
  for (const [index, { inputs, target }] of samples.entries()) {
    const needed = new Set(objectives.flatMap(({ members }) => members[index]));
    const seen = seenBy(inputs);
    const logits: (Float32Array | undefined)[] = [];
    for (const [m, route] of vector.routes.entries())
      logits.push(needed.has(m) ? await routeLogits(route, inputs[m]!) : undefined);
    objectives.forEach(({ members }, j) => {
      if (members[index].length === 0) return;
      const fused = fuse(fusion, members[index], logits, seen);
      sums[j].push(lossSums(fused, target, vector.regionCount));
    });
  }
  return sums.map((own) => addSums(own, vector.regionCount));
}

function tasksOf(
  objectives: readonly StepObjective[],
  sample: number,
  separate: boolean,
  ofBatch: boolean,
): Task[] {
  return objectives.flatMap(({ members }, objective) => {
    if (members[sample].length === 0) return [];
    const lossWeight = 1 / members.filter((set) => set.length > 0).length;
    return {
      objective,
      members: members[sample],
      gradient: separate ? objective : 0,
      // A batch's loss is one: its gradient is the sum over the samples, not their mean.
      weight: (ofBatch ? 1 : lossWeight) / (separate ? 1 : objectives.length),
      lossWeight,
    };
  });
}

/** Branches of the modalities that any task needs, by modality. */
async function forwardAll(
  vector: ParameterVector,
  sample: StepSample,
  tasks: readonly Task[],
): Promise<(Branch | undefined)[]> {
  const needed = new Set(tasks.flatMap((task) => task.members));
  const branches: (Branch | undefined)[] = [];
  for (let m = 0; m < vector.routes.length; m++) {
    const { engine, branch } = vector.routes[m];
    branches.push(needed.has(m) ? await engine.forward(branch, sample.inputs[m]!) : undefined);
  }
  return branches;
}

/**
 * Adds these tasks' gradients to `gradient`, walking each branch backward once from the sum of what they ask of it.
 *
 * @returns the tasks' losses.
 */
async function addGradients(
  { vector, branches, fusion, seen, target, loss, batch }: StepContext,
  tasks: readonly Task[],
  gradient: Float32Array,
): Promise<number[]> {
  const logits = branches.map((branch) => branch?.logits);
  const cotangents = new Map<number, Float32Array>();
  const losses = tasks.map(({ objective, members, weight }) => {
    const fused = fuse(fusion, members, logits, seen);
    const { value, cotangent } = lossOf(loss, fused, target, vector.regionCount, batch?.[objective]);
    for (const m of members) {
      if (!cotangents.has(m)) cotangents.set(m, new Float32Array(fused.length));
      addBranchCotangent(fusion, members, m, seen, cotangent, weight, cotangents.get(m)!);
    }
    if (vector.fusionOffset !== null) {
      const tail = gradient.subarray(vector.fusionOffset);
      addFusionGradient(fusion, members, logits, seen, fused, cotangent, weight, tail);
    }
    return value;
  });
  for (const [m, cotangent] of cotangents) {
    const { offset, length } = vector.routes[m];
    await branches[m]!.backward(cotangent, gradient.subarray(offset, offset + length));
  }
  return losses;
}
