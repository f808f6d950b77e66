// @ts-check
/**
 * One session of onnxruntime in a thread of its own: a pass holds its thread until it is done, and several run side by side.
 * Plain JavaScript, because a thread is loaded by file name, from the sources in tests and from the build otherwise.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runPass } from './runPass.js';

/** @type {import('./threadSession.js').ThreadSetup} */
const { model, options, names } = workerData;
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

/** @param {unknown} error */
const failed = (error) =>
  port.postMessage({ failure: error instanceof Error ? error.message : String(error) });

try {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  // onnxruntime reads no shared memory.
  const session = await InferenceSession.create(Uint8Array.from(new Uint8Array(model)), options);
  port.on('message', async (/** @type {import('./threadSession.js').ThreadOrder} */ order) => {
    if (order.kind === 'release') {
      await session.release();
      port.close();
      return;
    }
    try {
      const { logits, features } = await runPass({ Tensor }, session, names, order.modality, order);
      // Copies: what onnxruntime holds itself cannot be handed over.
      const pass = { logits: logits.slice(), features: features.slice() };
      port.postMessage({ pass }, [pass.logits.buffer, pass.features.buffer]);
    } catch (error) {
      failed(error);
    }
  });
  port.postMessage({ ready: true });
} catch (error) {
  failed(error);
}
