import { beforeEach, describe, expect, it } from 'vitest';
import { maskOfRuns } from '../../src/masks/runs.js';
import { descriptionTemplate } from '../../src/model/template.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, type Fusion, membersOfBits, subsetSums } from '../../src/segment/fusion.js';
import { agreementOf, contributionsOf } from '../../src/segment/influence.js';
import { layLattice } from '../../src/segment/lattice.js';
import { type LogitMap, type ModalityLogits, silence } from '../../src/segment/logits.js';
import { oneMask } from '../../src/segment/oneMask.js';
import { probabilitiesAt, probabilityMap, probabilityMaps } from '../../src/segment/probabilities.js';
import { bitAt, packBits } from '../../src/segment/tissue.js';
import { allCombinations, MODALITIES, type Modality, REGIONS } from '../../src/terms.js';
import { type Grid, voxelCount } from '../../src/volume/volume.js';
import { bratsGrid } from '../support/images.js';

const about = { name: 'x', version: '1', description: '', trainingData: '' };
const model = descriptionTemplate(about, 0.25).grid;

/**
 * Smooth made-up logits on a small box that differs from modality to modality. Inside it each is blind in a corner and at a few
 * points, and its image is air in a slab of the grid.
 */
function madeUpMap(grid: Grid, modality: Modality, index: number): LogitMap {
  const size = [9 + index, 8, 7] as const;
  const origin = [3, 4 - index, 5] as const;
  const voxels = size[0] * size[1] * size[2];
  const data = new Float32Array(3 * voxels);
  for (let r = 0; r < 3; r++) {
    for (let at = 0; at < voxels; at++)
      data[r * voxels + at] = 4 * Math.sin(at * 0.37 + r + 2.1 * index) - r + 0.5;
  }
  const seen = Uint8Array.from({ length: voxels }, (_, at) =>
    at % size[0] <= index % 3 || at % (29 + index) === 0 ? 0 : 1,
  );
  silence(data, seen, -10);
  const shown = Uint8Array.from({ length: voxelCount(grid.size) }, (_, at) =>
    Math.floor(at / grid.size[0]) % grid.size[1] > 8 + 2 * index ? 1 : 0,
  );
  return { modality, box: { origin, size }, data, seen, tissue: packBits(shown) };
}

function madeUp(grid: Grid, modalities: readonly Modality[]): ModalityLogits {
  const maps = modalities.map((m) => madeUpMap(grid, m, MODALITIES.indexOf(m)));
  return { lattice: layLattice(grid, model), outsideLogit: -10, maps, passSeconds: [] };
}

/**
 * The plain reading of docs/method.md and of `Fusion`: at each lattice point the members that see something (all with the outside logit
 * where none does), both sums interpolated, their ratio, sigmoid, nest, threshold. One voxel at a time.
 */
function oracle(
  logits: ModalityLogits,
  fusion: Fusion,
  members: readonly number[],
  voxel: readonly number[],
  voters = members,
) {
  const probability: number[] = [];
  REGIONS.forEach((_, r) => {
    let sum = 0;
    let weights = 0;
    for (const { weight, values } of cornersOf(logits, voxel)) {
      const seeing = members.filter((m) => values[m][r] !== null);
      for (const m of seeing.length > 0 ? seeing : members) {
        if (!voters.includes(m)) continue;
        const z = values[m][r] ?? logits.outsideLogit;
        sum += weight * fusion.weights[m][r] * (z + fusion.biases[m][r]);
        weights += weight * fusion.weights[m][r];
      }
    }
    const air = members.every((m) => bitAt(logits.maps[m].tissue, indexOf(voxel)) === 0);
    const p = air ? 0 : 1 / (1 + Math.exp(-sum / weights));
    probability.push(r === 0 ? p : Math.min(p, probability[r - 1]));
  });
  return probability;

  function indexOf([i, j, k]: readonly number[]): number {
    const { size } = current;
    return i + size[0] * (j + size[1] * k);
  }
}

/** The grid of the running test. */
let current: Grid;

interface Corner {
  readonly weight: number;
  /** By modality and region. */
  readonly values: readonly (readonly (number | null)[])[];
}

/** All combinations ask for the same corners of a voxel. */
const cornersFound = new WeakMap<readonly number[], readonly Corner[]>();

function cornersOf({ lattice, maps }: ModalityLogits, voxel: readonly number[]): readonly Corner[] {
  const known = cornersFound.get(voxel);
  if (known) return known;
  const position = lattice.axes.map(({ imageAxis, scale, shift }) => scale * voxel[imageAxis] + shift);
  const corners = Array.from({ length: 8 }, (_, corner) => {
    const point = position.map((p, a) => Math.floor(p) + ((corner >> a) & 1));
    const values = maps.map((map) => REGIONS.map((_, r) => valueAt(map, r, point)));
    return { weight: position.reduce((w, p, a) => w * (1 - Math.abs(p - point[a])), 1), values };
  });
  cornersFound.set(voxel, corners);
  return corners;
}

