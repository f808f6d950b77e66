import { describe, expect, it } from 'vitest';
import { describeWarning, noWarning } from '../../src/contract/warnings.js';
import { descriptionTemplate } from '../../src/model/template.js';
import { caseWarnings, combinationWarnings, findingsOf, missingChecks } from '../../src/pipeline/findings.js';
import type { PatternCounts } from '../../src/segment/combine.js';
import { perRegion, UNKNOWN_POPULATION } from '../../src/terms.js';

const SIZE = [10, 10, 10] as const;
/** 1 ml voxels, so that volumes are counts. */
const grid = { size: SIZE, affine: [10, 0, 0, 0, 0, 10, 0, 0, 0, 0, 10, 0, 0, 0, 0, 1] as never };
const { knowledge, cleanUp } = descriptionTemplate(
  { name: 'm', version: '1', description: '', trainingData: '' },
  0.25,
);
const flag = { below: 0.75, poorDice: 0.7, detection: 0.6, falseAlarms: 0.1, results: 100 };
const factor = { factor: 2, patients: 30 };
const dice = { mean: 0.8, lower: 0.75, upper: 0.85, patients: 40 };
const measured = { supported: true, dice };
const known = {
  ...knowledge,
  combinations: {
    ...knowledge.combinations,
    't1ce+flair': { WT: measured, TC: measured, ET: measured },
  },
  agreementFlags: { WT: flag, TC: null, ET: null },
  volumeRanges: {
    level: 0.8,
    offset: 0.1,
    measuredOn: 'cut-outs',
    factors: { 't1ce+flair': { WT: factor, TC: null, ET: null } },
    coverage: [],
  },
};

/** Subset 1 is T1ce, 2 FLAIR, 3 both: 10 voxels of both alone and together, 2 of T1ce and both, 8 of FLAIR and both. */
function patterns(): PatternCounts {
  const whole = new Uint32Array(16);
  whole[0b1110] = 10;
  whole[0b1010] = 2;
  whole[0b1100] = 8;
  return [whole, new Uint32Array(16), new Uint32Array(16)];
}

/** 17 voxels of oedema, and three enhancing voxels that do not touch. */
function labels(): Uint8Array {
  const data = new Uint8Array(1000);
  data.fill(2, 100, 117);
  for (const at of [500, 505, 709]) data[at] = 4;
  return data;
}

function find(what: typeof knowledge = known, counted: PatternCounts | null = patterns()) {
  const found = {
    labels: labels(),
    specks: [],
    members: ['t1ce', 'flair'] as const,
    patterns: counted,
  };
  return findingsOf(found, ['t1ce', 'flair'], grid, { knowledge: what, cleanUp });
}

