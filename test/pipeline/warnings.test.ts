import { describe, expect, it } from 'vitest';
import { lookAtImages } from '../../src/checks/checkWarnings.js';
import type { Answers } from '../../src/contract/cases.js';
import type { Warning } from '../../src/contract/results.js';
import { describeWarning, noWarning } from '../../src/contract/warnings.js';
import type { Suggestions } from '../../src/intake/candidate.js';
import { descriptionTemplate } from '../../src/model/template.js';
import {
  aroundTumour,
  caseWarnings,
  combinationWarnings,
  imageWarnings,
  missingChecks,
  tumourWarnings,
} from '../../src/pipeline/warnings.js';
import type { Case } from '../../src/prepare/case.js';
import { pairFeatures } from '../../src/segment/imageChecks.js';
import { type Population, perRegion, UNKNOWN_POPULATION } from '../../src/terms.js';
import { affineFromRows } from '../../src/volume/affine.js';
import { values } from '../kernels/volumes.js';
import { ADULT_GLIOMAS } from '../support/population.js';

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

describe('what is said about a case', () => {
  const none = { adult: null, treated: null, glioma: null };
  const facts = {
    steps: null,
    overridden: [],
    images: [],
    failedDevices: [],
    answers: null,
    suggestions: none,
    lost: [],
    population: ADULT_GLIOMAS,
  };

  it('nothing where there is nothing', () => {
    expect(caseWarnings(facts)).toEqual([]);
  });

  it('a preparation in doubt, also for the terminal', () => {
    const problem = { code: 'REGISTRATION_FAILED', field: 'overlap', found: '0.81' } as const;
    const step = { step: 'atlas', sequence: null, verdict: 'doubtful', problem } as const;
    const good = { step: 'resample', sequence: null, verdict: 'good', problem: null } as const;
    expect(caseWarnings({ ...facts, steps: [step, good] })).toEqual([
      { code: 'PREPARATION_DOUBTFUL', step: 'atlas', sequence: null, problem },
    ]);
  });

  it('an overridden check once, for however many images', () => {
    const overridden = ['a', 'b'].map((file) => ({ code: 'NOT_SKULL_STRIPPED', file }) as const);
    expect(caseWarnings({ ...facts, overridden })).toEqual([
      { code: 'CHECK_OVERRIDDEN', problem: overridden[0] },
    ]);
  });

  it('a child and an operation by the headers, until the user answers', () => {
    const adult = { answer: false, source: 'age 8 months in the DICOM header' };
    const treated = { answer: true, source: '“post op” in the DICOM header' };
    const suggestions = { adult, treated, glioma: null };
    const said = caseWarnings({ ...facts, suggestions }).map(describeWarning);
    expect(said[0]).toMatch(/^By the headers the patient is a child \(age 8 months in the DICOM header\)/);
    expect(said[1]).toMatch(/operated or irradiated \(“post op” in the DICOM header\)/);
    const answers = { adult: 'yes', treated: 'no', glioma: 'yes' } as const;
    expect(caseWarnings({ ...facts, suggestions, answers })).toEqual([]);
  });

  it('a sequence that is there and could not be used, first of all', () => {
    const reason = '1 of its slices is missing (between 12 and 14)';
    const lost = [{ sequence: 't1ce', series: 'DICOM series 9', reason, mendable: false } as const];
    expect(caseWarnings({ ...facts, failedDevices: ['gpu'], lost }).map(describeWarning)[0]).toBe(
      `T1ce was there but ${reason}: DICOM series 9 was not used.`,
    );
    const mendable = lost.map((one) => ({ ...one, mendable: true }));
    expect(caseWarnings({ ...facts, lost: mendable }).map(describeWarning)[0]).toMatch(/--accept-gaps/);
  });

  it('a device that failed, and answers that the model was not made for', () => {
    const answers = { adult: 'no', treated: 'unknown', glioma: 'no' } as const;
    expect(caseWarnings({ ...facts, failedDevices: ['gpu', 'gpu'], answers })).toEqual([
      { code: 'REPEATED_ON_CPU', device: 'gpu' },
      { code: 'OUTSIDE_TRAINING', reason: 'child', population: ADULT_GLIOMAS },
      { code: 'OUTSIDE_TRAINING', reason: 'notGlioma', population: ADULT_GLIOMAS },
    ]);
  });
});

