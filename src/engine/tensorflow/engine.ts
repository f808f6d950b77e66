/** The network on tfjs: one modality at a time, forward, and as often as asked backward. */
import * as tf from '@tensorflow/tfjs-core';
import { QuorumError } from '../../errors.js';
import { BOTTLENECK, inputChannelsOf, type Layer, SIDE_MULTIPLE } from '../../network/layers.js';
import {
  flattenParameters,
  type ParameterSpec,
  type Parameters,
  parameterSpecs,
} from '../../network/parameters.js';
import type { Branch, InferenceEngine, Pass, Tensor3, TrainingEngine } from '../engine.js';
import { acquireBackend, type TensorflowBackend, type TensorflowDevice } from './backend.js';
import { type DeviceParameters, uploadParameters } from './deviceParameters.js';
import type { TensorflowBackendOptions } from './openedBackend.js';
import { type BranchNetwork, type ForwardPass, walkBackward, walkForward } from './walk.js';

export interface TensorflowTrainingOptions extends TensorflowBackendOptions {
  readonly layers: readonly Layer[];
  /** M, the number of branches. */
  readonly modalityCount: number;
  readonly device: TensorflowDevice;
}

export interface TensorflowEngineOptions extends TensorflowTrainingOptions {
  readonly parameters: Parameters;
}

/**
 * An inference engine on a tfjs backend.
 *
 * @throws QuorumError DEVICE_NOT_AVAILABLE where the device is missing, ENGINE_FAILED when it fails.
 */
export async function createTensorflowEngine(options: TensorflowEngineOptions): Promise<InferenceEngine> {
  const network = await TensorflowNetwork.open(options);
  try {
    await network.setParameters(flattenParameters(options.parameters, network.specs));
  } catch (error) {
    await network.dispose();
    throw error;
  }
  return {
    name: 'tensorflow',
    device: network.device,
    logits: async (modality, input) => (await network.pass(modality, input)).logits,
    pass: (modality, input) => network.pass(modality, input),
    dispose: () => network.dispose(),
  };
}

/**
 * A training engine on a tfjs backend; `setParameters` comes first. New parameters release all branches.
 *
 * @throws QuorumError DEVICE_NOT_AVAILABLE where the device is missing.
 */
export async function createTensorflowTrainingEngine(
  options: TensorflowTrainingOptions,
): Promise<TrainingEngine> {
  const network = await TensorflowNetwork.open(options);
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
  private parameters: DeviceParameters = new Map();
  private readonly branches = new Set<Branch>();

  private constructor(
    private readonly options: TensorflowTrainingOptions,
    private readonly backend: TensorflowBackend,
  ) {
    this.specs = parameterSpecs(options.layers, options.modalityCount);
  }

  static async open(options: TensorflowTrainingOptions): Promise<TensorflowNetwork> {
    return new TensorflowNetwork(options, await acquireBackend(options.device, options));
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
    this.parameters = new Map(Object.entries(keep));
  }

  async pass(modality: number, input: Tensor3): Promise<Pass> {
    const network = this.branchNetwork(modality, input);
    let count = 0;
    const { values } = await this.backend.run(() => {
      const { activations } = walkForward(network, input, false);
      const logits = tf.reshape(tf.transpose(activations.logits), [-1]);
      count = logits.size;
      const bottleneck = activations[BOTTLENECK];
      const read = bottleneck ? tf.concat([logits, tf.mean(bottleneck, 0)]) : logits;
      return { read, keep: [] };
    });
    return { logits: values.subarray(0, count), features: values.slice(count) };
  }

  async forward(modality: number, input: Tensor3): Promise<Branch> {
    const network = this.branchNetwork(modality, input);
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
    const voxels = input.shape[0] * input.shape[1] * input.shape[2];
    const branch: Branch = {
      modality: network.modality,
      logits,
      backward: async (cotangent, gradient) => {
        if (!this.branches.has(branch)) throw released();
        const { values } = await this.backend.run(() => {
          const channelsFirst = tf.tensor2d(cotangent, [logits.length / voxels, voxels]);
          const read = walkBackward(network, pass, input.shape, tf.transpose(channelsFirst));
          return { read, keep: [] };
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

  /** Refuses what the walk cannot take. */
  private branchNetwork(modality: number, { data, shape }: Tensor3): BranchNetwork {
    const { layers, modalityCount } = this.options;
    if (!Number.isInteger(modality) || modality < 0 || modality >= modalityCount) {
      throw new RangeError(`modality ${modality} of ${modalityCount}`);
    }
    if (shape.some((side) => side <= 0 || side % SIDE_MULTIPLE !== 0)) {
      throw new RangeError(`sides ${shape.join(' × ')} must be multiples of ${SIDE_MULTIPLE}`);
    }
    const channels = inputChannelsOf(layers);
    if (data.length !== channels * shape[0] * shape[1] * shape[2]) {
      throw new RangeError(`${data.length} values given for ${channels} × ${shape.join(' × ')}`);
    }
    if (this.parameters.size === 0) throw new RangeError('no parameters have been set');
    return { layers, specs: this.specs, parameters: this.parameters, modality };
  }

  private releaseTensors(): void {
    for (const branch of this.branches) branch.release();
    for (const tensor of this.parameters.values()) tensor.dispose();
    this.parameters = new Map();
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
