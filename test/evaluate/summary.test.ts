import { describe, expect, it } from 'vitest';
import { byRegion, type CaseScore, poolByPatient, scoreRegions } from '../../src/evaluate/scores.js';
import { comparePaired, counterIntuitiveRate, scoresFile, summarise } from '../../src/evaluate/summary.js';
import { casesCsv, combinationTable } from '../../src/evaluate/tables.js';
import { allCombinations, combinationName } from '../../src/terms.js';

/** A row of ten voxels: `right` of five true ET voxels found, `wrong` of five others marked. */
function caseScore(
  caseName: string,
  patient: string,
  combination: string,
  right: number,
  wrong = 0,
): CaseScore {
  const truth = Uint8Array.of(4, 4, 4, 4, 4, 0, 0, 0, 0, 0);
  const prediction = truth.map((label, v) => (label === 4 ? (v < right ? 4 : 0) : v - 5 < wrong ? 4 : 0));
  const size = [10, 1, 1] as const;
  return {
    caseName,
    patient,
    combination,
    regions: scoreRegions({
      prediction: { data: prediction, size },
      predictionLabels: 'brats',
      truth: { data: truth, size },
      truthLabels: 'brats',
      spacing: [10, 10, 10],
      known: null,
    }),
  };
}

describe('scores of label maps', () => {
  it('score the three nested regions', () => {
    const size = [4, 1, 1] as const;
    const scores = scoreRegions({
      prediction: { data: Uint8Array.of(2, 1, 3, 0), size },
      predictionLabels: 'brats2021',
      truth: { data: Uint8Array.of(2, 1, 4, 4), size },
      truthLabels: 'brats',
      spacing: [1, 1, 1],
      known: null,
    });
    expect(scores.WT.dice).toBeCloseTo(6 / 7, 12);
    expect(scores.TC.dice).toBeCloseTo(4 / 5, 12);
    expect(scores.ET.dice).toBeCloseTo(2 / 3, 12);
    expect(scores.ET.volumeErrorMl).toBeCloseTo(-0.001, 12);
    expect(scores.ET.sensitivity).toBe(0.5);
  });

  it('count nothing outside the known box, whose diagonal stands for an empty mask', () => {
    const size = [10, 1, 1] as const;
    const scores = scoreRegions({
      prediction: { data: Uint8Array.of(4, 4, 4, 4, 4, 0, 0, 0, 0, 0), size },
      predictionLabels: 'brats',
      truth: { data: new Uint8Array(10), size },
      truthLabels: 'brats',
      spacing: [3, 4, 12],
      known: { start: [4, 0, 0], size: [1, 1, 1] },
    });
    expect(scores.ET.overlap).toEqual({ truePositives: 0, falsePositives: 1, falseNegatives: 0 });
    expect(scores.ET.hd95).toEqual({ value: 13, kind: 'one-empty' });
  });
});

