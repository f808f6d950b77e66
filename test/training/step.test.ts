import { describe, expect, it } from 'vitest';
import { fuse, meanFusion } from '../../src/training/fusion.js';
import { ALL_KNOWN, lossOf } from '../../src/training/losses.js';
import { chooseObjectives, type ObjectiveChoice, subsets } from '../../src/training/objectives.js';
import { randomStream } from '../../src/training/random.js';
import { gradientStep, type StepSample, type StepSettings, Workspace } from '../../src/training/step.js';
import {
  enginesFor,
  type ParameterVector,
  parameterVector,
  type Sharing,
  setParameters,
} from '../../src/training/vector.js';
import { LinearEngine } from './linearEngine.js';

const VOXELS = 64;

function sample(seed: number, available: readonly number[]): StepSample {
  const random = randomStream(seed);
  const inputs = [0, 1, 2, 3].map((m) => {
    const data = Float32Array.from({ length: VOXELS }, () => random.normal());
    return available.includes(m) ? { data, shape: [4, 4, 4] as const } : null;
  });
  const regions = Uint8Array.from({ length: 3 * VOXELS }, () => (random.chance(0.4) ? 1 : 0));
  const known = Uint8Array.from({ length: VOXELS }, () => (random.chance(0.8) ? ALL_KNOWN : 0));
  return { inputs, target: { regions, known } };
}

function setUp(sharing: Sharing = 'dynamic', learnFusion = false) {
  const { engines: count, branches } = enginesFor(sharing, 4);
  const engines = Array.from({ length: count }, () => new LinearEngine());
  const vector = parameterVector(sharing, engines, LinearEngine.specs(branches), 4, 3, learnFusion);
  const random = randomStream(9);
  const parameters = Float32Array.from({ length: vector.length }, () => random.normal(0, 0.5));
  return { engines, vector, parameters };
}

async function run(
  { vector, parameters }: { vector: ParameterVector; parameters: Float32Array },
  samples: StepSample[],
  settings: Partial<StepSettings> & { choice?: ObjectiveChoice } = {},
) {
  await setParameters(vector, parameters);
  const objectives = chooseObjectives(settings.choice ?? { kind: 'subsets' }, 4, randomStream(0));
  const all: StepSettings = { objectives, decoupling: 'mean', loss: 'dice', ...settings };
  return gradientStep(vector, parameters, samples, all, new Workspace(vector.length));
}

