import * as tf from '@tensorflow/tfjs-core';
import type { OpenedBackend } from './openedBackend.js';

/** tfjs's plain JavaScript backend: slow, everywhere, and what the others are checked against. */
export async function openCpu(): Promise<OpenedBackend> {
  tf.enableProdMode(); // otherwise it advertises tfjs-node on the console
  await import('@tensorflow/tfjs-backend-cpu');
  return { name: 'cpu', device: 'cpu', watch: () => async () => [], close: () => undefined };
}
