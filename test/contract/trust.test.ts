import { describe, expect, it } from 'vitest';
import type { Expectation, Warning } from '../../src/contract/results.js';
import { trustIn } from '../../src/contract/trust.js';

const GOOD: Expectation = { dice: 0.9, lower: 0.8, upper: 1, rating: 'good', reason: 'volume' };
const POOR: Expectation = { dice: 0.4, lower: 0.3, upper: 0.5, rating: 'avoid', reason: 'agreement' };
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
    expect(trustIn('ET', null, [])).toEqual({ rating: 'unknown', text: 'how good it is, is not known' });
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
});