describe('what is said of what the model was trained on', () => {
  const answers = { adult: 'no', treated: 'yes', glioma: 'no' } as const;
  const usual = { adult: 'yes', treated: 'no', glioma: 'yes' } as const;
  const about = { steps: null, overridden: [], images: [], failedDevices: [], lost: [] };
  const none = { adult: null, treated: null, glioma: null };
  const said = (
    population: Population | null,
    given: Answers | null = answers,
    suggestions: Suggestions = none,
  ) => caseWarnings({ ...about, suggestions, answers: given, population }).map(describeWarning);

  it('follows from model.json', () => {
    expect(said(ADULT_GLIOMAS)).toEqual([
      'This model was trained on adults only.',
      'This model was trained on patients before treatment: cavities, scars and radiation effects are unknown to it.',
      'This model was trained on gliomas only.',
    ]);
    expect(said(ADULT_GLIOMAS, usual)).toEqual([]);
    const children = {
      age: ['children'],
      treatment: ['after'],
      tumours: ['metastasis', 'meningioma'],
    } as const;
    expect(said(children, usual)).toEqual([
      'This model was trained on children only.',
      'This model was trained on patients after treatment only.',
      'This model was trained on metastases and meningiomas only.',
    ]);
    const everybody = {
      ...ADULT_GLIOMAS,
      age: ['adults', 'children'],
      treatment: ['before', 'after'],
    } as const;
    expect(said(everybody)).toEqual(['This model was trained on gliomas only.']);
  });

  it('is doubted where a check contradicts an answer', () => {
    const small = { code: 'BRAIN_IMPLAUSIBLE', check: 'volume', value: 700 } as const;
    const fluid = { code: 'FLUID_IN_TUMOUR', ml: 4, population: ADULT_GLIOMAS } as const;
    const doubted = (given: Answers, images: readonly Warning[]) =>
      caseWarnings({ ...about, images, suggestions: none, answers: given, population: ADULT_GLIOMAS })
        .filter(({ code }) => code === 'ANSWER_DOUBTED')
        .map(describeWarning);
    expect(doubted(usual, [small, fluid])).toEqual([
      'The answer is “adult”, and this brain is smaller than an adult’s: one of them is wrong. Look.',
      'The answer is “not treated”, and clear fluid lies in the tumour as after an operation: one of them may be wrong. Look.',
    ]);
    expect(doubted(answers, [small, fluid])).toEqual([]);
    // A large brain is no child's.
    expect(doubted(usual, [{ ...small, value: 2100 }])).toEqual([]);
  });

  it('is that nobody knows, where model.json says nothing', () => {
    expect(said(UNKNOWN_POPULATION)).toEqual([
      'Whether this model was trained on children is not known.',
      'Whether this model was trained on patients after treatment is not known.',
      'Which tumours this model was trained on is not known.',
    ]);
    expect(said(UNKNOWN_POPULATION, usual)).toEqual([]);
  });

  it('is silent on what headers suggest where the model knows such patients, or no model is in play', () => {
    const child = { ...none, adult: { answer: false, source: 'age 8' } };
    expect(said({ ...ADULT_GLIOMAS, age: ['adults', 'children'] }, null, child)).toEqual([]);
    expect(said(null, null, child)).toEqual(['By the headers the patient is a child (age 8).']);
    expect(said(ADULT_GLIOMAS, null, child)[0]).toMatch(
      /\(age 8\)\. This model was trained on adults only\.$/,
    );
  });

  it('stands behind findings that another tumour would explain', () => {
    const several = (population: Population) =>
      describeWarning({ code: 'SEVERAL_ENHANCING_LESIONS', lesions: 4, population });
    expect(several(ADULT_GLIOMAS)).toBe(
      '4 separate enhancing lesions: this model was not trained on metastases.',
    );
    expect(several(UNKNOWN_POPULATION)).toMatch(
      /whether this model was trained on metastases is not known\.$/,
    );
    expect(several({ ...ADULT_GLIOMAS, tumours: ['metastasis'] })).toBe('4 separate enhancing lesions.');
    expect(describeWarning({ code: 'MANY_PARTS', parts: 9, population: ADULT_GLIOMAS })).toBe(
      'The tumour is in 9 separate parts: false ones are likely, and this model was not trained on metastases.',
    );
  });

  it('names every region of a model that nobody measured as not measured', () => {
    const volumes = { WT: volume(false), TC: volume(false), ET: volume(false) };
    const agreement = { WT: null, TC: null, ET: null };
    const warnings = combinationWarnings(
      ['t1'],
      { volumes, agreement, alone: perRegion(() => null), enhancingLesions: 0 },
      template.knowledge,
    );
    expect(warnings.map(describeWarning)).toEqual([
      'Nobody has measured this model with these sequences: no region is supported.',
      ...['whole tumour', 'tumour core', 'enhancing tumour'].map(
        (region) =>
          `The ${region} was not measured with this model and these sequences: what is marked is a guess.`,
      ),
    ]);
  });

  function volume(supported: boolean) {
    return { ml: 1, supported, range: null, expected: null };
  }
});

describe('checks that could not be made', () => {
  const flag = { below: 0.75, poorDice: 0.7, detection: 0.6, falseAlarms: 0.1, results: 100 };
  const knowledge = {
    ...description.knowledge,
    inputChecks,
    agreementFlags: { WT: flag, TC: null, ET: null },
  };
  const agreement = { WT: 0.9, TC: null, ET: null };

  it('none, where the model has cut-offs and the sequences allow them', () => {
    expect(missingChecks(['t1', 't1ce'], { agreement }, knowledge)).toEqual([]);
  });

  it('those that one sequence does not allow', () => {
    const alone = { agreement: { WT: null, TC: null, ET: null } };
    expect(missingChecks(['t1'], alone, knowledge)).toEqual(['agreement', 'swapped', 'uptake']);
    expect(noWarning(['agreement'])).toBe(
      'No warning from these checks: swapped sequences, contrast uptake, tumour at the edge of the brain. Not checked: agreement. Look at the mask all the same.',
    );
  });

  it('all, where the model was never measured', () => {
    const all = ['agreement', 'swapped', 'uptake', 'surface'];
    expect(missingChecks(['t1', 't1ce'], { agreement }, template.knowledge)).toEqual(all);
  });
});
