import { networkOf } from '../engine/devices/deviceCandidate.js';
import { selectEngine } from '../engine/devices/selectEngine.js';
import { QuorumError } from '../errors.js';
import { openModel } from '../model/model.js';
import { type EngineOpener, wasmTraining } from '../training/prepareRun.js';

export interface TrainingDeviceOptions {
  /** CPU threads; all by default. */
  readonly threads?: number;
  /** Folder in which verdicts on GPUs are kept. */
  readonly verdictFolder: string;
}

/** Devices that can train beside the CPU: their ids among the devices, and what tfjs calls them. */
const GPU_DEVICES = { 'tensorflow-node-gpu': 'tfjs-node-gpu', 'tensorflow-webgpu': 'webgpu' } as const;

/**
 * How to open the engine for training: the project's own kernels for `cpu`, else a GPU by tfjs once it has passed its
 * self-test with the present driver.
 *
 * @throws QuorumError DEVICE_NOT_AVAILABLE for any other device or an absent one, DEVICE_REJECTED with the self-test's reason.
 */
export async function trainingEngine(
  device: string,
  { threads, verdictFolder }: TrainingDeviceOptions,
): Promise<EngineOpener> {
  const options = threads === undefined ? {} : { threads };
  if (device === 'cpu') return wasmTraining(options);
  if (!isGpu(device)) {
    const expected = ['cpu', ...Object.keys(GPU_DEVICES)].join(', ');
    throw new QuorumError({ code: 'DEVICE_NOT_AVAILABLE', field: 'device', expected, found: device });
  }
  const network = networkOf(await openModel());
  const { engine: tested } = await selectEngine(network, device, { verdictFolder, ...options });
  await tested.dispose();
  const { createTensorflowTrainingEngine } = await import('../engine/tensorflow/engine.js');
  return async (layers, modalityCount) => ({
    engine: await createTensorflowTrainingEngine({ layers, modalityCount, device: GPU_DEVICES[device] }),
    memory: null,
  });
}

function isGpu(device: string): device is keyof typeof GPU_DEVICES {
  return device in GPU_DEVICES;
}