describe('what is said about a mask', () => {
  const found = find();

  it('its volumes, with the range that follows from what each sequence finds alone', () => {
    expect(found.volumes).toMatchObject({ WT: { ml: 20 }, TC: { ml: 3, range: null }, ET: { ml: 3 } });
    // Alone 12 and 18 ml.
    const spread = Math.log(18.1 / 12.1) / 2;
    expect(found.volumes.WT.range!.upper).toBeCloseTo(20.1 * Math.exp(2 * (spread + 0.1)) - 0.1, 9);
  });

  it('its separate enhancing lesions from three on', () => {
    expect(found.enhancingLesions).toBe(3);
    expect(found.warnings).toContainEqual({
      code: 'SEVERAL_ENHANCING_LESIONS',
      lesions: 3,
      population: UNKNOWN_POPULATION,
    });
  });

  it('low agreement by the model’s own cut-off, and nothing where the model knows of none', () => {
    // Dice with FLAIR alone 2·18/38, with T1ce alone 2·12/32.
    const agreement = (36 / 38 + 24 / 32) / 2;
    expect(found.agreement.WT).toBeCloseTo(agreement, 12);
    expect(found.warnings.map(({ code }) => code)).not.toContain('LOW_AGREEMENT');
    const strict = { ...known, agreementFlags: { ...known.agreementFlags, WT: { ...flag, below: 0.9 } } };
    const warned = find(strict);
    expect(warned.warnings).toContainEqual({ code: 'LOW_AGREEMENT', region: 'WT', dice: found.agreement.WT });
    const unknown = find(knowledge);
    expect(unknown.warnings.map(({ code }) => code)).not.toContain('LOW_AGREEMENT');
    expect(unknown.volumes.WT.range).toBeNull();
  });

  it('that its sequences disagree, each weighed by how good it is alone', () => {
    const weights = { t1: 0, t1ce: 1, t2: 0, flair: 0.5 };
    const dice = (1 * (24 / 32) + 0.5 * (36 / 38)) / 1.5;
    const by = (below: number) =>
      find({ ...known, disagreement: { WT: { weights, below, results: 9 }, TC: null, ET: null } }).warnings;
    expect(by(dice + 0.01)).toContainEqual({
      code: 'SEQUENCES_DISAGREE',
      region: 'WT',
      dice: expect.closeTo(dice, 12),
    });
    expect(by(dice - 0.01).map(({ code }) => code)).not.toContain('SEQUENCES_DISAGREE');
  });

  it('nothing that was counted at another threshold', () => {
    const moved = find(known, null);
    const nothing = { WT: null, TC: null, ET: null };
    expect(moved).toMatchObject({ agreement: nothing, agreementWithAll: nothing, contributions: null });
    expect(moved.volumes.WT).toMatchObject({ ml: 20, range: null });
    expect(moved.notChecked).toContain('agreement');
  });

  it('that nobody measured the model, which then supports nothing, whatever model.json claims', () => {
    const claims = { supported: true, dice: null };
    const unmeasured = {
      ...known,
      combinations: { ...known.combinations, 't1ce+flair': { WT: claims, TC: claims, ET: claims } },
    };
    const { volumes, warnings } = find(unmeasured);
    expect([volumes.WT, volumes.TC, volumes.ET].map(({ supported }) => supported)).toEqual([
      false,
      false,
      false,
    ]);
    expect(warnings[0]).toEqual({ code: 'MODEL_NOT_MEASURED' });
  });

  it('names every region of a model that nobody measured as not measured', () => {
    const volumes = { WT: volume(false), TC: volume(false), ET: volume(false) };
    const agreement = { WT: null, TC: null, ET: null };
    const warnings = combinationWarnings(
      ['t1'],
      { volumes, agreement, alone: perRegion(() => null), enhancingLesions: 0 },
      knowledge,
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
  const rates = { detection: 1, falseAlarms: 0, cases: 40 };
  const checked = {
    ...known,
    inputChecks: {
      swapped: { 't1+t1ce': { weights: [], below: 0, ...rates } },
      uptake: { below: 1, ...rates },
      surface: { above: 0.15, cases: 40 },
      lesions: null,
    },
  };
  const agreement = { WT: 0.9, TC: null, ET: null };

  it('none, where the model has cut-offs and the sequences allow them', () => {
    expect(missingChecks(['t1', 't1ce'], { agreement }, checked)).toEqual([]);
  });

  it('those that one sequence does not allow', () => {
    const alone = { agreement: { WT: null, TC: null, ET: null } };
    expect(missingChecks(['t1'], alone, checked)).toEqual(['agreement', 'swapped', 'uptake']);
    expect(noWarning(['agreement'])).toBe(
      'No warning from these checks: swapped sequences, contrast uptake, tumour at the edge of the brain. Not checked: agreement. Look at the mask all the same.',
    );
  });

  it('all, where the model was never measured', () => {
    const all = ['agreement', 'swapped', 'uptake', 'surface'];
    expect(missingChecks(['t1', 't1ce'], { agreement }, knowledge)).toEqual(all);
  });
});

describe('what is said about a case', () => {
  const facts = {
    steps: null,
    overridden: [],
    images: [],
    failedDevices: [],
    lost: [],
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

  it('a sequence that is there and could not be used, first of all', () => {
    const reason = '1 of its slices is missing (between 12 and 14)';
    const lost = [{ sequence: 't1ce', series: 'DICOM series 9', reason, mendable: false } as const];
    expect(caseWarnings({ ...facts, failedDevices: ['gpu'], lost }).map(describeWarning)[0]).toBe(
      `T1ce was there but ${reason}: DICOM series 9 was not used.`,
    );
    const mendable = lost.map((one) => ({ ...one, mendable: true }));
    expect(caseWarnings({ ...facts, lost: mendable }).map(describeWarning)[0]).toMatch(/--accept-gaps/);
  });

  it('a device that failed, once', () => {
    expect(caseWarnings({ ...facts, failedDevices: ['gpu', 'gpu'] })).toEqual([
      { code: 'REPEATED_ON_CPU', device: 'gpu' },
    ]);
  });

  it('in this order', () => {
    const images = [{ code: 'NO_CONTRAST_UPTAKE' }] as const;
    const step = { step: 'atlas', sequence: null, verdict: 'failed', problem: null } as const;
    const lost = [{ sequence: 't1ce', series: '9', reason: 'cut', mendable: false } as const];
    const overridden = [{ code: 'NOT_SKULL_STRIPPED' } as const];
    const all = caseWarnings({ lost, steps: [step], overridden, images, failedDevices: ['gpu'] });
    expect(all.map(({ code }) => code)).toEqual([
      'SEQUENCE_LOST',
      'PREPARATION_DOUBTFUL',
      'CHECK_OVERRIDDEN',
      'NO_CONTRAST_UPTAKE',
      'REPEATED_ON_CPU',
    ]);
  });
});
