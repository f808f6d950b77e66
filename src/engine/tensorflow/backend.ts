/** tfjs's backends: opened once however many engines use them, every computation watched for what it hides. */
import * as tf from '@tensorflow/tfjs-core';
import { QuorumError } from '../../errors.js';
import { openCpu } from './cpu.js';
import { openNodeGpu } from './nodeGpu.js';
import type { OpenedBackend, TensorflowBackendOptions } from './openedBackend.js';
import { openWebGpu } from './webgpu.js';

/** `cpu` is tfjs's plain JavaScript backend: for checks, not for use. */
export type TensorflowDevice = 'cpu' | 'webgpu' | 'tfjs-node-gpu';

/** A tfjs backend in use. Several may be open at once: `run` makes its own the current one. */
export interface TensorflowBackend {
  readonly device: string;
  /**
   * Runs tfjs operations, reads one tensor and keeps others; everything else is freed.
   *
   * @param compute synchronous; `read` is read and disposed of, tensors in `keep` are the caller's to dispose of.
   * @throws QuorumError ENGINE_FAILED when tfjs or the device reports any error, or a value read is not finite.
   */
  run<K extends tf.TensorContainer>(
    compute: () => { read: tf.Tensor; keep: K },
  ): Promise<{ values: Float32Array; keep: K }>;
  /** Call once when done; the last user's call closes the device. */
  dispose(): Promise<void>;
}

const open: Record<TensorflowDevice, (options: TensorflowBackendOptions) => Promise<OpenedBackend>> = {
  cpu: openCpu,
  webgpu: openWebGpu,
  'tfjs-node-gpu': openNodeGpu,
};

const inUse = new Map<TensorflowDevice, { users: number; opened: Promise<OpenedBackend> }>();

/**
 * Opens a backend, or joins those who use it already.
 *
 * @throws QuorumError DEVICE_NOT_AVAILABLE with the reason.
 */
export async function acquireBackend(
  device: TensorflowDevice,
  options: TensorflowBackendOptions = {},
): Promise<TensorflowBackend> {
  const entry = inUse.get(device) ?? { users: 0, opened: open[device](options) };
  inUse.set(device, entry);
  entry.users++;
  const leave = (): boolean => {
    const last = --entry.users === 0;
    if (last) inUse.delete(device);
    return last;
  };
  let opened: OpenedBackend;
  try {
    opened = await entry.opened;
  } catch (error) {
    leave();
    throw error;
  }
  let disposed = false;
  return {
    device: opened.device,
    run: (compute) => runWatched(opened, compute),
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      if (leave()) opened.close();
    },
  };
}

async function runWatched<K extends tf.TensorContainer>(
  opened: OpenedBackend,
  compute: () => { read: tf.Tensor; keep: K },
): Promise<{ values: Float32Array; keep: K }> {
  const { read, keep, reading, errors } = start(opened, compute);
  try {
    const [values, messages] = await Promise.allSettled([reading, errors]);
    if (messages.status === 'rejected') throw engineFailed(opened, messages.reason);
    if (messages.value.length > 0) throw engineFailed(opened, messages.value.join('; '));
    if (values.status === 'rejected') throw engineFailed(opened, values.reason);
    const data = values.value as Float32Array;
    if (!data.every(Number.isFinite)) throw engineFailed(opened, 'a value that is not finite');
    return { values: data, keep };
  } catch (error) {
    tf.dispose(keep);
    throw error;
  } finally {
    read.dispose();
  }
}

/** The synchronous part: nothing else can make another backend the current one meanwhile. */
function start<K extends tf.TensorContainer>(
  opened: OpenedBackend,
  compute: () => { read: tf.Tensor; keep: K },
): { read: tf.Tensor; keep: K; reading: Promise<unknown>; errors: Promise<string[]> } {
  void tf.setBackend(opened.name); // synchronous for a backend that is initialised
  const stop = opened.watch();
  try {
    const { read, keep } = tf.tidy(() => compute() as tf.TensorContainerObject) as {
      read: tf.Tensor;
      keep: K;
    };
    return { read, keep, reading: read.data(), errors: stop() };
  } catch (error) {
    stop().catch(() => undefined);
    throw engineFailed(opened, error);
  }
}

function engineFailed({ device }: OpenedBackend, reason: unknown): QuorumError {
  const found = reason instanceof Error ? reason.message : String(reason);
  return new QuorumError({ code: 'ENGINE_FAILED', field: `tensorflow ${device}`, found }, { cause: reason });
}