/** Mean over objectives and samples of the losses, from the definition; the objectives are those that remain. */
async function meanLossByDefinition(
  set: ReturnType<typeof setUp>,
  samples: StepSample[],
  objectives: number[][],
  loss: StepSettings['loss'],
) {
  const { losses } = await run(set, samples, { objectives, loss });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

async function expectDerivative(
  set: ReturnType<typeof setUp>,
  samples: StepSample[],
  loss: StepSettings['loss'] = 'dice',
) {
  const { gradient } = await run(set, samples, { loss });
  const step = 1 / 128;
  for (let i = 0; i < set.parameters.length; i++) {
    const at = (by: number) => {
      const parameters = set.parameters.map((value, k) => (k === i ? value + by : value));
      return meanLossByDefinition({ ...set, parameters }, samples, subsets(4), loss);
    };
    const slope = ((await at(step)) - (await at(-step))) / (2 * step);
    expect(Math.abs(slope - gradient[i])).toBeLessThan(2e-5);
  }
}

describe('gradient step', () => {
  it('losses are those of the mean of the members’ logits', async () => {
    const set = setUp();
    const example = sample(1, [0, 1, 2, 3]);
    const { losses } = await run(set, [example]);
    const logits = await Promise.all(
      example.inputs.map(async (input, m) => (await set.engines[0].forward(m, input!)).logits),
    );
    subsets(4).forEach((members, j) => {
      const mean = Float32Array.from(
        logits[0],
        (_, i) => members.reduce((sum, m) => sum + logits[m][i], 0) / members.length,
      );
      expect(losses[j]).toBeCloseTo(lossOf('dice', mean, example.target, 3).value, 6);
    });
  });

  it.each([
    ['dynamic', false],
    ['dynamic', true],
    ['shared-norms', true],
    ['separate', true],
  ] as [Sharing, boolean][])(
    'gradient of the mean loss equals central differences (%s, learned fusion: %s)',
    async (sharing, learnFusion) => {
      const samples = [sample(1, [0, 1, 2, 3]), sample(2, [0, 3])];
      await expectDerivative(setUp(sharing, learnFusion), samples);
    },
  );

  it('batch Dice: the gradient is that of one loss over all samples, of which some lack sequences', async () => {
    const samples = [sample(1, [0, 1, 2, 3]), sample(2, [0, 3]), sample(4, [1])];
    const name = 'batch-dice+cross-entropy';
    const set = setUp('dynamic', true);
    await expectDerivative(set, samples, name);
    const [alone] = (await run(set, samples.slice(2), { loss: name })).losses;
    expect(alone).toBeCloseTo(
      (await run(set, samples.slice(2), { loss: 'dice+cross-entropy' })).losses[0],
      10,
    );
    const once = (await run(set, samples, { loss: name })).gradient.slice();
    const { gradient } = await run(set, samples, { loss: name, indicators: true });
    gradient.forEach((value, i) => {
      expect(value).toBeCloseTo(once[i], 6);
    });
  });

  it.each(['subsets', 'singles'] as const)(
    'one walk for the mean equals the mean of all gradients (%s)',
    async (kind) => {
      const set = setUp('dynamic', true);
      const samples = [sample(1, [0, 1, 2, 3]), sample(2, [1, 3])];
      const once = (await run(set, samples, { choice: { kind } })).gradient.slice();
      const { gradient } = await run(set, samples, { choice: { kind }, indicators: true });
      gradient.forEach((value, i) => {
        expect(value).toBeCloseTo(once[i], 6);
      });
    },
  );

  it.each([
    ['subsets', 'pcgrad', 4, 32],
    ['subsets', 'paper', 4, 32],
    ['subsets', 'mean', 4, 4],
    ['singles', 'pcgrad', 4, 4],
    ['singles', 'mean', 4, 4],
  ] as const)(
    '%s with %s: %i walks forward, %i backward, nothing left open',
    async (kind, decoupling, f, b) => {
      const set = setUp();
      await run(set, [sample(1, [0, 1, 2, 3])], { choice: { kind }, decoupling });
      expect([set.engines[0].forwards, set.engines[0].backwards, set.engines[0].open]).toEqual([f, b, 0]);
    },
  );

  it('runs only what a sample has, and what the objectives ask for', async () => {
    const set = setUp();
    const { objectives } = await run(set, [sample(1, [0, 3])], { decoupling: 'pcgrad' });
    expect(objectives.map((o) => o.members[0].join(''))).toEqual(['03', '0', '3']);
    expect([set.engines[0].forwards, set.engines[0].backwards]).toEqual([2, 4]);
    const few = setUp();
    await run(few, [sample(1, [0, 1, 2, 3])], { objectives: [[1, 2], [2]], decoupling: 'paper' });
    expect([few.engines[0].forwards, few.engines[0].backwards]).toEqual([2, 3]);
  });

  it('averages a loss over the samples that take part in it', async () => {
    const set = setUp();
    const [first, second] = [sample(1, [0, 1, 2, 3]), sample(2, [0])];
    const singles = { choice: { kind: 'singles' } } as const;
    const [a] = (await run(set, [first], singles)).losses;
    const [b] = (await run(set, [second], singles)).losses;
    const both = await run(set, [first, second], singles);
    expect(both.losses[0]).toBeCloseTo((a + b) / 2, 9);
    expect(both.losses[1]).toBeCloseTo((await run(set, [first], singles)).losses[1], 9);
  });

  it('gives the branches back when the engine fails', async () => {
    const set = setUp();
    const broken = set.engines[0];
    const forward = broken.forward.bind(broken);
    broken.forward = async (m, input) => ({
      ...(await forward(m, input)),
      backward: () => Promise.reject(new Error('device lost')),
    });
    await expect(run(set, [sample(1, [0, 1])])).rejects.toThrow('device lost');
    expect(broken.open).toBe(0);
  });
});

describe('fusion', () => {
  it('weights every region on its own and adds the biases before', () => {
    const fusion = {
      ...meanFusion(2, 2),
      weights: Float64Array.of(1, 3, 1, 1),
      biases: Float64Array.of(0, 0, 0, 4),
    };
    const seen = Uint8Array.of(0b11);
    const fused = fuse(fusion, [0, 1], [Float32Array.of(2, 8), Float32Array.of(4, 0)], seen);
    expect([...fused]).toEqual([3, 7]);
    expect([...fuse(fusion, [1], [undefined, Float32Array.of(4, 0)], seen)]).toEqual([4, 4]);
  });

  it('leaves out who is blind where another sees; where nobody does, it is the outside logit', () => {
    const fusion = { ...meanFusion(2, 1), weights: Float64Array.of(1, 3), biases: Float64Array.of(0.5, 0) };
    const logits = [Float32Array.of(2, 2, 2, 2), Float32Array.of(4, 4, 4, 4)];
    const seen = Uint8Array.of(0b11, 0b01, 0b10, 0b100);
    expect([...fuse(fusion, [0, 1], logits, seen)]).toEqual([(2.5 + 3 * 4) / 4, 2.5, 4, -10]);
  });

  it.each(['dynamic', 'shared-norms'] as const)(
    'its derivatives hold where members are blind (%s)',
    async (sharing) => {
      const blind = sample(3, [0, 1, 3]);
      blind.inputs.forEach((input, m) =>
        input?.data.forEach((_, v) => {
          if ((v + m) % 3 === 0 || v % 7 === 0) input.data[v] = 0;
        }),
      );
      await expectDerivative(setUp(sharing, true), [blind]);
    },
  );
});
