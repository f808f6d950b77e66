/** tfjs's WebGPU backend on Dawn (npm `webgpu`), which gives a present-day GPU to a plain Node process. */
import * as tf from '@tensorflow/tfjs-core';
import { isQuorumError } from '../../errors.js';
import type { OpenedBackend } from './openedBackend.js';
import { loadDawn, webGpuMissing } from './packages.js';

/** The limits that tfjs's own initialisation asks for. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/** `@types/node` for Node 20 knows no `navigator`; Node itself has one since 21. */
const root = globalThis as typeof globalThis & { navigator: { gpu?: GPU } };

const SCOPES = ['validation', 'out-of-memory', 'internal'] as const;

/** @throws QuorumError DEVICE_NOT_AVAILABLE without the `webgpu` package or without an adapter. */
export async function openWebGpu(): Promise<OpenedBackend> {
  await exposeDawn();
  try {
    const adapter = await requestAdapter();
    const device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
    });
    await registerBackend(device, adapter.info);
    return { name: 'webgpu', device: `webgpu (${adapterName(adapter.info)})`, ...supervise(device) };
  } catch (error) {
    concealDawn();
    if (isQuorumError(error)) throw error;
    throw webGpuMissing(error instanceof Error ? error.message : String(error), error);
  }
}

/** tfjs looks for WebGPU's constants among the globals and for the entry point in `navigator.gpu`. */
async function exposeDawn(): Promise<void> {
  const dawn = await loadDawn();
  Object.assign(globalThis, dawn.globals);
  const navigator = Object.create(root.navigator ?? null, {
    gpu: { value: dawn.create([]), configurable: true },
  });
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
}

/** Dawn keeps the process alive for as long as its entry point is reachable. */
function concealDawn(): void {
  delete root.navigator?.gpu;
}

async function requestAdapter(): Promise<GPUAdapter> {
  const adapter = await root.navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw webGpuMissing('no adapter');
  return adapter;
}

async function registerBackend(device: GPUDevice, info: GPUAdapterInfo): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  // Importing it registers a device of tfjs's own making, whose errors could not be watched.
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, info));
  if (!(await tf.setBackend('webgpu'))) throw webGpuMissing('tfjs could not initialise its WebGPU backend');
}

/** Dawn gives the GPU's name as `device` and its driver with version as `description`. */
function adapterName({ description, device, architecture, vendor }: GPUAdapterInfo): string {
  return [device, description].filter(Boolean).join(', ') || architecture || vendor || 'unnamed adapter';
}

/** Collects every error of the device: those within a watched computation, those outside any, and its loss. */
function supervise(device: GPUDevice): Pick<OpenedBackend, 'watch' | 'close'> {
  const failures: string[] = [];
  let closing = false;
  device.addEventListener('uncapturederror', (event) => failures.push(event.error.message));
  void device.lost.then(({ reason, message }) => {
    if (!closing) failures.push(`device lost (${reason}): ${message}`);
  });
  return {
    watch: () => {
      for (const scope of SCOPES) device.pushErrorScope(scope);
      return async () => {
        const caught = await Promise.all(SCOPES.map(() => device.popErrorScope()));
        return [...caught.flatMap((error) => (error ? [error.message] : [])), ...failures];
      };
    },
    close: () => {
      closing = true;
      tf.removeBackend('webgpu');
      device.destroy();
      concealDawn();
    },
  };
}
