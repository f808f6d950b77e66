import { describe, expect, it } from 'vitest';
import type { InferenceEngine, Tensor3 } from '../../src/engine/engine.js';
import { modalityLogits } from '../../src/segment/mirroredPass.js';

const SHAPE = [4, 2, 3] as const;
const PLANE = 6;
const input: Tensor3 = { data: Float32Array.from({ length: 24 }, (_, v) => v + 1), shape: SHAPE };

/** Two regions; a voxel's logit is its value times its place along D counted from 1, in the second region negative. */
function placeEngine(seen: Tensor3[]): InferenceEngine {
  const logits = async (_modality: number, { data, shape }: Tensor3) => {
    seen.push({ data, shape });
    const one = data.map((value, v) => value * (Math.floor(v / PLANE) + 1));
    return Float32Array.from([...one, ...one.map((value) => -value)]);
  };
  return {
    name: 'onnx',
    device: 'test',
    logits,
    pass: async (modality, tensor) => ({
      logits: await logits(modality, tensor),
      features: new Float32Array(),
    }),
    dispose: async () => undefined,
  };
}

describe('the passes of one modality', () => {
  it('are one where the model does not mirror, its logits as they are', async () => {
    const seen: Tensor3[] = [];
    const logits = await modalityLogits(placeEngine(seen), 0, input, false);
    expect(seen).toHaveLength(1);
    expect(logits[23]).toBe(24 * 4);
  });

  it('are two where it does: places from the left and from the right average out', async () => {
    const seen: Tensor3[] = [];
    const logits = await modalityLogits(placeEngine(seen), 0, input, true);
    // x·(d + 1) of the one pass and x·(4 − d) of the other: their mean is x·2.5 everywhere.
    const expected = input.data.map((value) => 2.5 * value);
    expect([...logits]).toEqual([...expected, ...expected.map((value) => -value)]);
    expect([...seen[1].data.subarray(0, PLANE)]).toEqual([19, 20, 21, 22, 23, 24]);
  });

  it('end between the two when cancelled', async () => {
    const seen: Tensor3[] = [];
    const controller = new AbortController();
    const engine = placeEngine(seen);
    const cancelling: InferenceEngine = {
      ...engine,
      logits: (modality, tensor) => {
        controller.abort();
        return engine.logits(modality, tensor);
      },
    };
    await expect(modalityLogits(cancelling, 0, input, true, controller.signal)).rejects.toMatchObject({
      problem: { code: 'CANCELLED' },
    });
    expect(seen).toHaveLength(1);
  });
});
