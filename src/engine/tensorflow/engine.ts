/** The network on tfjs: one modality at a time, forward, and as often as asked backward. */
import * as tf from '@tensorflow/tfjs-core';
import { QuorumError } from '../../errors.js';
import type { Layer } from '../../network/layers.js';
import {
  flattenParameters,
  type ParameterSpec,
  type Parameters,
  parameterSpecs,
} from '../../network/parameters.js';
import type { Branch, InferenceEngine, Tensor3, TrainingEngine } from '../engine.js';
import {
  acquireBackend,
  type TensorflowBackend,
  type TensorflowBackendOptions,
  type TensorflowDevice,
} from './backend.js';
import { uploadParameters } from './deviceParameters.js';
import { type BranchNetwork, type ForwardPass, walkBackward, walkForward } from './walk.js';

export interface TensorflowOptions extends TensorflowBackendOptions {
  readonly device: TensorflowDevice;
  /** M, the number of branches. */
  readonly modalityCount: number;
}

/**
 * An inference engine on a tfjs backend.
 *
 * @throws QuorumError DEVICE_NOT_AVAILABLE where the device is missing, ENGINE_FAILED when it fails.
 */
export async function createTensorflowEngine(
  layers: readonly Layer[],
  parameters: Parameters,
  options: TensorflowOptions,
): Promise<InferenceEngine> {
  const network = await TensorflowNetwork.open(layers, options);
  try {
    await network.setParameters(flattenParameters(parameters, network.specs));
  } catch (error) {
    await network.dispose();
    throw error;
  }
  return {
    name: 'tensorflow',
    device: network.device,
    logits: (modality, input) => network.logits(modality, input),
    dispose: () => network.dispose(),
  };
}

/**
 * A training engine on a tfjs backend; `setParameters` comes first. New parameters release all branches.
 *
 * @throws QuorumError DEVICE_NOT_AVAILABLE where the device is missing.
 */
export async function createTensorflowTrainingEngine(
  layers: readonly Layer[],
  options: TensorflowOptions,
): Promise<TrainingEngine> {
  const network = await TensorflowNetwork.open(layers, options);
  return {
    name: 'tensorflow',
    device: network.device,
    setParameters: (parameters) => network.setParameters(parameters),
    forward: (modality, input) => network.forward(modality, input),
    dispose: () => network.dispose(),
  };
}

class TensorflowNetwork {
  readonly specs: readonly ParameterSpec[];
  private parameters: Record<string, tf.Tensor> = {};
  private readonly branches = new Set<Branch>();

  private constructor(
    private readonly layers: readonly Layer[],
    modalityCount: number,
    private readonly backend: TensorflowBackend,
  ) {
    this.specs = parameterSpecs(layers, modalityCount);
  }

  static async open(layers: readonly Layer[], options: TensorflowOptions): Promise<TensorflowNetwork> {
    const backend = await acquireBackend(options.device, options);
    return new TensorflowNetwork(layers, options.modalityCount, backend);
  }

  get device(): string {
    return this.backend.device;
  }

  async setParameters(flat: Float32Array): Promise<void> {
    this.releaseTensors();
    const { keep } = await this.backend.run(() => ({
      read: tf.scalar(0),
      keep: uploadParameters(flat, this.specs),
    }));
    this.parameters = keep;
  }

  async logits(modality: number, input: Tensor3): Promise<Float32Array> {
    const { values } = await this.backend.run(() => {
      const { activations } = walkForward(this.branch(modality), input, false);
      return { read: tf.transpose(activations.logits), keep: [] };
    });
    return values;
  }

  async forward(modality: number, input: Tensor3): Promise<Branch> {
    const network = this.branch(modality);
    const { values, keep } = await this.backend.run(() => {
      const pass = walkForward(network, input, true);
      const { logits, ...activations } = pass.activations;
      return { read: tf.transpose(logits), keep: { activations, statistics: pass.statistics } };
    });
    return this.keepBranch(network, keep, input, values);
  }

  private keepBranch(
    network: BranchNetwork,
    pass: ForwardPass,
    input: Tensor3,
    logits: Float32Array,
  ): Branch {
    const branch: Branch = {
      modality: network.modality,
      logits,
      backward: async (cotangent, gradient) => {
        if (!this.branches.has(branch)) throw released();
        const { values } = await this.backend.run(() => {
          const rows = tf.transpose(
            tf.tensor2d(cotangent, [cotangent.length / input.data.length, input.data.length]),
          );
          return { read: walkBackward(network, pass, input.shape, rows), keep: [] };
        });
        addGradient(values, gradient, network);
      },
      release: () => {
        if (this.branches.delete(branch)) tf.dispose(pass);
      },
    };
    this.branches.add(branch);
    return branch;
  }

  async dispose(): Promise<void> {
    this.releaseTensors();
    await this.backend.dispose();
  }

  private branch(modality: number): BranchNetwork {
    return {
      layers: this.layers,
      specs: this.specs,
      parameters: new Map(Object.entries(this.parameters)),
      modality,
    };
  }

  private releaseTensors(): void {
    for (const branch of this.branches) branch.release();
    tf.dispose(this.parameters);
    this.parameters = {};
  }
}

/** `values` holds the gradients of the parameters that this branch uses, one after the other. */
function addGradient(values: Float32Array, gradient: Float32Array, { specs, modality }: BranchNetwork): void {
  let position = 0;
  for (const spec of specs) {
    if (spec.modality !== null && spec.modality !== modality) continue;
    for (let i = 0; i < spec.length; i++) gradient[spec.offset + i] += values[position + i];
    position += spec.length;
  }
}

function released(): QuorumError {
  return new QuorumError({
    code: 'ENGINE_FAILED',
    field: 'branch',
    expected: 'a forward pass that is kept',
    found: 'one that was released',
  });
}
