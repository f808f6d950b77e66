/**
 * Runs the network on tfjs's WebGPU backend and prints one line of JSON. A process of its own, because Dawn may end
 * the process that it runs in, and because the Vulkan driver is chosen by the environment.
 */
import * as tf from '@tensorflow/tfjs-core';
import { acquireBackend } from '../../../src/engine/tensorflow/backend.js';
import { tensorflowDevices } from '../../../src/engine/tensorflow/devices.js';
import {
  createTensorflowEngine,
  createTensorflowTrainingEngine,
} from '../../../src/engine/tensorflow/engine.js';
import { problemOf } from '../../../src/errors.js';
import { flattenParameters } from '../../../src/network/parameters.js';
import { largestDifference, MODALITY_COUNT, readReference, relativeError } from './reference.js';

export interface WebgpuReport {
  readonly device: string;
  /** Largest difference to the reference's logits of modality 1. */
  readonly logitsToReference: number;
  /** The same of tfjs-backend-cpu, which runs at the same time on modality 2. */
  readonly cpuLogitsToReference: number;
  /** ‖a − b‖ / ‖b‖ of the gradient to tfjs-backend-cpu's, after the first and the second walk backward. */
  readonly gradientsToCpu: readonly number[];
  readonly trainingLogitsToCpu: number;
  /** Tensors left after all engines were disposed of. */
  readonly tensorsLeft: number;
  /** Error of a 5-D broadcast, which tfjs's WebGPU backend compiles to an invalid shader. */
  readonly invalidShader: string;
  readonly afterReopening: readonly number[];
  readonly lostDevice: string;
}

const reference = await readReference('ds-gmd-a');
const { layers, parameters, specs } = reference;
const options = { layers, parameters, modalityCount: MODALITY_COUNT };

/** The WebGPU engine is the one that the device list makes; both engines run at once. */
async function compareLogits() {
  const candidate = tensorflowDevices().find(({ id }) => id === 'tensorflow-webgpu')!;
  const gpu = await candidate.create(options, {});
  const cpu = await createTensorflowEngine({ ...options, device: 'cpu' });
  const [onGpu, onCpu] = await Promise.all([
    gpu.logits(1, reference.inputs[1]),
    cpu.logits(2, reference.inputs[2]),
  ]);
  await gpu.dispose();
  await cpu.dispose();
  return {
    device: gpu.device,
    logitsToReference: largestDifference(onGpu, reference.values('logits/1')),
    cpuLogitsToReference: largestDifference(onCpu, reference.values('logits/2')),
  };
}

async function gradients(device: 'cpu' | 'webgpu') {
  const engine = await createTensorflowTrainingEngine({ ...options, device });
  await engine.setParameters(flattenParameters(parameters, specs));
  const branch = await engine.forward(3, reference.inputs[3]);
  const { offset, length } = specs[specs.length - 1];
  const first = new Float32Array(offset + length);
  const second = new Float32Array(offset + length);
  await branch.backward(branch.logits, first);
  await branch.backward(
    branch.logits.map((_, i) => Math.sin(i)),
    second,
  );
  branch.release();
  await engine.dispose();
  return { logits: branch.logits, gradients: [first, second] };
}

async function compareGradients() {
  const gpu = await gradients('webgpu');
  const cpu = await gradients('cpu');
  return {
    gradientsToCpu: gpu.gradients.map((gradient, i) => relativeError(gradient, cpu.gradients[i])),
    trainingLogitsToCpu: largestDifference(gpu.logits, cpu.logits),
  };
}

async function failures() {
  const backend = await acquireBackend('webgpu');
  const code = (error: unknown): string => JSON.stringify(problemOf(error));
  const fives = () => tf.mul(tf.fill([1, 8, 8, 8, 8], 3), tf.fill([8], 2));
  const sum = () => tf.add(tf.fill([200], 1), tf.fill([200], 1));
  const invalidShader = await backend.run(() => ({ read: fives(), keep: [] })).then(() => 'none', code);
  await backend.dispose();
  const again = await acquireBackend('webgpu');
  const { values } = await again.run(() => ({ read: sum(), keep: [] }));
  (tf.backend() as unknown as { device: { destroy(): void } }).device.destroy();
  const lostDevice = await again.run(() => ({ read: sum(), keep: [] })).then(() => 'none', code);
  await again.dispose();
  return { invalidShader, afterReopening: [...new Set(values)], lostDevice };
}

const compared = { ...(await compareLogits()), ...(await compareGradients()) };
await tf.setBackend('cpu');
const tensorsLeft = tf.memory().numTensors;
const report: WebgpuReport = { ...compared, tensorsLeft, ...(await failures()) };
console.log(JSON.stringify(report));
