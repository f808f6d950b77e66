import type { InferenceEngine, Tensor3 } from '../engine/engine.js';
import { QuorumError } from '../errors.js';
import type { ModelDescription } from '../model/schema.js';

/** Passes of the network that a modality takes. */
export const passesPerModality = ({ patch }: ModelDescription): number => (patch.mirrored ? 2 : 1);

/**
 * A modality's logits on a tensor: of one pass, or the mean of two, the second on the image mirrored left to right and its
 * logits mirrored back (test-time augmentation by mirroring, as in nnU-Net: Isensee et al., Nature Methods 2021).
 *
 * @param modality index into the model's modality list.
 * @param input (D, H, W), D along the patient's left-right axis.
 * @param mirrored whether there is a second pass.
 * @param beside how many modalities' passes are run side by side.
 * @returns (regions, D, H, W), C order.
 * @throws QuorumError CANCELLED between the passes, ENGINE_FAILED from the engine.
 */
export async function modalityLogits(
  engine: InferenceEngine,
  modality: number,
  input: Tensor3,
  mirrored: boolean,
  signal?: AbortSignal,
  beside = 1,
): Promise<Float32Array> {
  const logits = await engine.logits(modality, input, beside);
  if (!mirrored) return logits;
  if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
  const { data, shape } = input;
  const other = await engine.logits(modality, { data: mirror(data, shape), shape }, beside);
  const back = mirror(other, shape);
  return logits.map((value, v) => (value + back[v]) / 2);
}

/** Volumes (…, D, H, W) with D reversed. */
function mirror(volumes: Float32Array, [depth, height, width]: Tensor3['shape']): Float32Array {
  const plane = height * width;
  const result = new Float32Array(volumes.length);
  for (let start = 0; start < volumes.length; start += depth * plane) {
    for (let d = 0; d < depth; d++) {
      const from = start + (depth - 1 - d) * plane;
      result.set(volumes.subarray(from, from + plane), start + d * plane);
    }
  }
  return result;
}
