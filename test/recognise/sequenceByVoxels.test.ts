import { describe, expect, it } from 'vitest';
import { brainFeatures, FEATURES } from '../../src/recognise/brainFeatures.js';
import {
  type LogProbabilities,
  logProbabilities,
  misnamed,
  type SequenceWeights,
  sequenceByVoxels,
  shippedWeights,
} from '../../src/recognise/sequenceByVoxels.js';
import { MODALITIES } from '../../src/terms.js';
import type { Affine, Size, Volume } from '../../src/volume/volume.js';

const SIZE: Size = [80, 96, 76];
const AFFINE: Affine = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, -79, -95, -75, 1];

/** An ellipsoid, darker at its surface, with a bright core and waves: whatever, but no plain ball. */
function brain(
  value = (x: number) => x,
  axes: readonly [number, number, number] = [66, 84, 64],
): Volume<Float32Array> {
  const data = new Float32Array(SIZE[0] * SIZE[1] * SIZE[2]);
  for (let k = 0, v = 0; k < SIZE[2]; k++)
    for (let j = 0; j < SIZE[1]; j++)
      for (let i = 0; i < SIZE[0]; i++, v++) {
        const [x, y, z] = [2 * i - 79, 2 * j - 95, 2 * k - 75];
        const r = Math.hypot(x / axes[0], y / axes[1], z / axes[2]);
        if (r < 1)
          data[v] = value(100 + 40 * (1 - r) + 5 * Math.sin(x / 5) + 3 * Math.cos(y / 7) + (z > 20 ? 4 : 0));
      }
  return { size: SIZE, affine: AFFINE, data };
}

describe('features of a brain', () => {
  it('do not depend on the values’ scale and shift', () => {
    const plain = brainFeatures(brain())!;
    const other = brainFeatures(brain((x) => 3.7 * x + 250))!;
    expect(plain.length).toBe(FEATURES.length);
    plain.forEach((value, f) => expect(other[f]).toBeCloseTo(value, 3));
    // Falling with the value they do.
    const inverted = brainFeatures(brain((x) => 500 - x))!;
    expect(inverted[FEATURES.indexOf('inner p98')]).toBeCloseTo(-plain[FEATURES.indexOf('inner p2')], 2);
  });

  it('do not depend on how the voxels are stored', () => {
    const { data } = brain();
    const [nx, ny, nz] = SIZE;
    // The same head with x and y exchanged in memory and y reversed.
    const turned = new Float32Array(data.length);
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++) turned[ny - 1 - j + ny * (i + nx * k)] = data[i + nx * (j + ny * k)];
    const affine: Affine = [0, -2, 0, 0, 2, 0, 0, 0, 0, 0, 2, 0, -79, 95, -75, 1];
    const expected = brainFeatures(brain())!;
    brainFeatures({ size: [ny, nx, nz], affine, data: turned })!.forEach((value, f) =>
      expect(value).toBeCloseTo(expected[f], 4),
    );
  });

  it('are not taken of a part of a brain, of one value, or of nothing', () => {
    expect(brainFeatures(brain((x) => x, [66, 84, 30]))).toBeNull();
    expect(brainFeatures(brain(() => 7))).toBeNull();
    expect(
      brainFeatures({ size: SIZE, affine: AFFINE, data: new Float32Array(SIZE[0] * SIZE[1] * SIZE[2]) }),
    ).toBeNull();
    expect(sequenceByVoxels(brain((x) => x, [66, 84, 30]))).toBeNull();
  });
});

const weights: SequenceWeights = {
  means: [1, 0],
  deviations: [2, 1],
  weights: { t1: [1, 0], t1ce: [0, 1], t2: [0, 0], flair: [0, -1] },
  constants: { t1: 0, t1ce: 0, t2: 0.5, flair: 0 },
  farthest: 4,
  margin: 1,
};

describe('how probable each sequence is', () => {
  it('is the softmax of weighted standard features', () => {
    // Standardised: 1 and 2. Scores 1, 2, 0.5, −2.
    const p = logProbabilities([3, 2], weights)!;
    const total = Math.exp(1) + Math.exp(2) + Math.exp(0.5) + Math.exp(-2);
    expect(p.t1).toBeCloseTo(1 - Math.log(total), 12);
    expect(p.flair).toBeCloseTo(-2 - Math.log(total), 12);
    expect(MODALITIES.reduce((sum, m) => sum + Math.exp(p[m]), 0)).toBeCloseTo(1, 12);
  });

  it('is not known of what is unlike everything', () => {
    expect(logProbabilities([3, 7.5], weights)).toBeNull();
  });

  it('has shipped weights for every feature', () => {
    const shipped = shippedWeights();
    for (const list of [shipped.means, shipped.deviations, ...MODALITIES.map((m) => shipped.weights[m])])
      expect(list.length).toBe(FEATURES.length);
    expect(shipped.margin).toBeGreaterThan(0);
  });
});

describe('a misnamed image', () => {
  const sure = (of: keyof LogProbabilities, log = -6): LogProbabilities => ({
    t1: log,
    t1ce: log,
    t2: log,
    flair: log,
    [of]: -0.01,
  });
  const unsure: LogProbabilities = { t1: Math.log(0.4), t1ce: Math.log(0.6), t2: -9, flair: -9 };

  it('alone is found where another sequence is far more probable', () => {
    expect(misnamed({ t1: sure('t1ce') }, 3)).toEqual([{ named: 't1', looks: 't1ce' }]);
    expect(misnamed({ t1: unsure }, 3)).toEqual([]);
    expect(misnamed({ t1: sure('t1') }, 3)).toEqual([]);
  });

  it('beside others is found by the naming of all together', () => {
    expect(misnamed({ t1: sure('t1ce'), t1ce: sure('t1'), flair: sure('flair') }, 3)).toEqual([
      { named: 't1', looks: 't1ce' },
      { named: 't1ce', looks: 't1' },
    ]);
    // T1 cannot be T1ce where T1ce is surely there.
    expect(misnamed({ t1: { ...unsure, t1: -3 }, t1ce: sure('t1ce') }, 1)).toEqual([]);
    expect(misnamed({}, 1)).toEqual([]);
  });
});
