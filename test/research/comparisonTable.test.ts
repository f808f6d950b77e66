import { describe, expect, it } from 'vitest';
import { comparisonCsv, comparisonTable } from '../../src/research/comparisonTable.js';

const test = { positiveRanks: 3, negativeRanks: 0, pairs: 2, pValue: 0.5, method: 'exact' } as const;
const rows = [
  { combination: 't1+flair', region: 'WT', patients: 3, difference: 0.01234, test, adjustedPValue: 1 },
  { combination: 't1', region: 'ET', patients: 2, difference: -0.2, test, adjustedPValue: 0.00012345 },
] as const;

describe('the comparison of two results', () => {
  it('as CSV', () => {
    expect(comparisonCsv(rows).split('\r\n')).toEqual([
      'combination,region,patients,difference,pairs_that_differ,p_value,p_value_holm',
      't1+flair,WT,3,0.0123,2,0.500,1.00',
      't1,ET,2,-0.2000,2,0.500,0.000123',
      '',
    ]);
  });

  it('as columns of one width', () => {
    const lines = comparisonTable(rows).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[2]).toMatch(/^t1 .* ET .* -0\.2000 .* 0\.000123$/);
  });
});
