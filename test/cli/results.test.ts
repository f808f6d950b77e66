import { describe, expect, it } from 'vitest';
import { describeBatch, describeCase } from '../../src/cli/results.js';
import type { BatchReport, CaseReport } from '../../src/contract/index.js';

const volume = (ml: number | null, supported = true) => ({ ml, supported, range: null, trust: null });
const volumes = { WT: volume(15.5), TC: volume(4.17), ET: volume(null, false) };
const speck = (ml: number) => ({ region: 'WT', ml, at: [0, 0, 0], removed: true });

const report = {
  kind: 'case',
  case: 'abm1',
  skipped: false,
  notice: 'Research use only.',
  combination: 'flair',
  combinations: {
    flair: {
      volumes,
      agreement: { WT: null, TC: null, ET: null },
      specks: Array.from({ length: 22 }, () => speck(0.024)),
      warnings: [],
      notChecked: [],
    },
  },
  warnings: [],
  setAside: [],
  leftOut: [],
  files: [],
  overridden: [],
  preparation: null,
  edited: null,
  engine: { name: 'onnx', device: 'cpu', events: [] },
  seconds: { total: 18.5 },
} as unknown as CaseReport & { skipped: boolean };

describe('one case on a terminal', () => {
  it('says of however many specks one line, and when and where it was computed another', () => {
    const lines = describeCase(report as never, '/out').split('\n');
    const specks = lines.filter((line) => line.includes('speck'));
    expect(specks).toEqual([
      '22 specks removed, 0.5 ml together (--keep-specks keeps them; report.json says where)',
    ]);
    expect(lines).toContain('18.5 s on the processor');
  });

  it('gives no number for a guess, and says why', () => {
    const text = describeCase(report as never, '/out');
    expect(text).toMatch(/15\.5 +4\.2 +–\*/);
    expect(text).toContain('a guess only, not shown');
  });
});

describe('several cases on a terminal', () => {
  it('count the warnings of each in the table, and tell them below it', () => {
    const one = { state: 'finished', combination: 'flair', volumes, problem: null };
    const batch = {
      kind: 'batch',
      notice: '',
      cases: [
        { ...one, case: 'ABM', warnings: [] },
        { ...one, case: 'DU', warnings: [{ code: 'AGREEMENT_LOW', text: 'Leaving one out changes much.' }] },
      ],
    } as unknown as BatchReport;
    const lines = describeBatch(batch, '/out').split('\n');
    expect(lines[0]).toMatch(/case +state +sequences .*warnings/);
    expect(lines.find((line) => line.startsWith('ABM'))).toMatch(/FLAIR.* 0$/);
    expect(lines.find((line) => line.startsWith('DU '))).toMatch(/FLAIR.* 1$/);
    expect(lines.slice(lines.indexOf('DU:'))).toContain('  Leaving one out changes much.');
  });
});
