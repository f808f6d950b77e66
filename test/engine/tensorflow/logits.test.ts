import { describe, expect, it } from 'vitest';
import { createTensorflowEngine } from '../../../src/engine/tensorflow/engine.js';
import { largestDifference, MODALITY_COUNT, meanLogits, readReference, SUBSETS } from './reference.js';

describe.each(['ds-gmd-a', 'ds-gmd-conflict'] as const)('logits on tfjs-backend-cpu, %s', (name) => {
  it('four passes give the reference logits of all 15 combinations', async () => {
    const reference = await readReference(name);
    const engine = await createTensorflowEngine({
      layers: reference.layers,
      parameters: reference.parameters,
      modalityCount: MODALITY_COUNT,
      device: 'cpu',
    });
    const logits: Float32Array[] = [];
    for (let m = 0; m < MODALITY_COUNT; m++) logits.push(await engine.logits(m, reference.inputs[m]));
    await engine.dispose();
    expect(SUBSETS).toHaveLength(15);
    for (const members of SUBSETS) {
      const expected = reference.values(`logits/${members.join('')}`);
      expect(largestDifference(meanLogits(logits, members), expected), members.join('')).toBeLessThan(1e-4);
    }
  });
});
