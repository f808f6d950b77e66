import { describe, expect, it } from 'vitest';
import { regionMask } from '../../src/masks/schemes.js';
import { type LabelScheme, REGIONS } from '../../src/terms.js';

const map = { data: Uint8Array.of(0, 1, 2, 3, 4, 9), size: [6, 1, 1] as const };

describe('regions of a label map', () => {
  it.each([
    ['brats', ['011010', '010010', '000010']],
    ['brats2021', ['011100', '010100', '000100']],
    ['brats2024', ['011100', '010100', '000100']],
    ['msd', ['011100', '001100', '000100']],
    ['brats2013', ['011110', '010110', '000010']],
    ['brats-peds', ['011110', '011100', '010000']],
  ] as [LabelScheme, string[]][])('%s', (scheme, expected) => {
    expect(REGIONS.map((region) => regionMask(map, region, scheme).data.join(''))).toEqual(expected);
  });

  it('inside a box only', () => {
    const box = { start: [2, 0, 0], size: [3, 1, 1] } as const;
    expect(regionMask(map, 'WT', 'brats', box)).toEqual({ data: Uint8Array.of(1, 0, 1), size: [3, 1, 1] });
  });
});
