import { describe, expect, it } from 'vitest';
import { descriptionTemplate } from '../../src/model/template.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, type Fusion, membersOf, subsetSums } from '../../src/segment/fusion.js';
import { agreementOf, contributionsOf } from '../../src/segment/influence.js';
import { layLattice } from '../../src/segment/lattice.js';
import type { LogitMap, ModalityLogits } from '../../src/segment/logits.js';
import { probabilityMaps } from '../../src/segment/probabilities.js';
import { allCombinations, MODALITIES, type Modality, REGIONS } from '../../src/terms.js';
import type { Grid } from '../../src/volume/volume.js';
import { bratsGrid } from '../support/images.js';

const about = { name: 'x', version: '1', description: '', trainingData: '' };
const model = descriptionTemplate(about, 0.25).grid;

/** Smooth made-up logits on a small box that differs from modality to modality. */
function madeUpMap(modality: Modality, index: number): LogitMap {
  const size = [9 + index, 8, 7] as const;
  const origin = [3, 4 - index, 5] as const;
  const voxels = size[0] * size[1] * size[2];
  const data = new Float32Array(3 * voxels);
  for (let r = 0; r < 3; r++) {
    for (let at = 0; at < voxels; at++)
      data[r * voxels + at] = 4 * Math.sin(at * 0.37 + r + 2.1 * index) - r + 0.5;
  }
  return { modality, box: { origin, size }, data };
}

function madeUp(grid: Grid, modalities: readonly Modality[]): ModalityLogits {
  const maps = modalities.map((m) => madeUpMap(m, MODALITIES.indexOf(m)));
  return { lattice: layLattice(grid, model), outsideLogit: -10, maps, passSeconds: [] };
}

/** The plain reading of METHOD: interpolate each logit, weighted mean, sigmoid, nest, threshold. One voxel at a time. */
function oracle(
  logits: ModalityLogits,
  fusion: Fusion,
  members: readonly number[],
  voxel: readonly number[],
) {
  const position = logits.lattice.axes.map(({ imageAxis, scale, shift }) => scale * voxel[imageAxis] + shift);
  const probability: number[] = [];
  REGIONS.forEach((_, r) => {
    let sum = 0;
    let weights = 0;
    for (const m of members) {
      sum +=
        fusion.weights[m][r] *
        (interpolate(logits.maps[m], r, position, logits.outsideLogit) + fusion.biases[m][r]);
      weights += fusion.weights[m][r];
    }
    const p = 1 / (1 + Math.exp(-sum / weights));
    probability.push(r === 0 ? p : Math.min(p, probability[r - 1]));
  });
  return probability;
}

function interpolate(
  { box, data }: LogitMap,
  region: number,
  position: readonly number[],
  outside: number,
): number {
  const voxels = box.size[0] * box.size[1] * box.size[2];
  const local = position.map((p, a) => p - box.origin[a]);
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const index = local.map((p, a) => Math.floor(p) + ((corner >> a) & 1));
    const weight = local.reduce((w, p, a) => w * (1 - Math.abs(p - index[a])), 1);
    const inside = index.every((i, a) => i >= 0 && i < box.size[a]);
    sum +=
      weight *
      (inside
        ? data[region * voxels + index[0] + box.size[0] * (index[1] + box.size[1] * index[2])]
        : outside);
  }
  return sum;
}

const GRIDS: Record<string, Grid> = {
  BraTS: bratsGrid([30, 28, 20]),
  'axes SRA': { size: [20, 30, 28], affine: [0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, -29, 212, 0, 1] },
};
const FUSIONS: Record<string, Fusion> = {
  'plain mean, 0.5': {
    weights: MODALITIES.map(() => [1, 1, 1]),
    biases: MODALITIES.map(() => [0, 0, 0]),
    thresholdLogit: 0,
  },
  'weights, biases, 0.3': {
    weights: [
      [1, 0.2, 0.1],
      [0.5, 2, 3],
      [1, 0.4, 0.3],
      [2, 0.7, 0.3],
    ],
    biases: [
      [0.1, 0, -0.2],
      [0, 0.3, 0.2],
      [0, 0, 0],
      [-0.1, 0.2, 0],
    ],
    thresholdLogit: Math.log(0.3 / 0.7),
  },
};

