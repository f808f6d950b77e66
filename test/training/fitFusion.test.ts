import { describe, expect, it } from 'vitest';
import { fitFusion } from '../../src/training/fitFusion.js';
import { readFusion } from '../../src/training/fusion.js';
import { validate } from '../../src/training/validate.js';
import { parameterVector } from '../../src/training/vector.js';
import { LinearEngine } from './linearEngine.js';
import { volumeOf } from './volumes.js';

/** T1 shows the tumour, FLAIR shows something else and speaks louder; each logit is 2·value. */
const shown = (d: number, h: number, w: number) => Math.sin(d + 2 * h + 3 * w);
const other = volumeOf([16, 16, 16], (d, h, w) => 2 * Math.cos(3 * d + h + 2 * w));
const volume = (() => {
  const base = volumeOf([16, 16, 16], shown, { label: (d, h, w) => (shown(d, h, w) > 0 ? 4 : 0) });
  return { ...base, images: [base.images[0], null, null, other.images[0]] };
})();

function setUp(learnFusion: boolean) {
  const engine = new LinearEngine();
  const vector = parameterVector('dynamic', [engine], LinearEngine.specs(4), 4, 3, learnFusion);
  const parameters = new Float32Array(vector.length);
  parameters.fill(2, 0, 3);
  return { engine, vector, parameters };
}

describe('region weights fitted afterwards', () => {
  it('turn to the modality that knows, and raise the Dice of the combination', async () => {
    const { engine, vector, parameters } = setUp(false);
    const before = await validate(vector, parameters, [volume]);
    const passes = engine.forwards;
    const values = await fitFusion(vector, parameters, [volume], { rounds: 150, learningRate: 0.05 });
    expect(engine.forwards - passes).toBe(2);
    const { weights } = readFusion(values, 4, 3);
    for (const r of [0, 1, 2]) expect(weights[r]).toBeGreaterThan(2 * weights[9 + r]);
    const fused = setUp(true);
    fused.parameters.set(values, parameters.length);
    const after = await validate(fused.vector, fused.parameters, [volume]);
    const both = (result: typeof after) =>
      result.combinations.find(({ members }) => members.length === 2)!.regions;
    expect(both(after).WT.mean).toBeGreaterThan(both(before).WT.mean + 0.1);
  });

  it('leave modalities that no case has at weight 1 and bias 0', async () => {
    const { vector, parameters } = setUp(false);
    const { weights, biases } = readFusion(
      await fitFusion(vector, parameters, [volume], { rounds: 5 }),
      4,
      3,
    );
    expect([...weights.slice(3, 9)]).toEqual([1, 1, 1, 1, 1, 1]);
    expect([...biases.slice(3, 9)]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
