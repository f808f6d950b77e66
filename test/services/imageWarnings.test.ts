import { describe, expect, it } from 'vitest';
import { descriptionTemplate } from '../../src/model/template.js';
import type { Case } from '../../src/prepare/case.js';
import { pairFeatures } from '../../src/segment/imageChecks.js';
import { describeWarning } from '../../src/services/contract/warnings.js';
import { imageWarnings } from '../../src/services/imageWarnings.js';
import { affineFromRows } from '../../src/volume/affine.js';
import { values } from '../kernels/volumes.js';

const SIDE = 40;
const grid = {
  size: [SIDE, SIDE, SIDE] as const,
  affine: affineFromRows([
    [-239 / 127, 0, 0, 0],
    [0, -239 / 127, 0, 239],
    [0, 0, 154 / 127, 0],
  ]),
};
const t1 = values(SIDE ** 3, 1).map((value) => value + 2);
/** Bright here and there, as contrast agent makes it. */
const t1ce = values(SIDE ** 3, 2).map((value, v) => value + 2 + (v % 90 === 0 ? 4 : 0));
const labels = new Uint8Array(SIDE ** 3);
for (let k = 10; k < 24; k++) for (let j = 10; j < 24; j++) labels.fill(2, at(10, j, k), at(24, j, k));

function at(i: number, j: number, k: number): number {
  return i + SIDE * (j + SIDE * k);
}

function prepared(images: Record<string, Float32Array>): Pick<Case, 'grid' | 'images'> {
  const entries = Object.entries(images).map(([modality, data]) => [modality, { ...grid, data }]);
  return { grid, images: Object.fromEntries(entries) };
}

const template = descriptionTemplate({ name: '', version: '', description: '', trainingData: '' }, 0.25);
const rates = { detection: 1, falseAlarms: 0, cases: 40 };
const inputChecks = {
  swapped: { 't1+t1ce': { weights: pairFeatures(t1, t1ce)!, below: 0, ...rates } },
  uptake: { below: 1, ...rates },
  surface: { above: 0.15, cases: 40 },
  lesions: null,
};
const description = {
  ...template,
  weightsSha256: '',
  knowledge: { ...template.knowledge, inputChecks },
};
const sentences = (images: Record<string, Float32Array>, mask = labels) =>
  imageWarnings(prepared(images), mask, description).map(describeWarning);

describe('what the checks of the images say', () => {
  it('nothing about usual images, without a tumour, or by a model without cut-offs', () => {
    expect(sentences({ t1, t1ce })).toEqual([]);
    expect(sentences({ t1: t1ce, t1ce: t1 }, new Uint8Array(SIDE ** 3))).toEqual([]);
    const silent = { ...description, knowledge: template.knowledge };
    expect(imageWarnings(prepared({ t1: t1ce, t1ce: t1 }), labels, silent)).toEqual([]);
  });

  it('that sequences look swapped', () => {
    expect(sentences({ t1: t1ce, t1ce: t1 })).toEqual([
      'Sequences look swapped, most likely T1 and T1ce: check which file is which.',
    ]);
  });

  it('that there is no contrast uptake', () => {
    expect(sentences({ t1, t1ce: t1.map((value, v) => value + 0.1 * Math.sin(v)) })).toEqual([
      'T1ce shows no contrast uptake over T1: check that both are the right images.',
    ]);
  });

  it('that the tumour lies at the surface of the brain', () => {
    // Air beside one of the cube's six faces.
    const cut = t1.map((value, v) => (v % SIDE >= 24 ? 0 : value));
    expect(sentences({ t1: cut })).toEqual([
      '17 % of the tumour’s surface lies at the surface of the brain: this model was not trained on tumours of the meninges.',
    ]);
  });
});