describe.each(Object.entries(GRIDS))('combining logits on the grid %s', (_, grid) => {
  describe.each(Object.entries(FUSIONS))('with %s', (__, fusion) => {
    const logits = madeUp(grid, MODALITIES);

    it('gives the masks of METHOD’s formula for all 15 combinations', async () => {
      const subsets = allCombinations().map((s) => bitsOf(s, MODALITIES));
      const { labels } = await combine(logits, grid, fusion, subsets);
      const threshold = 1 / (1 + Math.exp(-fusion.thresholdLogit));
      let tumour = 0;
      for (const bits of subsets) {
        const members = membersOf(bits, [0, 1, 2, 3]);
        forEachVoxel(grid, (voxel, at) => {
          const [wt, tc, et] = oracle(logits, fusion, members, voxel).map((p) => p > threshold);
          const expected = et ? 4 : tc ? 1 : wt ? 2 : 0;
          if (expected !== 0) tumour++;
          if (labels.get(bits)![at] !== expected)
            throw new Error(`subset ${bits}, voxel ${voxel}: ${labels.get(bits)![at]}, expected ${expected}`);
        });
      }
      expect(tumour).toBeGreaterThan(1000);
    });

    it('gives the probabilities of METHOD’s formula, and their spread', () => {
      const maps = probabilityMaps(logits, grid, fusion, 0b1010);
      let worst = 0;
      forEachVoxel(grid, (voxel, at) => {
        const expected = oracle(logits, fusion, [1, 3], voxel);
        if (maps.fused.WT[at] === 0) return;
        REGIONS.forEach((region, r) => {
          worst = Math.max(worst, Math.abs(maps.fused[region][at] - expected[r]));
        });
        const [a, b] = [1, 3].map(
          (m) => oracle(logits, { ...fusion, weights: MODALITIES.map(() => [1, 1, 1]) }, [m], voxel)[0],
        );
        worst = Math.max(worst, Math.abs(maps.spread.WT[at] - Math.abs(a - b) / 2));
      });
      expect(worst).toBeLessThan(1e-5);
    });
  });
});

describe('subsets', () => {
  it('have the same mask whichever other sequences are there', async () => {
    const grid = GRIDS.BraTS;
    const all = await combine(
      madeUp(grid, MODALITIES),
      grid,
      FUSIONS['weights, biases, 0.3'],
      allCombinations().map((s) => bitsOf(s, MODALITIES)),
    );
    for (const members of allCombinations()) {
      const rows = members.map((m) => MODALITIES.indexOf(m));
      const { weights, biases, thresholdLogit } = FUSIONS['weights, biases, 0.3'];
      const own = {
        weights: rows.map((m) => weights[m]),
        biases: rows.map((m) => biases[m]),
        thresholdLogit,
      };
      const alone = await combine(madeUp(grid, members), grid, own, [(1 << members.length) - 1]);
      expect(alone.labels.get((1 << members.length) - 1)).toEqual(
        all.labels.get(bitsOf(members, MODALITIES)),
      );
    }
  });

  it('sum their terms', () => {
    const sums = new Float64Array(16);
    subsetSums(Float64Array.of(1, 10, 100, 1000), 4, sums);
    expect([...sums]).toEqual(Array.from({ length: 16 }, (_, bits) => Number(bits.toString(2))));
  });
});

describe('what each sequence decides', () => {
  it('is what changes between the masks with and without it', async () => {
    const grid = GRIDS.BraTS;
    const { labels, patterns } = await combine(
      madeUp(grid, MODALITIES),
      grid,
      FUSIONS['plain mean, 0.5'],
      [0b1111, 0b1110, 0b1101, 0b1011, 0b0111],
    );
    const whole = labels.get(0b1111)!;
    const without = MODALITIES.map((_, m) => labels.get(0b1111 ^ (1 << m))!);
    const inRegion = (label: number, region: string) =>
      region === 'WT' ? label !== 0 : region === 'TC' ? label === 1 || label === 4 : label === 4;
    const count = (
      a: Uint8Array,
      b: Uint8Array,
      region: string,
      test: (inA: boolean, inB: boolean) => boolean,
    ) => a.reduce((n, label, at) => n + (test(inRegion(label, region), inRegion(b[at], region)) ? 1 : 0), 0);
    const contributions = contributionsOf(patterns, MODALITIES, MODALITIES, 1)!;
    const agreement = agreementOf(patterns, MODALITIES, MODALITIES);
    for (const region of REGIONS) {
      let dice = 0;
      MODALITIES.forEach((modality, m) => {
        expect(contributions[m].modality).toBe(modality);
        expect(contributions[m].added[region]).toBe(count(whole, without[m], region, (a, b) => a && !b));
        expect(contributions[m].removed[region]).toBe(count(whole, without[m], region, (a, b) => !a && b));
        const both = count(whole, without[m], region, (a, b) => a && b);
        dice +=
          (2 * both) /
          (count(whole, whole, region, (a) => a) + count(without[m], without[m], region, (a) => a));
      });
      expect(agreement[region]).toBeCloseTo(dice / 4, 12);
    }
  });

  it('is unknown with one sequence: agreement null, never 1', async () => {
    const grid = GRIDS.BraTS;
    const { patterns } = await combine(madeUp(grid, ['flair']), grid, FUSIONS['plain mean, 0.5'], [1]);
    expect(agreementOf(patterns, ['flair'], ['flair'])).toEqual({ WT: null, TC: null, ET: null });
    expect(contributionsOf(patterns, ['flair'], ['flair'], 1)).toBeNull();
  });
});

function forEachVoxel({ size }: Grid, visit: (voxel: readonly number[], at: number) => void): void {
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++, at++) visit([i, j, k], at);
}