describe('pooling and summary', () => {
  const cases = [
    caseScore('a_1', 'a', 't1+flair', 5),
    caseScore('a_2', 'a', 't1+flair', 0),
    caseScore('b', 'b', 't1+flair', 5),
    caseScore('a_1', 'a', 't1', 5),
    caseScore('a_2', 'a', 't1', 5),
    caseScore('b', 'b', 't1', 2),
  ];

  it('adds the voxels of one patient’s cut-outs before Dice is taken', () => {
    const [first] = poolByPatient(cases);
    expect(first).toMatchObject({ patient: 'a', combination: 't1+flair' });
    expect(first.regions.ET.dice).toBeCloseTo(10 / 15, 12);
    expect(first.regions.ET.sensitivity).toBe(0.5);
    expect(first.regions.ET.oneEmpty).toBe(1);
    expect(first.regions.ET.volumeErrorMl).toBeCloseTo(-5, 12);
    expect(first.regions.ET.hd95).toBeCloseTo(Math.hypot(100, 10, 10) / 2, 12);
  });

  it('averages over patients, then over combinations', () => {
    const summary = summarise(cases);
    expect(summary).toMatchObject({ cases: 3, patients: 2 });
    expect(summary.combinations.map(({ combination }) => combination)).toEqual(['t1+flair', 't1']);
    const pair = (10 / 15 + 1) / 2;
    const single = (1 + 4 / 7) / 2;
    expect(summary.combinations[0].regions.ET.dice).toBeCloseTo(pair, 12);
    expect(summary.mean.ET).toBeCloseTo((pair + single) / 2, 12);
    expect(scoresFile(summary)).toEqual({
      cases: 3,
      mean: summary.mean,
      combinations: {
        't1+flair': byRegion((region) => summary.combinations[0].regions[region].dice),
        t1: byRegion((region) => summary.combinations[1].regions[region].dice),
      },
    });
  });

  it('counter-intuitive rate: adding FLAIR lowers patient a’s Dice and raises b’s', () => {
    expect(counterIntuitiveRate(poolByPatient(cases), 'ET')).toBe(0.5);
    expect(counterIntuitiveRate(poolByPatient(cases.slice(0, 3)), 'ET')).toBeNull();
  });

  it('counts 28 pairs a patient when all 15 combinations are there', () => {
    const all = allCombinations().map((members) =>
      caseScore('c', 'c', combinationName(members), members.includes('t1') ? 1 : 3),
    );
    // Adding T1 lowers Dice in each of the 7 combinations without it.
    expect(counterIntuitiveRate(poolByPatient(all), 'WT')).toBe(7 / 28);
  });

  it('compares two results on the patients that both have', () => {
    const patients = ['p', 'q', 'r', 's', 't', 'u'];
    const first = patients.map((p, i) => caseScore(p, p, 't2', 5, i % 3));
    const second = [...patients.map((p) => caseScore(p, p, 't2', 1, 5)), caseScore('x', 'x', 't2', 5)];
    const rows = comparePaired(poolByPatient(first), poolByPatient(second));
    expect(rows.map(({ region }) => region)).toEqual(['WT', 'TC', 'ET']);
    expect(rows[0].test.pairs).toBe(6);
    expect(rows[0].difference).toBeGreaterThan(0.5);
    expect(rows[0].adjustedPValue).toBeCloseTo(Math.min(1, 3 * rows[0].test.pValue), 12);
  });
});

describe('tables', () => {
  const summary = summarise([caseScore('a', 'a', 't1+flair', 5), caseScore('a', 'a', 'flair', 0)]);

  it('text: dots for the sequences used, Dice in per cent, the mean last', () => {
    const lines = combinationTable(summary, 'text').trimEnd().split('\n');
    expect(lines[0].trim().split(/\s{2,}/)).toEqual([
      'T1',
      'T1ce',
      'T2',
      'FLAIR',
      'Dice WT',
      'Dice TC',
      'Dice ET',
      'HD95 WT',
      'HD95 TC',
      'HD95 ET',
    ]);
    expect(lines[1].trim().split(/\s+/)).toEqual([
      '●',
      '○',
      '○',
      '●',
      ...'100.0 100.0 100.0 0.0 0.0 0.0'.split(' '),
    ]);
    expect(lines[3].trim().split(/\s+/)).toEqual(['mean', ...'50.0 50.0 50.0 50.5 50.5 50.5'.split(' ')]);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('Markdown and LaTeX hold the same cells', () => {
    const markdown = combinationTable(summary, 'markdown').trimEnd().split('\n');
    expect(markdown[2]).toBe('| ● | ○ | ○ | ● | 100.0 | 100.0 | 100.0 | 0.0 | 0.0 | 0.0 |');
    expect(new Set(markdown.map((line) => line.split('|').length)).size).toBe(1);
    const latex = combinationTable(summary, 'latex');
    expect(latex).toContain(
      '$\\bullet$ & $\\circ$ & $\\circ$ & $\\bullet$ & 100.0 & 100.0 & 100.0 & 0.0 & 0.0 & 0.0 \\\\',
    );
    expect(latex).toMatch(
      /^\\begin\{tabular\}\{ccccrrrrrr\}\n\\toprule[\s\S]*\\bottomrule\n\\end\{tabular\}\n$/,
    );
  });

  it('CSV: a row per combination and region with its interval', () => {
    const [header, first] = combinationTable(summary, 'csv').split('\r\n');
    const row = Object.fromEntries(header.split(',').map((name, i) => [name, first.split(',')[i]]));
    expect(row).toMatchObject({
      combination: 't1+flair',
      patients: '1',
      region: 'WT',
      dice: '1',
      dice_low: '1',
    });
  });

  it('cases.csv quotes names and defuses formulas', () => {
    const csv = casesCsv([caseScore('=cmd,"x"', 'p', 't1', 5)]);
    expect(csv.split('\r\n')[1]).toMatch(/^"'=cmd,""x""",p,t1,WT,1,0,measured,1,0,/);
    expect(csv.split('\r\n')).toHaveLength(5);
  });
});