/** A logit at a lattice point; null where the modality sees nothing. */
function valueAt({ box, data, seen }: LogitMap, region: number, point: readonly number[]): number | null {
  const index = point.map((p, a) => p - box.origin[a]);
  if (index.some((i, a) => i < 0 || i >= box.size[a])) return null;
  const at = index[0] + box.size[0] * (index[1] + box.size[1] * index[2]);
  return seen[at] === 0 ? null : data[region * seen.length + at];
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
    beforeEach(() => {
      current = grid;
    });

    it('gives the masks of the method’s formula for all 15 combinations', async () => {
      const subsets = allCombinations().map((s) => bitsOf(s, MODALITIES));
      const { labels } = await combine(logits, grid, fusion, subsets);
      const threshold = 1 / (1 + Math.exp(-fusion.thresholdLogit));
      let tumour = 0;
      forEachVoxel(grid, (voxel, at) => {
        for (const bits of subsets) {
          const members = membersOfBits(bits, [0, 1, 2, 3]);
          const [wt, tc, et] = oracle(logits, fusion, members, voxel).map((p) => p > threshold);
          const expected = et ? 4 : tc ? 1 : wt ? 2 : 0;
          if (expected !== 0) tumour++;
          if (labels.get(bits)![at] !== expected)
            throw new Error(`subset ${bits}, voxel ${voxel}: ${labels.get(bits)![at]}, expected ${expected}`);
        }
      });
      expect(tumour).toBeGreaterThan(1000);
    });

    it('gives the probabilities of the method’s formula, and their spread', () => {
      const maps = probabilityMaps(logits, grid, fusion, 0b1010);
      let worst = 0;
      let compared = 0;
      forEachVoxel(grid, (voxel, at) => {
        const expected = oracle(logits, fusion, [1, 3], voxel);
        if (maps.fused.WT[at] === 0) return;
        compared++;
        REGIONS.forEach((region, r) => {
          worst = Math.max(worst, Math.abs(maps.fused[region][at] - expected[r]));
        });
        const [a, b] = [1, 3].map((m) => oracle(logits, fusion, [1, 3], voxel, [m])[0]);
        // One that abstains altogether has no opinion.
        const spread = Number.isNaN(a) || Number.isNaN(b) ? 0 : Math.abs(a - b) / 2;
        worst = Math.max(worst, Math.abs(maps.spread.WT[at] - spread));
      });
      expect(worst).toBeLessThan(1e-5);
      expect(compared).toBeGreaterThan(1000);
    });

    it('gives one map alone as it is among all', () => {
      const maps = probabilityMaps(logits, grid, fusion, 0b1011);
      for (const kind of ['fused', 'spread'] as const)
        for (const region of REGIONS) {
          const alone = probabilityMap(logits, grid, fusion, 0b1011, region, kind);
          expect(Buffer.from(alone.buffer).equals(Buffer.from(maps[kind][region].buffer))).toBe(true);
        }
    });

    it('gives the same probabilities at a single voxel', () => {
      const maps = probabilityMaps(logits, grid, fusion, 0b0110);
      forEachVoxel(grid, (voxel, at) => {
        if (at % 37 !== 0 || maps.fused.WT[at] === 0) return;
        const [i, j, k] = voxel;
        const there = probabilitiesAt(logits, grid, fusion, 0b0110, [i, j, k]);
        for (const region of REGIONS) expect(there[region]).toBeCloseTo(maps.fused[region][at], 6);
      });
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

describe('air', () => {
  /** 4×1×1 voxels on lattice points, one region's logits a modality; `null` where it sees nothing. */
  const grid: Grid = { size: [4, 1, 1], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
  const lattice = layLattice(grid, { ...model, spacing: [1, 1, 1], orientation: 'RAS', anchor: [0, 0, 0] });
  const mapOf = (modality: Modality, values: (number | null)[], tissue = values.map((v) => v !== null)) => {
    const seen = Uint8Array.from(values, (v) => (v === null ? 0 : 1));
    const data = Float32Array.from([...values, ...values, ...values], (v) => v ?? -10);
    const shown = packBits(Uint8Array.from(tissue, Number));
    return { modality, box: { origin: [0, 0, 0], size: [4, 1, 1] }, data, seen, tissue: shown } as LogitMap;
  };
  const fusion = FUSIONS['plain mean, 0.5'];
  const found = async (...maps: LogitMap[]) => {
    const logits = { lattice, outsideLogit: -10, maps, passSeconds: [] };
    const all = (1 << maps.length) - 1;
    const own = { ...fusion, weights: maps.map(() => [1, 1, 1]), biases: maps.map(() => [0, 0, 0]) };
    const mask = (await combine(logits, grid, own, [all])).labels.get(all)!;
    expect(maskOfRuns(oneMask(logits, grid, own), 4)).toEqual(mask);
    const { fused } = probabilityMaps(logits, grid, own, all);
    return { mask: [...mask], logits: Array.from(fused.WT, (p) => Math.log(p / (1 - p))) };
  };

  it('a sequence that is blind where another sees abstains: it neither vetoes nor votes', async () => {
    const { mask, logits } = await found(mapOf('t1', [2, null, null, 4]), mapOf('flair', [4, 3, -1, null]));
    expect(mask).toEqual([4, 4, 0, 4]);
    [3, 3, -1, 4].forEach((z, at) => expect(logits[at]).toBeCloseTo(z, 5));
  });

  it('where all are blind there is no tumour', async () => {
    const { mask, logits } = await found(mapOf('t1', [9, null, null, 9]), mapOf('flair', [9, null, 5, null]));
    expect(mask).toEqual([4, 0, 4, 4]);
    expect(logits[1]).toBe(Number.NEGATIVE_INFINITY);
    const tissue = mapOf('t1', [9, null, null, 9], [true, true, true, true]);
    expect((await found(tissue)).logits[1]).toBeCloseTo(-10, 4);
  });

  it('the mask is cut where every used image is air on the case’s own grid', async () => {
    const t1 = mapOf('t1', [5, 5, 5, 5], [true, false, false, true]);
    const flair = mapOf('flair', [5, 5, 5, 5], [false, true, false, false]);
    expect((await found(t1)).mask).toEqual([4, 0, 0, 4]);
    expect((await found(t1, flair)).mask).toEqual([4, 4, 0, 4]);
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
