import { describe, expect, it } from 'vitest';
import { type Answered, withAnswers } from '../../src/contract/answers.js';
import type { Answers } from '../../src/contract/cases.js';
import type { Warning } from '../../src/contract/results.js';
import { describeWarning } from '../../src/contract/warnings.js';
import { type Population, UNKNOWN_POPULATION } from '../../src/terms.js';
import { ADULT_GLIOMAS } from '../support/population.js';

const none = { adult: null, treated: null, glioma: null };

describe('what the answers add to the warnings about a case', () => {
  const about = { answers: null, suggestions: none, population: ADULT_GLIOMAS };
  const lost: Warning = {
    code: 'SEQUENCE_LOST',
    sequence: 't1ce',
    series: '9',
    reason: 'cut',
    mendable: false,
  };
  const other: Warning = { code: 'REPEATED_ON_CPU', device: 'gpu' };
  const fluid: Warning = { code: 'FLUID_IN_TUMOUR', ml: 4, population: ADULT_GLIOMAS };
  const child = { answer: false, source: 'age 8 months in the DICOM header' };
  const treated = { answer: true, source: '“post op” in the DICOM header' };

  it('nothing where nobody was asked and no header says anything', () => {
    expect(withAnswers([lost, other], about)).toEqual([lost, other]);
  });

  it('a child and an operation by the headers, behind what was lost, until the user answers', () => {
    const suggestions = { ...none, adult: child, treated };
    const warnings = withAnswers([lost, other], { ...about, suggestions });
    expect(warnings.map(({ code }) => code)).toEqual([
      'SEQUENCE_LOST',
      'HEADERS_SUGGEST',
      'HEADERS_SUGGEST',
      'REPEATED_ON_CPU',
    ]);
    const said = warnings.map(describeWarning);
    expect(said[1]).toMatch(/^By the headers the patient is a child \(age 8 months in the DICOM header\)/);
    expect(said[2]).toMatch(/operated or irradiated \(“post op” in the DICOM header\)/);
    const answers = { adult: 'yes', treated: 'no', glioma: 'yes' } as const;
    expect(withAnswers([], { ...about, suggestions, answers })).toEqual([]);
  });

  it('answers that the model was not made for, and such as a check contradicts, last', () => {
    const answers = { adult: 'no', treated: 'no', glioma: 'no' } as const;
    expect(withAnswers([other, fluid], { ...about, answers })).toEqual([
      other,
      fluid,
      { code: 'OUTSIDE_TRAINING', reason: 'child', population: ADULT_GLIOMAS },
      { code: 'OUTSIDE_TRAINING', reason: 'notGlioma', population: ADULT_GLIOMAS },
      { code: 'ANSWER_DOUBTED', answer: 'untreated' },
    ]);
  });

  it('nothing for an answer of which the user does not know', () => {
    const answers = { adult: 'unknown', treated: 'unknown', glioma: 'unknown' } as const;
    expect(withAnswers([other], { ...about, answers })).toEqual([other]);
  });
});

describe('what is said of what the model was trained on', () => {
  const answers = { adult: 'no', treated: 'yes', glioma: 'no' } as const;
  const usual = { adult: 'yes', treated: 'no', glioma: 'yes' } as const;
  const said = (
    population: Population | null,
    given: Answers | null = answers,
    suggestions: Answered['suggestions'] = none,
  ) => withAnswers([], { answers: given, suggestions, population }).map(describeWarning);

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
      withAnswers(images, { answers: given, suggestions: none, population: ADULT_GLIOMAS })
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
