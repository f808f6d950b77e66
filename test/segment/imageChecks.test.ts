import { describe, expect, it } from 'vitest';
import type { InputChecks } from '../../src/model/knowledgeSchema.js';
import { descriptionTemplate } from '../../src/model/template.js';
import type { Case } from '../../src/prepare/case.js';
import { normalise } from '../../src/prepare/normalise.js';
import { countEnhancingLesions } from '../../src/segment/cleanUp.js';
import {
  checkImages,
  contrastUptake,
  normalisedBy,
  pairFeatures,
  surfaceShare,
  tumourSurroundings,
} from '../../src/segment/imageChecks.js';
import { tumourParts } from '../../src/segment/resultChecks.js';
import { affineFromRows } from '../../src/volume/affine.js';
import { shownPart } from '../../src/volume/extent.js';
import { values } from '../kernels/volumes.js';

const [mmX, mmY, mmZ] = [239 / 127, 239 / 127, 154 / 127];
const SIZE = [60, 60, 60] as const;
/** LPS with the lattice's spacing and through its anchor: voxel (i, j, k) is lattice point (i, j, k). */
const grid = {
  size: SIZE,
  affine: affineFromRows([
    [-mmX, 0, 0, 0],
    [0, -mmY, 0, 239],
    [0, 0, mmZ, 0],
  ]),
};
const description = descriptionTemplate({ name: '', version: '', description: '', trainingData: '' }, 0.25);
const at = (i: number, j: number, k: number) => i + 60 * (j + 60 * k);

function box(low: readonly number[], high: readonly number[]): Uint8Array {
  const mask = new Uint8Array(60 ** 3);
  for (let k = low[2]; k < high[2]; k++)
    for (let j = low[1]; j < high[1]; j++) mask.fill(2, at(low[0], j, k), at(high[0], j, k));
  return mask;
}

const surroundings = (images: Case['images'], labels: Uint8Array) =>
  tumourSurroundings(
    { grid, images },
    tumourParts(shownPart({ ...grid, data: labels }), grid)[0],
    description.grid,
    normalisedBy(images, description.normalisation),
  );

function imagesOf(t1: Float32Array): Case['images'] {
  return { t1: { ...grid, data: t1 } } as unknown as Case['images'];
}

describe('the surroundings of the tumour', () => {
  it('are the normalised image in the largest part’s box and four points more', () => {
    const data = values(60 ** 3, 4).map((value) => value + 3);
    const labels = box([20, 25, 30], [26, 33, 42]);
    labels[at(5, 5, 5)] = 2;
    const found = surroundings(imagesOf(data), labels)!;
    const expected = normalise({ ...grid, data }, description.normalisation);
    expect(found.t1).toHaveLength(14 * 16 * 20);
    let v = 0;
    for (let k = 26; k < 46; k++)
      for (let j = 21; j < 37; j++)
        for (let i = 16; i < 30; i++, v++) expect(found.t1![v]).toBeCloseTo(expected[at(i, j, k)], 4);
    expect(found.flair).toBeUndefined();
  });

  it('are at most 32 points a side, about the box’s centre, and none without a tumour', () => {
    const images = imagesOf(new Float32Array(60 ** 3).map((_, v) => 1 + (v % 60)));
    const labels = box([10, 10, 10], [50, 20, 20]);
    const found = surroundings(images, labels)!;
    expect(found.t1).toHaveLength(32 * 18 * 18);
    const all = normalise({ ...grid, data: images.t1!.data }, description.normalisation);
    expect(found.t1![0]).toBeCloseTo(all[at(14, 6, 6)], 4);
    expect(tumourParts(null, grid)).toEqual([]);
  });
});

describe('pairs of images', () => {
  const a = values(4000, 1);
  const b = values(4000, 2).map((value) => 2 * value ** 3 + 0.5);

  it('have features that turn their sign when the images are swapped', () => {
    const features = pairFeatures(a, b)!;
    expect(features).toHaveLength(10);
    pairFeatures(b, a)!.forEach((value, i) => expect(value).toBeCloseTo(-features[i], 5));
    expect(pairFeatures(a, new Float32Array(4000))).toBeNull();
  });

  const weights = pairFeatures(a, b)!;
  const rates = { detection: 1, falseAlarms: 0, cases: 40 };
  const checks: InputChecks = {
    swapped: { 't1+t1ce': { weights, below: 0, ...rates } },
    uptake: { below: 1, ...rates },
    surface: null,
    lesions: null,
  };
  it('are reported when they look swapped, and then nothing about contrast', () => {
    expect(checkImages({ t1: a, t1ce: b }, checks)).toEqual([]);
    expect(checkImages({ t1: b, t1ce: a }, checks)).toEqual([{ kind: 'swapped', sequences: ['t1', 't1ce'] }]);
    expect(checkImages({ t2: b, flair: a }, checks)).toEqual([]);
  });

  it('show contrast uptake where T1ce is the brighter, or are reported', () => {
    const bright = a.map((value, v) => (v % 100 === 0 ? value + 3 : value));
    expect(contrastUptake(a, bright)).toBeCloseTo(3, 5);
    const silent = { ...checks, swapped: {} };
    expect(checkImages({ t1: a, t1ce: bright }, silent)).toEqual([]);
    expect(checkImages({ t1: a, t1ce: a.slice() }, silent)).toEqual([{ kind: 'no-uptake' }]);
  });
});

describe('the surface', () => {
  it('is the share of the tumour’s faces that border on air', () => {
    const brain = Float32Array.from(box([10, 10, 10], [50, 50, 50]));
    // 4 × 4 × 4 with one face at the brain's end: 16 of 96 faces.
    const labels = box([10, 20, 20], [14, 24, 24]);
    expect(surfaceShare({ grid, images: imagesOf(brain) }, labels)).toBeCloseTo(1 / 6, 12);
    const inside = box([20, 20, 20], [24, 24, 24]);
    expect(surfaceShare({ grid, images: imagesOf(brain) }, inside)).toBe(0);
    expect(surfaceShare({ grid, images: imagesOf(brain) }, new Uint8Array(60 ** 3))).toBeNull();
  });
});

describe('enhancing lesions', () => {
  it('are the parts of the tumour that enhance, however many spots each has', () => {
    const labels = box([10, 10, 10], [20, 20, 20]);
    for (const k of [11, 14, 18]) labels[at(15, 15, k)] = 4;
    labels.set(box([30, 30, 30], [33, 33, 33]).subarray(at(0, 0, 30)), at(0, 0, 30));
    expect(countEnhancingLesions(labels, grid, 0)).toBe(1);
    labels[at(31, 31, 31)] = 4;
    expect(countEnhancingLesions(labels, grid, 0)).toBe(2);
    // One voxel is 0.0043 ml.
    expect(countEnhancingLesions(labels, grid, 0.01)).toBe(1);
  });
});
