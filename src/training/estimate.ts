import { inputChannelsOf, type Layer } from '../network/layers.js';
import type { Shape3 } from './loadCase.js';
import { chooseObjectives } from './objectives.js';
import { randomStream } from './random.js';
import { gradientStep, Workspace } from './step.js';
import type { TrainingJob } from './trainer.js';
import { setParameters } from './vector.js';

/** What a run will take, found out before it starts. */
export interface TrainingEstimate {
  /** One step on this machine, measured. */
  readonly secondsPerStep: number;
  /** All steps, without validation. */
  readonly seconds: number;
  /** Parameters, moments, gradients and the activations of the largest sample seen; without the cases. */
  readonly bytes: number;
}

/** Steps that are measured at most, after one to warm up: data sets differ in how large their samples are. */
const MEASURED = 4;

/** Measures a few steps of a job without changing anything, and adds up the memory of the largest. */
export async function estimateTraining(
  job: TrainingJob,
  layers: readonly Layer[],
): Promise<TrainingEstimate> {
  const { plan, vector, source, initial } = job;
  const inputs = vector.routes.length;
  const workspace = new Workspace(vector.length, job.memory);
  const measured = Math.min(MEASURED, plan.steps);
  let seconds = 0;
  let largest = 0;
  for (let round = 0; round <= measured; round++) {
    const started = performance.now();
    const sample = await source.draw(randomStream(plan.seed, 0, round));
    await setParameters(vector, initial);
    const objectives = chooseObjectives(plan.objectives, inputs, randomStream(plan.seed, round));
    await gradientStep(vector, initial, [sample], { ...plan, objectives, indicators: false }, workspace);
    if (round > 0) seconds += (performance.now() - started) / 1000;
    const activations = sample.inputs.map((input) => (input ? activationBytes(layers, input.shape) : 0));
    largest = Math.max(
      largest,
      activations.reduce((sum, bytes) => sum + bytes, 0),
    );
  }
  workspace.release();
  const objectiveCount =
    plan.decoupling === 'mean' ? 1 : chooseObjectives(plan.objectives, inputs, randomStream(0)).length;
  const vectors = 4 + 1 + objectiveCount;
  const secondsPerStep = (seconds / measured) * plan.batch;
  const bytes = 4 * vector.length * vectors + largest;
  return { secondsPerStep, seconds: secondsPerStep * plan.steps, bytes };
}

/**
 * Bytes of all activations of one branch in single precision, the most that an engine can keep of it.
 *
 * @param shape (D, H, W) of the input.
 */
export function activationBytes(layers: readonly Layer[], shape: Shape3): number {
  const voxels = shape[0] * shape[1] * shape[2];
  const scale = new Map([['input', 1]]);
  let values = inputChannelsOf(layers) * voxels;
  for (const layer of layers) {
    const from = scale.get('inputs' in layer ? layer.inputs[0] : layer.input)!;
    const factor = layer.kind === 'maxPool' ? 1 / 8 : layer.kind === 'upsample' ? 8 : 1;
    scale.set(layer.output, from * factor);
    values += outputChannels(layer) * voxels * from * factor;
  }
  return 4 * values;
}

function outputChannels(layer: Layer): number {
  if (layer.kind === 'convolution') return layer.outChannels;
  return layer.kind === 'concatenate' ? layer.channels[0] + layer.channels[1] : layer.channels;
}
