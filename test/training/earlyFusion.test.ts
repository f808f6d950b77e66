import { describe, expect, it } from 'vitest';
import type { Branch, Tensor3, TrainingEngine } from '../../src/engine/engine.js';
import { dropoutSource, zeroFilled } from '../../src/training/earlyFusion.js';
import { lossOf } from '../../src/training/losses.js';
import { randomStream } from '../../src/training/random.js';
import { gradientStep, type StepSample, Workspace } from '../../src/training/step.js';
import { validate } from '../../src/training/validate.js';
import { enginesFor, parameterVector, setParameters } from '../../src/training/vector.js';
import { volumeOf } from './volumes.js';

const SHAPE = [2, 2, 2] as const;
const VOXELS = 8;
const MODALITIES = 4;

/** Modality m holds m + 1 everywhere. */
function sampleOf(available: readonly number[]): StepSample {
  const inputs = Array.from({ length: MODALITIES }, (_, m) =>
    available.includes(m) ? { data: new Float32Array(VOXELS).fill(m + 1), shape: SHAPE } : null,
  );
  return { inputs, target: { regions: new Uint8Array(3 * VOXELS).fill(1, 0, 10), known: null } };
}

const sourceOf = (sample: StepSample) => dropoutSource({ draw: async () => sample });

/** Which channels of a drawn sample are not zero, e.g. `03`; checks that they hold what they should. */
function keptIn({ inputs }: StepSample): string {
  expect(inputs).toHaveLength(1);
  const { data, shape } = inputs[0]!;
  expect([shape, data.length]).toEqual([SHAPE, MODALITIES * VOXELS]);
  return Array.from({ length: MODALITIES }, (_, m) => {
    const values = new Set(data.subarray(m * VOXELS, (m + 1) * VOXELS));
    expect([[0], [m + 1]]).toContainEqual([...values]);
    return values.has(0) ? '' : String(m);
  }).join('');
}

/** logit_{r,v} = Σ_c w_c · x_{c,v} for every region; the parameters are w. */
class WeightedSum implements TrainingEngine {
  readonly name = 'wasm';
  readonly device = 'test';
  static readonly specs = [{ name: 'w', shape: [MODALITIES], offset: 0, length: MODALITIES, modality: null }];
  private weights = new Float32Array(0);

  async setParameters(parameters: Float32Array): Promise<void> {
    this.weights = parameters.slice();
  }

  async forward(modality: number, { data }: Tensor3): Promise<Branch> {
    const voxels = data.length / MODALITIES;
    const logits = new Float32Array(3 * voxels);
    data.forEach((x, i) => {
      for (let r = 0; r < 3; r++)
        logits[r * voxels + (i % voxels)] += this.weights[Math.floor(i / voxels)] * x;
    });
    return {
      modality,
      logits,
      backward: async (cotangent, gradient) => {
        cotangent.forEach((value, i) => {
          for (let c = 0; c < MODALITIES; c++) gradient[c] += value * data[c * voxels + (i % voxels)];
        });
      },
      release: () => undefined,
    };
  }

  async dispose(): Promise<void> {}
}

const vector = parameterVector('early-fusion', [new WeightedSum()], WeightedSum.specs, MODALITIES, 3);

describe('zero-filled input', () => {
  it('has the members in their channels, zeros in the others', () => {
    const { data, shape } = zeroFilled(sampleOf([0, 1, 3]).inputs, [1, 3]);
    expect(shape).toEqual(SHAPE);
    expect([...data]).toEqual([0, 2, 0, 4].flatMap((value) => new Array(VOXELS).fill(value)));
  });
});

describe('modality dropout', () => {
  it('leaves every non-empty subset of what a sample has equally often', async () => {
    const source = sourceOf(sampleOf([0, 2, 3]));
    const counts = new Map<string, number>();
    for (let step = 0; step < 700; step++) {
      const kept = keptIn(await source.draw(randomStream(1, step)));
      counts.set(kept, (counts.get(kept) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['0', '02', '023', '03', '2', '23', '3']);
    // 100 expected, standard deviation 9.3.
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  it('is decided by the seed alone', async () => {
    const source = sourceOf(sampleOf([0, 1, 2, 3]));
    const draws = async (seed: number) => {
      const kept: string[] = [];
      for (let step = 0; step < 20; step++) kept.push(keptIn(await source.draw(randomStream(seed, step, 0))));
      return kept;
    };
    const first = await draws(5);
    expect(await draws(5)).toEqual(first);
    expect(await draws(6)).not.toEqual(first);
  });

  it('keeps the only modality, and passes on a sample that shows nothing', async () => {
    expect(keptIn(await sourceOf(sampleOf([2])).draw(randomStream(1)))).toBe('2');
    expect((await sourceOf(sampleOf([])).draw(randomStream(1))).inputs).toEqual([null]);
  });
});

describe('an early-fusion network', () => {
  it('is one with a channel per modality and one set of norms', () => {
    expect(enginesFor('early-fusion', 4)).toEqual({ engines: 1, branches: 1, inputChannels: 4 });
    expect(vector.routes).toHaveLength(1);
    expect(vector.stretches).toEqual([{ offset: 0, length: MODALITIES, modalities: [0] }]);
  });

  it('learns from the plain loss of its one prediction', async () => {
    const parameters = Float32Array.of(0.1, -0.2, 0.3, 0.05);
    const full = sampleOf([0, 1, 2, 3]);
    const batch = [
      { ...full, inputs: [zeroFilled(full.inputs, [0, 2])] },
      { ...full, inputs: [zeroFilled(full.inputs, [2])] },
    ];
    await setParameters(vector, parameters);
    const settings = { objectives: [[0]], decoupling: 'mean', loss: 'dice' } as const;
    const workspace = new Workspace(vector.length);
    const { losses, gradient } = await gradientStep(vector, parameters, batch, settings, workspace);
    // Modality m is m + 1 everywhere: the logits are one number.
    const lossAt = (logit: number) =>
      lossOf('dice', new Float32Array(3 * VOXELS).fill(logit), full.target, 3).value;
    const mean = (w0: number, w2: number) => (lossAt(w0 + 3 * w2) + lossAt(3 * w2)) / 2;
    expect(losses).toHaveLength(1);
    expect(losses[0]).toBeCloseTo(mean(0.1, 0.3), 6);
    const step = 1e-3;
    expect(gradient[0]).toBeCloseTo((mean(0.1 + step, 0.3) - mean(0.1 - step, 0.3)) / (2 * step), 4);
    expect(gradient[2]).toBeCloseTo((mean(0.1, 0.3 + step) - mean(0.1, 0.3 - step)) / (2 * step), 4);
    expect([gradient[1], gradient[3]]).toEqual([0, 0]);
  });

  it('is validated on every combination of a case, the rest zero', async () => {
    // T1 is positive in the upper half, FLAIR everywhere; the tumour is the upper half.
    const volume = volumeOf([16, 16, 16], (d) => d - 7.5, { label: (d) => (d >= 8 ? 4 : 0) });
    volume.images[3]!.fill(100);
    const parameters = Float32Array.of(1, 1, 1, 1);
    const { combinations } = await validate(vector, parameters, [volume]);
    const found = combinations.map(({ members, regions }) => [members.join(''), regions.WT.mean]);
    // T1 alone: all right. With FLAIR all is tumour: 2·8 / (16 + 8).
    expect(found).toEqual([
      ['03', 2 / 3],
      ['0', 1],
      ['3', 2 / 3],
    ]);
  });
});
