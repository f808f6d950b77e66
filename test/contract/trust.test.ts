import { describe, expect, it } from 'vitest';
import type { Expectation, Warning } from '../../src/contract/results.js';
import { ratingsOf, trustIn } from '../../src/contract/trust.js';

const GOOD: Expectation = {
  ...{ dice: 0.9, lower: 0.8, upper: 1, falseMl: null },
  rating: 'good',
  reason: 'volume',
};
const POOR: Expectation = {
  ...{ dice: 0.4, lower: 0.3, upper: 0.5, falseMl: null },
  rating: 'avoid',
  reason: 'agreement',
};
const NOISE: Warning = { code: 'IMAGE_QUALITY', check: 'noise', sequences: ['t1'] };
const FOREIGN: Warning = {
  code: 'IMAGES_DO_NOT_FIT',
  kind: 'other-head',
  sequences: ['t1'],
  of: ['t1', 't2'],
};

describe('how far a region is to be trusted', () => {
  it('is said with the measured expectation', () => {
    expect(trustIn('WT', GOOD, [])).toEqual({
      rating: 'good',
      text: 'likely good: expected Dice 0.90 (0.80–1.00)',
    });
    expect(trustIn('WT', POOR, [])).toEqual({
      rating: 'avoid',
      text: 'do not use: the sequences agree little; expected Dice 0.40 (0.30–0.50)',
    });
    expect(trustIn('WT', { ...GOOD, falseMl: 19.4, rating: 'look', reason: 'outline' }, [])).toEqual({
      rating: 'look',
      text: 'look closely: more than 10 ml of it may be false; expected Dice 0.90 (0.80–1.00), up to 19 ml false',
    });
  });

  it('is said to be not known, with the reason, where nothing was measured', () => {
    expect(trustIn('ET', null, [])).toEqual({
      rating: 'unknown',
      text: 'not known how good it is, look before you use it: it was not measured on enough patients',
    });
  });

  it('is never better than the warnings allow', () => {
    expect(trustIn('WT', GOOD, [NOISE])).toMatchObject({
      rating: 'look',
      text: expect.stringContaining('see the warnings'),
    });
    expect(trustIn('WT', null, [NOISE])).toMatchObject({ rating: 'look' });
    expect(trustIn('WT', POOR, [NOISE])).toMatchObject({ rating: 'avoid' });
    expect(trustIn('WT', GOOD, [FOREIGN])).toEqual({ rating: 'avoid', text: 'do not use: see the warnings' });
  });

  it('is not touched by warnings about something else', () => {
    const others: Warning[] = [
      { code: 'REPEATED_ON_CPU', device: 'gpu' },
      { code: 'REGION_NOT_SUPPORTED', region: 'ET', measured: true },
      { code: 'LOW_AGREEMENT', region: 'ET', dice: 0.2 },
      { code: 'ENHANCEMENT_NOT_BRIGHT' },
    ];
    expect(trustIn('WT', GOOD, others).rating).toBe('good');
    expect(trustIn('ET', GOOD, others).rating).toBe('look');
  });

  it('is never better for a part than for a whole tumour that is not to be used', () => {
    const volume = (ml: number, expected: Expectation | null, supported = true) => ({
      ...{ ml, expected, supported },
      range: null,
    });
    const found = (WT: Expectation | null, et: number) => ({
      volumes: { WT: volume(20, WT), TC: volume(5, GOOD, false), ET: volume(et, null) },
      warnings: [],
    });
    expect(ratingsOf(found(POOR, 2), [])).toMatchObject({
      WT: { rating: 'avoid' },
      TC: null,
      ET: { rating: 'avoid', text: 'do not use: the whole tumour around it is not to be used' },
    });
    // None found says nothing of how good a mask is, but it may have been missed.
    expect(ratingsOf(found(GOOD, 0), []).ET).toEqual({
      rating: 'unknown',
      text: 'none was found, and how often one is missed is not known: look',
    });
    expect(ratingsOf(found(POOR, 0), []).ET!.rating).toBe('avoid');
  });
});
