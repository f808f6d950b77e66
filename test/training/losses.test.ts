import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/network/safetensors.js';
import {
  addSums,
  type LossName,
  lossOf,
  lossSums,
  lossValue,
  type Target,
} from '../../src/training/losses.js';
import { subsets } from '../../src/training/objectives.js';
import { randomStream } from '../../src/training/random.js';

function example(known: boolean): { logits: Float32Array; target: Target } {
  const random = randomStream(5);
  const logits = Float32Array.from({ length: 3 * 40 }, () => random.normal(0, 2));
  const regions = Uint8Array.from({ length: 3 * 40 }, () => (random.chance(0.3) ? 1 : 0));
  const mask = Uint8Array.from({ length: 40 }, () => (random.chance(0.6) ? random.integer(1, 7) : 0));
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
    ['batch-dice+cross-entropy', true],
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
    const isKnown = (i: number) => (target.known![i % 40] >> Math.floor(i / 40)) & 1;
    const elsewhere = logits.map((z, i) => (isKnown(i) ? z : z + 3));
    for (const name of ['dice', 'dice+cross-entropy'] as const) {
      const first = lossOf(name, logits, target, 3);
      const second = lossOf(name, elsewhere, target, 3);
      expect(second.value).toBe(first.value);
      expect([...second.cotangent]).toEqual([...first.cotangent]);
    }
  });

  it('by hand: of a tumour whose parts are not told only the whole counts', () => {
    // Two voxels: one of the tumour, its parts unknown, and one outside; logits 0, so every p is 1/2.
    const target = { regions: Uint8Array.of(1, 0, 0, 0, 0, 0), known: Uint8Array.of(0b001, 0b111) };
    const logits = new Float32Array(6);
    const whole = (1 - (2 * 0.5 + 1) / (1 + 1 + 1)) / 3;
    // TC and ET have negatives alone: no Dice of their own, but their cross-entropy; four voxels are known in all.
    expect(lossOf('dice', logits, target, 3).value).toBeCloseTo(whole, 12);
    const { value, cotangent } = lossOf('dice+cross-entropy', logits, target, 3);
    expect(value).toBeCloseTo(whole + Math.LN2, 12);
    expect([cotangent[2], cotangent[4]]).toEqual([0, 0]);
    expect(cotangent[3]).toBeCloseTo(0.5 / 4, 7);
    const empty = (1 - 1 / (0.5 + 1)) / 3;
    expect(lossOf('batch-dice+cross-entropy', logits, target, 3).value).toBeCloseTo(
      whole + 2 * empty + Math.LN2,
      12,
    );
  });

  it('batch Dice: by hand, and its derivative is that of the sums over all samples', () => {
    const name = 'batch-dice+cross-entropy';
    const first = { regions: Uint8Array.of(1, 0), known: null };
    const second = { regions: Uint8Array.of(0, 0), known: null };
    const [a, b] = [new Float32Array(2), Float32Array.of(Math.log(3), 0)];
    const total = (x: Float32Array, y: Float32Array) =>
      addSums([lossSums(x, first, 1), lossSums(y, second, 1)], 1);
    // Σp·y = 1/2, Σp = 1 + 3/4 + 1/2, Σy = 1; cross-entropies ln 2 three times and ln 4.
    const dice = 1 - (2 * 0.5 + 1) / (2.25 + 1 + 1);
    expect(lossValue(name, total(a, b))).toBeCloseTo(dice + (5 * Math.LN2) / 4, 6);
    const { cotangent } = lossOf(name, b, second, 1, total(a, b));
    const step = 1 / 256;
    for (const i of [0, 1]) {
      const shifted = (by: number) => b.map((z, v) => (v === i ? z + by : z));
      const slope = lossValue(name, total(a, shifted(step))) - lossValue(name, total(a, shifted(-step)));
      expect(slope / (2 * step)).toBeCloseTo(cotangent[i], 4);
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
