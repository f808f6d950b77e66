import { describe, expect, it } from 'vitest';
import { type Judgement, judgeDevice } from '../../../src/engine/devices/selfTest.js';
import { referenceInput, referenceNetwork } from '../../../src/engine/devices/selfTestReference.js';
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { CORRUPTIONS, corrupted, leisurely, promptEngine } from './corruptCandidates.js';

const cpu = corrupted(promptEngine, leisurely, 'cpu');

describe('the reference case', () => {
  it('is a mask of mixed size in every region, which a wrong device would change', async () => {
    const engine = await createOnnxEngine({ ...referenceNetwork(), threads: 1 });
    const logits = await engine.logits(0, referenceInput([64, 64, 64]));
    await engine.dispose();
    for (let region = 0; region < 3; region++) {
      const inside = logits.subarray(region * 64 ** 3, (region + 1) * 64 ** 3).filter((z) => z > 0).length;
      expect(inside / 64 ** 3).toBeGreaterThan(0.02);
      expect(inside / 64 ** 3).toBeLessThan(0.98);
    }
  });

  it('is the same every time', () => {
    expect(
      Buffer.from(referenceInput([32, 32, 32]).data.buffer).equals(
        Buffer.from(referenceInput([32, 32, 32]).data.buffer),
      ),
    ).toBe(true);
    expect(referenceInput([32, 32, 32]).data[0]).toBe(0);
  });
});

describe('the judgement on a device', () => {
  const cases: [string, Partial<Record<keyof Judgement, unknown>>][] = [
    ['good', { accepted: true, reason: 'accepted', maxLogitDifference: 0, dice: 1 }],
    ['slightly-wrong', { accepted: false, reason: 'logits-differ' }],
    ['shifted', { accepted: false, reason: 'masks-differ' }],
    ['nan', { accepted: false, reason: 'not-finite', detail: 'logits[5] is NaN' }],
    ['throwing', { accepted: false, reason: 'failed', detail: 'ENGINE_FAILED: gpu: device lost' }],
    ['short', { accepted: false, reason: 'failed' }],
    ['slow', { accepted: false, reason: 'slower', maxLogitDifference: 0, dice: 1 }],
  ];
  it.each(cases)('%s', async (name, expected) => {
    const judgement = await judgeDevice(corrupted(promptEngine, CORRUPTIONS[name], name), cpu);
    expect(judgement).toMatchObject(expected);
    if (name === 'good') expect(judgement.speedRatio).toBeGreaterThan(1);
    if (name === 'slow') expect(judgement.speedRatio).toBeLessThan(1);
    if (name === 'slightly-wrong') expect(judgement.maxLogitDifference).toBeCloseTo(0.02, 4);
    if (name === 'shifted') {
      expect(judgement.maxLogitDifference).toBeLessThan(1e-2);
      expect(judgement.dice).toBeLessThan(0.999);
    }
  });
});
