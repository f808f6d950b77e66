import { describe, expect, it } from 'vitest';
import { maskOfRuns } from '../../src/masks/runs.js';
import { volumesOf, volumesOfRuns } from '../../src/masks/volumes.js';
import { descriptionTemplate } from '../../src/model/template.js';
import { combine } from '../../src/segment/combine.js';
import { type Fusion, membersOfBits } from '../../src/segment/fusion.js';
import { layLattice } from '../../src/segment/lattice.js';
import { type LogitMap, type ModalityLogits, silence } from '../../src/segment/logits.js';
import { oneMask } from '../../src/segment/oneMask.js';
import { packBits } from '../../src/segment/tissue.js';
import { MODALITIES, type Modality } from '../../src/terms.js';
import { type Grid, voxelCount } from '../../src/volume/volume.js';
import { bratsGrid } from '../support/images.js';

const { grid: lattice } = descriptionTemplate(
  { name: 'x', version: '1', description: '', trainingData: '' },
  0.25,
);

/** A few blobs in the middle of nothing; another box, other blind points and other air for each modality. */
function blobs(grid: Grid, modality: Modality, index: number): LogitMap {
  const size = [14 - index, 11, 9 + index] as const;
  const voxels = size[0] * size[1] * size[2];
  const data = new Float32Array(3 * voxels);
  for (let r = 0; r < 3; r++)
    for (let at = 0; at < voxels; at++) {
      const wave = Math.sin((at % size[0]) * 0.9 + index) * Math.cos(Math.floor(at / size[0]) * 0.21);
      data[r * voxels + at] = 9 * wave - 3 - r;
    }
  const seen = Uint8Array.from({ length: voxels }, (_, at) => (at % (11 + index) < 2 ? 0 : 1));
  silence(data, seen, -10);
  const shown = Uint8Array.from({ length: voxelCount(grid.size) }, (_, at) =>
    at % (5 + index) === 0 ? 0 : 1,
  );
  return { modality, box: { origin: [2 - index, 3, index], size }, data, seen, tissue: packBits(shown) };
}

const logits = (grid: Grid): ModalityLogits => ({
  lattice: layLattice(grid, lattice),
  outsideLogit: -10,
  maps: MODALITIES.map((modality, index) => blobs(grid, modality, index)),
  passSeconds: [],
});

const fusionAt = (threshold: number): Fusion => ({
  weights: [
    [1, 0.4, 0.7],
    [0.6, 1.3, 2],
    [1.1, 1, 0],
    [2, 0.5, 0.3],
  ],
  biases: MODALITIES.map((_, m) => [0.1 * m, -0.2, 0.3]),
  thresholdLogit: Math.log(threshold / (1 - threshold)),
});

describe('the mask of one combination', () => {
  const flipped = bratsGrid([40, 36, 30]);
  const straight: Grid = {
    size: [30, 40, 24],
    affine: [0, 1.1, 0, 0, -0.9, 0, 0, 0, 0, 0, 1.4, 0, 0, 190, 2, 1],
  };
  for (const [name, grid] of [
    ['axes flipped', flipped],
    ['axes swapped, other spacing', straight],
  ] as const)
    it(`is that of all combinations together, voxel by voxel (${name})`, async () => {
      const whole = logits(grid);
      let labelled = 0;
      for (const threshold of [0.05, 0.5, 0.95]) {
        const fusion = fusionAt(threshold);
        const subsets = Array.from({ length: 15 }, (_, n) => n + 1);
        const { labels } = await combine(whole, grid, fusion, subsets);
        for (const bits of subsets) {
          const own = {
            ...fusion,
            weights: membersOfBits(bits, fusion.weights),
            biases: membersOfBits(bits, fusion.biases),
          };
          const of = { ...whole, maps: membersOfBits(bits, whole.maps) };
          const found = maskOfRuns(oneMask(of, grid, own), voxelCount(grid.size));
          expect(Buffer.compare(Buffer.from(found), Buffer.from(labels.get(bits)!))).toBe(0);
          labelled += found.reduce((count, label) => count + (label === 0 ? 0 : 1), 0);
        }
      }
      expect(labelled).toBeGreaterThan(1000);
    });

  it('is empty where nothing is above the threshold', () => {
    const found = oneMask(logits(flipped), flipped, { ...fusionAt(0.5), thresholdLogit: 50 });
    expect(found).toHaveLength(0);
  });

  it('stays the same mask when weights and threshold move up and down, as sliders do', async () => {
    const whole = logits(flipped);
    const fusion = fusionAt(0.5);
    for (const [factor, threshold] of [
      [1, 0.5],
      [0.3, 0.5],
      [4, 0.9],
      [1, 0.02],
      [2, 0.6],
      [1, 0.0001],
      [1, 0.5],
    ]) {
      const moved: Fusion = {
        ...fusion,
        weights: fusion.weights.map((row, m) => (m === 2 ? row.map((w) => w * factor) : row)),
        thresholdLogit: Math.log(threshold / (1 - threshold)),
      };
      const { labels } = await combine(whole, flipped, moved, [15]);
      const found = maskOfRuns(oneMask(whole, flipped, moved), voxelCount(flipped.size));
      expect(Buffer.compare(Buffer.from(found), Buffer.from(labels.get(15)!))).toBe(0);
      expect(volumesOfRuns(oneMask(whole, flipped, moved), flipped)).toEqual(volumesOf(found, flipped));
    }
  });

  it('follows other maps, biases and grids beside the first map that it knows', async () => {
    const whole = logits(flipped);
    const other = { ...whole, maps: [whole.maps[0], ...logits(flipped).maps.slice(1).toReversed()] };
    const fusion = fusionAt(0.5);
    const biased = { ...fusion, biases: fusion.biases.map((row) => row.map((b) => b + 0.7)) };
    for (const [of, own] of [
      [whole, fusion],
      [other, fusion],
      [whole, biased],
    ] as const) {
      const { labels } = await combine(of, flipped, own, [15]);
      const found = maskOfRuns(oneMask(of, flipped, own), voxelCount(flipped.size));
      expect(Buffer.compare(Buffer.from(found), Buffer.from(labels.get(15)!))).toBe(0);
    }
  });
});
