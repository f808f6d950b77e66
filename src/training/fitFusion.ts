import type { TrainingEngine } from '../engine/engine.js';
import { plainSample } from './augmentation.js';
import { fusionLength } from './fusion.js';
import type { TrainingVolume } from './loadCase.js';
import { subsets } from './objectives.js';
import { Adam } from './optimiser.js';
import { gradientStep, type StepSample, Workspace } from './step.js';
import { branchLogits } from './validate.js';
import { type ParameterVector, setParameters } from './vector.js';

export interface FitFusionOptions {
  /** Passes over the cases; by default so many that about 1,000 Adam steps are taken, at least 5 and at most 100. */
  readonly rounds?: number;
  /** 0.02 by default. */
  readonly learningRate?: number;
}

/**
 * Region weights and biases fitted afterwards (docs/method.md): the network stays as it is, its logits are computed once a
 * case, and the 24 numbers take Adam steps on the mean soft Dice loss of all combinations. Weights start at 1, biases
 * at 0. Fit on whole cases too: on cut-outs alone the weights for WT come out wrong.
 *
 * @param vector of the trained network, without a learned fusion.
 * @param volumes training cases; their logits are all held in memory (12 bytes a voxel and modality).
 * @returns log weights, then biases, each (modality, region): `readFusion`'s layout.
 */
export async function fitFusion(
  vector: ParameterVector,
  parameters: Float32Array,
  volumes: AsyncIterable<TrainingVolume> | Iterable<TrainingVolume>,
  { rounds, learningRate = 0.02 }: FitFusionOptions = {},
): Promise<Float32Array> {
  await setParameters(vector, parameters);
  const modalityCount = vector.routes.length;
  const engine = new RecordedLogits();
  const samples: StepSample[] = [];
  for await (const volume of volumes) {
    const sample = plainSample(volume);
    engine.record(sample, await branchLogits(vector, sample));
    samples.push(sample);
  }
  const length = fusionLength(modalityCount, vector.regionCount);
  const fusionOnly: ParameterVector = {
    length,
    stretches: [{ offset: 0, length, modalities: vector.routes.map((_, m) => m) }],
    routes: vector.routes.map((_, branch) => ({ engine, branch, offset: 0, length: 0 })),
    inputChannels: 1,
    regionCount: vector.regionCount,
    fusionOffset: 0,
  };
  const values = new Float32Array(length);
  const adam = new Adam(length);
  const workspace = new Workspace(length);
  const settings = { objectives: subsets(modalityCount), decoupling: 'mean', loss: 'dice' } as const;
  const passes = rounds ?? Math.min(100, Math.max(5, Math.ceil(1000 / samples.length)));
  for (let round = 0; round < passes; round++) {
    for (const sample of samples) {
      const { gradient, objectives } = await gradientStep(fusionOnly, values, [sample], settings, workspace);
      if (objectives.length > 0) adam.step(values, gradient, learningRate * (1 - round / passes));
    }
  }
  return values;
}

/** Gives back logits that were computed before; there is nothing to walk backward through. */
class RecordedLogits implements TrainingEngine {
  readonly name = 'wasm';
  readonly device = 'cpu';
  private readonly recorded = new Map<Float32Array, Float32Array>();

  record(sample: StepSample, logits: readonly (Float32Array | undefined)[]): void {
    sample.inputs.forEach((input, m) => {
      const own = logits[m];
      if (input && own) this.recorded.set(input.data, own);
    });
  }

  async setParameters(): Promise<void> {}

  async forward(modality: number, input: { readonly data: Float32Array }) {
    const logits = this.recorded.get(input.data)!;
    return { modality, logits, backward: async () => undefined, release: () => undefined };
  }

  async dispose(): Promise<void> {}
}
