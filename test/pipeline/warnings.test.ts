import { describe, expect, it } from 'vitest';
import type { Answers } from '../../src/contract/cases.js';
import type { Warning } from '../../src/contract/results.js';
import { describeWarning } from '../../src/contract/warnings.js';
import type { Suggestions } from '../../src/intake/candidate.js';
import { caseWarnings } from '../../src/pipeline/warnings.js';
import { type Population, UNKNOWN_POPULATION } from '../../src/terms.js';
import { ADULT_GLIOMAS } from '../support/population.js';

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
});
