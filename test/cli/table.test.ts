import { describe, expect, it } from 'vitest';
import { describeScan } from '../../src/cli/scan.js';
import { wrapped } from '../../src/cli/table.js';
import type { ScanSummary } from '../../src/contract/index.js';

const WHY =
  '“t1” in the description; TE 8 ms, TR 550 ms; acquired before the T1 after contrast agent (series 9)';
const series = (id: string, setAside: string | null) => ({
  id: id.repeat(8),
  shown: `/x/${id}`,
  description: `AX T1 ${id}`,
  sequence: 't1',
  reason: WHY,
  setAside,
  doubt: null,
  grid: { size: [64, 56, 26], spacing: [3.59, 3.59, 5.5], orientation: 'LPS' },
});
const FOUND = {
  files: 52,
  ignored: [],
  problems: [],
  studies: [
    {
      name: 'P-1',
      shown: '/x',
      date: null,
      description: 'MR',
      doubts: [],
      remarks: [],
      questions: [],
      series: [series('a', null), series('b', 'only 4 slices')],
      choices: { t1: { winner: 'aaaaaaaa', rejected: [] } },
      suggestions: {},
    },
  ],
} as unknown as ScanSummary;

describe('what inspect prints of examinations', () => {
  it('has one line a series for other programs', () => {
    const lines = describeScan(FOUND).split('\n');
    expect(lines.find((line) => line.includes('aaaaaaaa'))).toContain(WHY);
    expect(lines.find((line) => line.includes('bbbbbbbb'))).toContain('only 4 slices');
  });

  it('is never wider than the terminal, and loses no word', () => {
    const text = describeScan(FOUND, 80);
    for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
    expect(text.replace(/\s+/g, ' ')).toContain(WHY);
    expect(text.replace(/\s+/g, ' ')).toContain('only 4 slices');
  });
});

it('breaks a line at spaces alone', () => {
  expect(wrapped('  a bb ccc', 6, '    ')).toBe('  a bb\n    ccc');
  expect(wrapped('averylongword x', 5, '')).toBe('averylongword\nx');
});
