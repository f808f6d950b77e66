import { describe, expect, it } from 'vitest';
import { lookAtImages } from '../../src/checks/checkWarnings.js';
import { aroundTumour, imageWarnings, tumourWarnings } from '../../src/checks/imageWarnings.js';
import { describeWarning } from '../../src/contract/warnings.js';
import { descriptionTemplate } from '../../src/model/template.js';
import type { Case } from '../../src/prepare/case.js';
import { pairFeatures } from '../../src/segment/imageChecks.js';
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
/** Edges that both images have, as two sequences of one head do. */
const anatomy = (v: number) => {
  const [i, j, k] = [v % SIDE, Math.floor(v / SIDE) % SIDE, Math.floor(v / SIDE ** 2)];
  return 4 * (Math.sin(i / 2 + j / 7) + Math.sin(j / 2 - k / 5 + i / 9) + Math.sin(k / 2 + i / 3));
};
const t1 = values(SIDE ** 3, 1).map((value, v) => value + 20 + anatomy(v));
/** Bright here and there, as contrast agent makes it. */
const t1ce = values(SIDE ** 3, 2).map((value, v) => value + 20 + anatomy(v) + (v % 90 === 0 ? 14 : 0));
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
  tumourWarnings(aroundTumour(prepared(images), mask, description), description.knowledge).map(
    describeWarning,
  );

describe('what the checks of the images say', () => {
  it('nothing about usual images, without a tumour, or by a model without cut-offs', () => {
    expect(sentences({ t1, t1ce })).toEqual([]);
    expect(sentences({ t1: t1ce, t1ce: t1 }, new Uint8Array(SIDE ** 3))).toEqual([]);
    const silent = { ...description, knowledge: template.knowledge };
    expect(aroundTumour(prepared({ t1: t1ce, t1ce: t1 }), labels, silent)).toBeNull();
    expect(tumourWarnings(null, silent.knowledge)).toEqual([]);
  });

  it('and beside that what every case is checked for, whatever the model', async () => {
    // A cube of 270 ml without air is no brain.
    const swapped = prepared({ t1: t1ce, t1ce: t1 });
    const looked = await lookAtImages(swapped, description.normalisation);
    const codes = imageWarnings(swapped, looked, labels, description).map(({ code }) => code);
    expect(codes).toContain('BRAIN_IMPLAUSIBLE');
    expect(codes.at(-1)).toBe('SEQUENCES_SWAPPED');
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

  it('that nothing enhances, neither marked nor seen, where the model is known to find what does', async () => {
    const noise = values(SIDE ** 3, 5);
    const dull = t1.map((value, v) => value + 0.2 * noise[v]);
    const known = { supported: true, dice: { mean: 0.8, lower: 0.7, upper: 0.9, patients: 9 } };
    const combinations = {
      ...template.knowledge.combinations,
      't1+t1ce': { WT: known, TC: known, ET: known },
    };
    const codes = async (images: Record<string, Float32Array>, mask: Uint8Array, isKnown = true) => {
      const looked = await lookAtImages(prepared(images), description.normalisation);
      const knowledge = isKnown ? { ...description.knowledge, combinations } : description.knowledge;
      return imageWarnings(prepared(images), looked, mask, { ...description, knowledge }).map(
        ({ code }) => code,
      );
    };
    expect(await codes({ t1, t1ce: dull }, labels)).toContain('NOTHING_ENHANCES');
    expect(await codes({ t1, t1ce: dull }, labels, false)).not.toContain('NOTHING_ENHANCES');
    expect(await codes({ t1, t1ce: dull }, new Uint8Array(SIDE ** 3))).not.toContain('NOTHING_ENHANCES');
    const enhancing = labels.map((label) => (label === 0 ? 0 : 4));
    expect(await codes({ t1, t1ce: dull }, enhancing)).not.toContain('NOTHING_ENHANCES');
    // A part that takes up contrast agent and is not marked as enhancing.
    const bright = dull.slice();
    for (let k = 13; k < 21; k++)
      for (let j = 13; j < 21; j++) for (let i = 13; i < 21; i++) bright[at(i, j, k)] += 40;
    expect(await codes({ t1, t1ce: bright }, labels)).not.toContain('NOTHING_ENHANCES');
  });

  it('that the tumour lies at the surface of the brain', () => {
    // Air beside two of the cube's six faces.
    const cut = t1.map((value, v) => (v % SIDE >= 24 || Math.floor(v / SIDE) % SIDE >= 24 ? 0 : value));
    // Sound brains have as much as one of six.
    expect(sentences({ t1: t1.map((value, v) => (v % SIDE >= 24 ? 0 : value)) })).toEqual([]);
    expect(sentences({ t1: cut })).toEqual([
      '33 % of the mask’s surface touches the edge of the brain: a tumour of the meninges or a failed mask; whether this model was trained on meningiomas is not known. Look.',
    ]);
  });
});
