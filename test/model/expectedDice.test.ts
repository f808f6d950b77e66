import { describe, expect, it } from 'vitest';
import { expectationOf } from '../../src/model/expectedDice.js';
import type { ExpectedDice } from '../../src/model/knowledgeSchema.js';
import { MODALITIES } from '../../src/terms.js';

const KNOWN: ExpectedDice = {
  constant: 0.5,
  sequences: { t1: 0, t1ce: 0, t2: 0, flair: 0.1 },
  alone: -0.1,
  pair: 0,
  agreement: 0.5,
  volume: 0.2,
  level: 0.8,
  error: 0.1,
  poorDice: 0.7,
  patients: 20,
  results: 100,
};
const knowledge = { expectedDice: { WT: KNOWN, TC: null, ET: null } };
const all = { members: MODALITIES, agreement: 0.9, ml: 99.5 };

describe('the expected Dice of a mask', () => {
  it('is the sum of what its sequences, agreement and volume bring', () => {
    // 0.5 + 0.1 (FLAIR) + 0.5 · 0.1 + 0.2 · log10(100)
    const found = expectationOf(knowledge, 'WT', { ...all, ml: 99.5 })!;
    expect(found.dice).toBeCloseTo(1, 10);
    const small = expectationOf(knowledge, 'WT', { ...all, agreement: 0.8, ml: 9.5 })!;
    expect(small.dice).toBeCloseTo(0.8, 10);
    expect([small.lower, small.upper]).toEqual([expect.closeTo(0.7, 10), expect.closeTo(0.9, 10)]);
    // Alone, without agreement: 0.5 + 0.1 − 0.1 + 0.2
    expect(
      expectationOf(knowledge, 'WT', { members: ['flair'], agreement: null, ml: 9.5 })!.dice,
    ).toBeCloseTo(0.7, 10);
  });

  it('rates by whether a poor result is likely, and names what weighs most against it', () => {
    expect(expectationOf(knowledge, 'WT', all)).toMatchObject({ rating: 'good' });
    expect(expectationOf(knowledge, 'WT', { ...all, agreement: 0.79, ml: 9.5 })).toMatchObject({
      rating: 'look',
      reason: 'volume',
    });
    expect(expectationOf(knowledge, 'WT', { ...all, agreement: 0.1, ml: 30 })).toMatchObject({
      rating: 'avoid',
      reason: 'agreement',
    });
    expect(expectationOf(knowledge, 'WT', { members: ['t1'], agreement: null, ml: 60 })).toMatchObject({
      rating: 'look',
      reason: 'sequences',
    });
  });

  it('is less than good where too many ml may be false', () => {
    const falseVolume = {
      ...{ constant: -1, sequences: { t1: 0, t1ce: 0, t2: 0, flair: 0 }, alone: 0, pair: 0 },
      ...{ agreement: 0, volume: 1, error: 0.3, limitMl: 10 },
    };
    const measured = { expectedDice: { WT: { ...KNOWN, falseVolume }, TC: null, ET: null } };
    // 10^(−1 + log10(100) + 0.3) − 0.5
    const large = expectationOf(measured, 'WT', all)!;
    expect(large.falseMl).toBeCloseTo(10 * 10 ** 0.3 - 0.5, 10);
    expect(large).toMatchObject({ rating: 'look', reason: 'outline' });
    const smaller = expectationOf(measured, 'WT', { ...all, ml: 40 })!;
    expect(smaller.falseMl).toBeCloseTo(4.05 * 10 ** 0.3 - 0.5, 10);
    expect(smaller.rating).toBe('good');
    expect(expectationOf(knowledge, 'WT', all)!.falseMl).toBeNull();
  });

  it('is not known where nothing was measured, and of no mask', () => {
    expect(expectationOf(knowledge, 'ET', all)).toBeNull();
    expect(expectationOf({ expectedDice: null }, 'WT', all)).toBeNull();
    expect(expectationOf(knowledge, 'WT', { ...all, ml: 0 })).toBeNull();
  });
});
