// @ts-check
/**
 * One session of onnxruntime in a thread of its own: a pass holds its thread until it is done, and several run side by side.
 * Plain JavaScript, because a thread is loaded by file name, from the sources in tests and from the build otherwise.
 */
import { parentPort, workerData } from 'node:worker_threads';

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
    const { modality, data, shape } = order;
    try {
      const result = await session.run({
        [names.input]: new Tensor('float32', data, [1, 1, ...shape]),
        [names.modality]: new Tensor('int64', BigInt64Array.of(BigInt(modality)), [1]),
      });
      const logits = /** @type {Float32Array} */ (result[names.logits].data);
      const features = /** @type {Float32Array | undefined} */ (result[names.features]?.data);
      // Copies: what onnxruntime holds itself cannot be handed over.
      const pass = { logits: logits.slice(), features: (features ?? new Float32Array(0)).slice() };
      port.postMessage({ pass }, [pass.logits.buffer, pass.features.buffer]);
    } catch (error) {
      failed(error);
    }
  });
  port.postMessage({ ready: true });
} catch (error) {
  failed(error);
}
