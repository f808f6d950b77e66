import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/network/safetensors.js';
import { type LossName, lossOf, type Target } from '../../src/training/losses.js';
import { subsets } from '../../src/training/objectives.js';
import { randomStream } from '../../src/training/random.js';

function example(known: boolean): { logits: Float32Array; target: Target } {
  const random = randomStream(5);
  const logits = Float32Array.from({ length: 3 * 40 }, () => random.normal(0, 2));
  const regions = Uint8Array.from({ length: 3 * 40 }, () => (random.chance(0.3) ? 1 : 0));
  const mask = Uint8Array.from({ length: 40 }, () => (random.chance(0.6) ? 1 : 0));
  return { logits, target: { regions, known: known ? mask : null } };
}

describe('losses', () => {
  it.each(['ds-gmd-a', 'ds-gmd-conflict'])(
    'soft Dice of the reference logits, %s, within 1e-6',
    async (file) => {
      const { tensors } = await readSafetensors(`test/reference/${file}.safetensors`);
      const expected = (tensors.get('losses') ?? tensors.get('subsets15/losses'))!.data as Float32Array;
      const target: Target = {
        regions: Uint8Array.from(tensors.get('target')!.data as Float32Array),
        known: null,
      };
      subsets(4).forEach((members, j) => {
        const logits = tensors.get(`logits/${members.join('')}`)!.data as Float32Array;
        expect(Math.abs(lossOf('dice', logits, target, 3).value - expected[j])).toBeLessThan(1e-6);
      });
    },
  );

  it.each([
    ['dice', false],
    ['dice', true],
    ['dice+cross-entropy', false],
    ['dice+cross-entropy', true],
  ] as [LossName, boolean][])('%s: derivative equals central differences (known mask: %s)', (name, known) => {
    const { logits, target } = example(known);
    const { cotangent } = lossOf(name, logits, target, 3);
    const step = 1 / 256;
    for (let i = 0; i < logits.length; i++) {
      const shifted = (by: number) =>
        lossOf(
          name,
          logits.map((z, v) => (v === i ? z + by : z)),
          target,
          3,
        ).value;
      expect(Math.abs((shifted(step) - shifted(-step)) / (2 * step) - cotangent[i])).toBeLessThan(1e-6);
    }
  });

  it('counts nothing outside the known voxels', () => {
    const { logits, target } = example(true);
    const elsewhere = logits.map((z, i) => (target.known![i % 40] === 0 ? z + 3 : z));
    for (const name of ['dice', 'dice+cross-entropy'] as const) {
      const first = lossOf(name, logits, target, 3);
      const second = lossOf(name, elsewhere, target, 3);
      expect(second.value).toBe(first.value);
      expect([...second.cotangent]).toEqual([...first.cotangent]);
    }
  });

  it('cross-entropy of undecided logits is ln 2, and stays finite at extreme ones', () => {
    const target = { regions: Uint8Array.of(1, 0, 1, 0), known: null };
    const dice = (z: Float32Array) => lossOf('dice', z, target, 1).value;
    const both = (z: Float32Array) => lossOf('dice+cross-entropy', z, target, 1).value;
    const undecided = new Float32Array(4);
    expect(both(undecided) - dice(undecided)).toBeCloseTo(Math.LN2, 12);
    const wrong = Float32Array.of(-200, 200, -200, 200);
    expect(both(wrong) - dice(wrong)).toBeCloseTo(200, 9);
  });
});
