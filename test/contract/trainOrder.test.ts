import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelsSchema, trainRequestSchema } from '../../src/contract/training.js';
import { TRAIN_OPTIONS } from '../../src/contract/trainOptions.js';
import { type TrainValues, trainOrder, trainValues } from '../../src/contract/trainOrder.js';
import { problemOf } from '../../src/errors.js';
import { buildLayers } from '../../src/network/layers.js';

const BASE = { datasets: ['/data'], out: '/model' };
const refusal = (values: TrainValues) => {
  try {
    trainOrder(values);
  } catch (error) {
    return problemOf(error);
  }
  throw new Error('not refused');
};

describe('a training asked for by names', () => {
  it('has an option for every field of the request, but for the data sets', () => {
    const set = TRAIN_OPTIONS.flatMap(({ field }) => field ?? []);
    const others = ['datasets', 'split', 'objectives'];
    expect([...set, ...others].sort()).toEqual(Object.keys(trainRequestSchema.shape).sort());
  });

  it('is the request’s defaults where nothing more is said', () => {
    const standard = trainRequestSchema.parse({ datasets: [{ folder: '/data' }], output: '/model' });
    expect(trainOrder(BASE)).toEqual({ request: standard, folds: null });
    expect(trainValues(trainOrder(BASE))).toEqual(BASE);
  });

  it('reads numbers and lists of YAML as the command line reads text', () => {
    const typed = {
      width: '0.5',
      lr: '1e-4',
      channels: '8,16,64,128,256',
      weights: '3',
      'score-test': 'true',
    };
    const yaml = { width: 0.5, lr: 1e-4, channels: [8, 16, 64, 128, 256], weights: [3], 'score-test': true };
    expect(trainOrder({ ...BASE, ...yaml })).toEqual(trainOrder({ ...BASE, ...typed }));
    expect(trainOrder({ ...BASE, ...yaml }).request.learningRate).toBe(1e-4);
  });

  it('is written as values that are read as the same order', () => {
    const options = fc.record(
      {
        objectives: fc.constantFrom('subsets15', 'singles4', 'sampled:3', 'singles+2', 'mean'),
        weights: fc.constantFrom('1', '2.5'),
        steps: fc.integer({ min: 1, max: 1e6 }),
        average: fc.double({ min: 0, max: 0.9999, noNaN: true }),
        'tumour-share': fc.double({ min: 0, max: 1, noNaN: true }),
        'early-stop': fc.nat(9),
        'score-test': fc.boolean(),
        width: fc.constantFrom('0.25', '0.5', '1'),
        threads: fc.integer({ min: 1, max: 8 }),
        folds: fc.integer({ min: 2, max: 9 }),
        split: fc.constant('/split.json'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, (chosen) => {
        const order = trainOrder({ ...BASE, ...chosen });
        expect(trainOrder(trainValues(order))).toEqual(order);
      }),
    );
    const one = trainOrder({ ...BASE, folds: 4, fold: 2 });
    expect(one).toMatchObject({ request: { split: { folds: 4, fold: 2 } }, folds: null });
    expect(trainOrder(trainValues(one))).toEqual(one);
  });

  it('is refused with the option, what was found and what was expected', () => {
    expect(refusal({ ...BASE, 'batch-size': 4 })).toMatchObject({
      field: 'batch-size',
      expected: 'an option of training; the nearest is batch',
    });
    expect(refusal({ ...BASE, stps: 4 }).expected).toContain('the nearest is steps');
    expect(refusal({ ...BASE, steps: 'many' })).toMatchObject({ field: 'steps', found: 'many' });
    expect(refusal({ ...BASE, sharing: 'late' }).expected).toContain('early-fusion');
    expect(refusal({ ...BASE, fold: 1 }).field).toBe('folds');
    expect(refusal({ ...BASE, fold: 1, folds: 3, split: 'a' }).field).toBe('split');
    expect(refusal({ ...BASE, weights: [1, 2] }).field).toBe('weights');
    expect(refusal({ out: '/model' }).field).toBe('datasets');
  });

  it('takes the channels of which a network can be built, and no others', () => {
    const level = fc.integer({ min: 1, max: 20 }).map((n) => 8 * n);
    fc.assert(
      fc.property(fc.tuple(level, level, level, level, level), (channels) => {
        const built = () => buildLayers(channels);
        if (channelsSchema.safeParse(channels).success) expect(built).not.toThrow();
        else expect(built).toThrow(RangeError);
      }),
      { numRuns: 500 },
    );
    for (const size of ['8,16,64,128,256', '8,16,32,32,32', '24,48,96,160,320'])
      expect(trainOrder({ ...BASE, channels: size }).request.channels).toEqual(size.split(',').map(Number));
    for (const size of ['8,8,8,8,16', '16,16,64,128,256', '8,16,64', '8,16,64,128,x'])
      expect(refusal({ ...BASE, channels: size })).toMatchObject({ field: 'channels', found: size });
  });
});
