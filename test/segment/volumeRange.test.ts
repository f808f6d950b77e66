import { describe, expect, it } from 'vitest';
import type { VolumeRanges } from '../../src/model/knowledgeSchema.js';
import { logVolumeSpread, volumeRange, volumeScore } from '../../src/segment/volumeRange.js';

const factor = { factor: 2, patients: 30 };
const ranges: VolumeRanges = {
  level: 0.8,
  offset: 0.1,
  measuredOn: 'cut-outs',
  factors: { 't1+flair': { WT: factor, TC: null, ET: null } },
  coverage: [],
};

describe('the range of a volume', () => {
  it('spreads with the sequences’ own volumes', () => {
    expect(logVolumeSpread([5])).toBe(0);
    // ln 1 and ln e² around ln e: one on either side.
    expect(logVolumeSpread([1 - 0.1, Math.E ** 2 - 0.1])).toBeCloseTo(1, 12);
  });

  it('holds exactly the true volumes whose score is at most the factor', () => {
    for (const spread of [0, 0.4]) {
      const { lower, upper } = volumeRange(ranges, 't1+flair', 'WT', 20, spread)!;
      for (const end of [lower, upper]) expect(volumeScore(20, end, spread, 0.1)).toBeCloseTo(2, 12);
      expect(lower).toBeLessThan(20);
      expect(upper).toBeGreaterThan(20);
    }
    const narrow = volumeRange(ranges, 't1+flair', 'WT', 20, 0)!;
    expect(narrow.upper).toBeCloseTo(20.1 * Math.exp(0.2) - 0.1, 12);
  });

  it('is never negative, and none is made up', () => {
    expect(volumeRange(ranges, 't1+flair', 'WT', 0, 1)!.lower).toBe(0);
    expect(volumeRange(ranges, 't1+flair', 'TC', 20, 0)).toBeNull();
    expect(volumeRange(ranges, 't2', 'WT', 20, 0)).toBeNull();
    expect(volumeRange(null, 't1+flair', 'WT', 20, 0)).toBeNull();
  });
});
