// @ts-check
/** Plain JavaScript, because onnxThread.js is. */

/**
 * One pass of a session, whichever thread it stands in. What it gives may lie in onnxruntime's own memory.
 *
 * @param {Pick<typeof import('onnxruntime-node'), 'Tensor'>} runtime
 * @param {import('onnxruntime-node').InferenceSession} session
 * @param {typeof import('../../network/onnxGraph.js').ONNX_NAMES} names
 * @param {number} modality
 * @param {import('../engine.js').Tensor3} input
 * @returns {Promise<import('../engine.js').Pass>}
 */
export async function runPass({ Tensor }, session, names, modality, { data, shape }) {
  const result = await session.run({
    [names.input]: new Tensor('float32', data, [1, 1, ...shape]),
    [names.modality]: new Tensor('int64', BigInt64Array.of(BigInt(modality)), [1]),
  });
  const logits = /** @type {Float32Array} */ (result[names.logits].data);
  const features = /** @type {Float32Array | undefined} */ (result[names.features]?.data);
  return { logits, features: features ?? new Float32Array(0) };
}
