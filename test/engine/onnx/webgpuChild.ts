/**
 * Runs the network on onnxruntime's WebGPU provider and prints one line of JSON. A process of its own, because a
 * driver may end the process that it runs in, and because the Vulkan driver is chosen by the environment.
 */
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { buildLayers } from '../../../src/network/layers.js';
import { takeParameters } from '../../../src/network/parameters.js';
import { readSafetensors } from '../../../src/network/safetensors.js';

export interface OnnxWebgpuReport {
  readonly device: string;
  /** Largest difference to the reference's logits, per modality. */
  readonly toReference: readonly number[];
  /** Largest difference to the CPU for 32 × 16 × 48 voxels. */
  readonly toCpu: number;
}

const VOXELS = 16 ** 3;
const file = await readSafetensors(new URL('../../reference/ds-gmd-a.safetensors', import.meta.url).pathname);
const layers = buildLayers(0.25);
const network = {
  parameters: takeParameters(file.tensors, layers, 4, { prefix: 'param/' }),
  layers,
  modalityCount: 4,
};
const values = (name: string) => file.tensors.get(name)!.data as Float32Array;
const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);

const gpu = await createOnnxEngine({ ...network, device: 'webgpu' });
const cpu = await createOnnxEngine({ ...network, device: 'cpu' });
const toReference: number[] = [];
for (let m = 0; m < 4; m++) {
  const data = values('input').subarray(m * VOXELS, (m + 1) * VOXELS);
  const logits = await gpu.logits(m, { data, shape: [16, 16, 16] });
  toReference.push(largestDifference(logits, values(`logits/${m}`)));
}
const wide = {
  data: Float32Array.from({ length: 32 * 16 * 48 }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011)),
  shape: [32, 16, 48] as const,
};
const toCpu = largestDifference(await gpu.logits(2, wide), await cpu.logits(2, wide));
const report: OnnxWebgpuReport = { device: gpu.device, toReference, toCpu };
await gpu.dispose();
await cpu.dispose();
console.log(JSON.stringify(report));
