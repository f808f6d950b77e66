/** The authors' numbers (`test/reference`) as the tests here use them. */
import { fileURLToPath } from 'node:url';
import type { Tensor3, TrainingEngine } from '../../../src/engine/engine.js';
import { buildLayers, type Layer } from '../../../src/network/layers.js';
import {
  type ParameterSpec,
  type Parameters,
  parameterSpecs,
  takeParameters,
} from '../../../src/network/parameters.js';
import { readSafetensors, type StoredTensor } from '../../../src/network/safetensors.js';
import { lossOf, type Target } from '../../../src/training/losses.js';
import { type Members, subsets } from '../../../src/training/objectives.js';

export const MODALITY_COUNT = 4;
export const REGION_COUNT = 3;
export const SINGLES: readonly Members[] = [[0], [1], [2], [3]];
export const SUBSETS: readonly Members[] = subsets(MODALITY_COUNT);

export interface Reference {
  readonly layers: readonly Layer[];
  readonly specs: readonly ParameterSpec[];
  readonly parameters: Parameters;
  /** One volume per modality. */
  readonly inputs: readonly Tensor3[];
  readonly target: Target;
  /** The values of any other tensor in the file. */
  values(name: string): number[];
}

export async function readReference(name: 'ds-gmd-a' | 'ds-gmd-conflict'): Promise<Reference> {
  const file = fileURLToPath(new URL(`../../reference/${name}.safetensors`, import.meta.url));
  const { tensors } = await readSafetensors(file);
  const layers = buildLayers(0.25);
  const input = floats(tensors, 'input');
  const voxels = 16 ** 3;
  return {
    layers,
    specs: parameterSpecs(layers, MODALITY_COUNT),
    parameters: takeParameters(tensors, layers, MODALITY_COUNT, { prefix: 'param/' }),
    inputs: Array.from({ length: MODALITY_COUNT }, (_, m) => ({
      data: Float32Array.from(input.slice(m * voxels, (m + 1) * voxels)),
      shape: [16, 16, 16],
    })),
    target: { regions: Uint8Array.from(floats(tensors, 'target')), known: null },
    values: (key) => floats(tensors, key),
  };
}

function floats(tensors: ReadonlyMap<string, StoredTensor>, name: string): number[] {
  return Array.from(tensors.get(name)!.data as Float32Array | Float64Array);
}

/** z_S = mean of the members' logits. */
export function meanLogits(logits: readonly Float32Array[], members: Members): Float32Array {
  return logits[0].map((_, i) => members.reduce((sum, m) => sum + logits[m][i], 0) / members.length);
}

/** Loss and whole gradient of every objective: one forward per modality, one backward per member. */
export async function objectiveGradients(
  engine: TrainingEngine,
  reference: Reference,
  objectives: readonly Members[],
): Promise<{ losses: number[]; gradients: Float32Array[] }> {
  const branches = [];
  for (let m = 0; m < MODALITY_COUNT; m++) branches.push(await engine.forward(m, reference.inputs[m]));
  const { offset, length } = reference.specs[reference.specs.length - 1];
  const losses: number[] = [];
  const gradients: Float32Array[] = [];
  for (const members of objectives) {
    const fused = meanLogits(
      branches.map((branch) => branch.logits),
      members,
    );
    const { value, cotangent } = lossOf('dice', fused, reference.target, REGION_COUNT);
    const gradient = new Float32Array(offset + length);
    for (const m of members) {
      await branches[m].backward(
        cotangent.map((c) => c / members.length),
        gradient,
      );
    }
    losses.push(value);
    gradients.push(gradient);
  }
  for (const branch of branches) branch.release();
  return { losses, gradients };
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} values against ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** Convolutions before a normalisation with one channel per group: their bias has no effect. */
export function biasesWithoutEffect(layers: readonly Layer[]): Set<string> {
  const names = new Set<string>();
  layers.forEach((layer, i) => {
    const next = layers[i + 1];
    if (layer.kind === 'convolution' && next?.kind === 'normalisation' && next.channels === next.groups) {
      names.add(`${layer.name}.bias`);
    }
  });
  return names;
}
