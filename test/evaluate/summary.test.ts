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

/** Ten voxels of 1 ml without tumour, of which the first `marked` are called enhancing. */
function emptyTruth(name: string, marked: number): CaseScore {
  const size = [10, 1, 1] as const;
  const regions = scoreRegions({
    prediction: { data: Uint8Array.from({ length: 10 }, (_, v) => (v < marked ? 4 : 0)), size },
    predictionLabels: 'brats',
    truth: { data: new Uint8Array(10), size },
    truthLabels: 'brats',
    spacing: [10, 10, 10],
    known: null,
  });
  return { caseName: name, patient: name, combination: 't1', regions };
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
    expect(scores.WT!.dice).toBeCloseTo(6 / 7, 12);
    expect(scores.TC!.dice).toBeCloseTo(4 / 5, 12);
    expect(scores.ET!.dice).toBeCloseTo(2 / 3, 12);
    expect(scores.ET!.volumeErrorMl).toBeCloseTo(-0.001, 12);
    expect(scores.ET!.sensitivity).toBe(0.5);
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
    expect(scores.ET!.overlap).toEqual({ truePositives: 0, falsePositives: 1, falseNegatives: 0 });
    expect(scores.ET!.hd95).toEqual({ value: 13, kind: 'one-empty' });
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
    expect(first.regions.ET!.dice).toBeCloseTo(10 / 15, 12);
    expect(first.regions.ET!.sensitivity).toBe(0.5);
    expect(first.regions.ET!.oneEmpty).toBe(1);
    expect(first.regions.ET!.volumeErrorMl).toBeCloseTo(-5, 12);
    // The second is missed: it has no distance, and enters no mean.
    expect(first.regions.ET).toMatchObject({ hd95: 0, measured: 1 });
  });

  it('averages over patients, then over combinations', () => {
    const summary = summarise(cases);
    expect(summary).toMatchObject({ cases: 3, patients: 2 });
    expect(summary.combinations.map(({ combination }) => combination)).toEqual(['t1+flair', 't1']);
    const pair = (10 / 15 + 1) / 2;
    const single = (1 + 4 / 7) / 2;
    expect(summary.combinations[0].regions.ET!.dice).toBeCloseTo(pair, 12);
    expect(summary.complete).toBe(2);
    expect(summary.mean.ET.dice).toBeCloseTo((pair + single) / 2, 12);
    const two = { WT: 2, TC: 2, ET: 2 };
    expect(scoresFile(summary)).toEqual({
      cases: 3,
      mean: byRegion((region) => summary.mean[region].dice),
      patients: { mean: two, combinations: { 't1+flair': two, t1: two } },
      combinations: {
        't1+flair': byRegion((region) => summary.combinations[0].regions[region]!.dice),
        t1: byRegion((region) => summary.combinations[1].regions[region]!.dice),
      },
    });
  });

  it('never averages a distance that could not be measured, and counts what was empty', () => {
    const some = [caseScore('a', 'a', 't1', 5), caseScore('b', 'b', 't1', 0), caseScore('c', 'c', 't1', 3)];
    const { regions } = summarise(some).combinations[0];
    expect(regions.ET).toMatchObject({ present: 3, measured: 2, oneEmpty: 1, bothEmpty: 0 });
    expect(regions.ET!.hd95).toBeLessThan(20);
    const none = summarise([caseScore('b', 'b', 't1', 0)]).combinations[0];
    expect(none.regions.ET).toMatchObject({ hd95: null, measured: 0 });
  });

  it('takes Dice over the patients with the region, and says what was found in those without', () => {
    const without = (name: string, marked: number) => emptyTruth(name, marked);
    const { regions } = summarise([caseScore('a', 'a', 't1', 5), without('b', 0), without('c', 3)])
      .combinations[0];
    expect(regions.ET).toMatchObject({ dice: 1, present: 1, bothEmpty: 1, oneEmpty: 1 });
    expect(regions.ET!.absent).toEqual({ patients: 2, found: 1, ml: 1.5 });
  });

  it('gives a mean over the combinations of complete patients alone', () => {
    const uneven = [
      caseScore('a', 'a', 't1+flair', 5),
      caseScore('a', 'a', 't1', 5),
      caseScore('b', 'b', 't1', 1),
    ];
    const summary = summarise(uneven);
    expect(summary).toMatchObject({ patients: 2, complete: 1 });
    expect(summary.mean.ET).toMatchObject({ dice: 1, present: 1 });
    const text = combinationTable(summary, 'text');
    expect(text).toMatch(/mean +1 +100\.0 \(1\)/);
    expect(text).toContain('of the 1 of 2 patients who have all (2)');
    const apart = summarise([uneven[0], uneven[2]]);
    expect(apart.mean.ET).toEqual({ dice: null, present: 0, hd95: null, measured: 0 });
    for (const format of ['text', 'markdown', 'latex'] as const) {
      const table = combinationTable(apart, format);
      expect(table).not.toMatch(/^(\| )?\s*mean/m);
      expect(table).toContain('No mean over the combinations: none of the 2 patients');
    }
    expect(combinationTable(apart, 'csv')).not.toContain('mean');
    expect(combinationTable(summary, 'csv')).toContain('mean,1,ET,1,1');
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

  it('text: dots for the sequences used, n beside every number, the mean last', () => {
    const lines = combinationTable(summary, 'text').split('\n\n')[0].split('\n');
    expect(lines[0].trim().split(/\s{2,}/)).toEqual([
      ...['T1', 'T1ce', 'T2', 'FLAIR', 'n'],
      ...['Dice WT (n)', 'Dice TC (n)', 'Dice ET (n)', 'HD95 WT (n)', 'HD95 TC (n)', 'HD95 ET (n)'],
      ...['one empty WT/TC/ET', 'no TC', 'no ET'],
    ]);
    const cells = (line: string) => line.trim().split(/\s{2,}/);
    const perfect = [
      '100.0 (1)',
      '100.0 (1)',
      '100.0 (1)',
      '0.0 (1)',
      '0.0 (1)',
      '0.0 (1)',
      '0/0/0',
      '–',
      '–',
    ];
    expect(cells(lines[1])).toEqual(['●', '○', '○', '●', '1', ...perfect]);
    const missed = ['0.0 (1)', '0.0 (1)', '0.0 (1)', '–', '–', '–', '1/1/1', '–', '–'];
    expect(cells(lines[2])).toEqual(['○', '○', '○', '●', '1', ...missed]);
    expect(cells(lines[3])).toEqual(['mean', '1', '50.0 (1)', '50.0 (1)', '50.0 (1)', '–', '–', '–']);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('Markdown and LaTeX hold the same cells and notes', () => {
    const markdown = combinationTable(summary, 'markdown').split('\n\n')[0].split('\n');
    const row = [
      '1',
      '100.0 (1)',
      '100.0 (1)',
      '100.0 (1)',
      '0.0 (1)',
      '0.0 (1)',
      '0.0 (1)',
      '0/0/0',
      '–',
      '–',
    ];
    expect(markdown[2]).toBe(`| ● | ○ | ○ | ● | ${row.join(' | ')} |`);
    expect(new Set(markdown.map((line) => line.split('|').length)).size).toBe(1);
    const latex = combinationTable(summary, 'latex');
    expect(latex).toContain(`$\\bullet$ & $\\circ$ & $\\circ$ & $\\bullet$ & ${row.join(' & ')} \\\\`);
    expect(latex).toMatch(
      /^\\begin\{tabular\}\{ccccrrrrrrrrrr\}\n\\toprule[\s\S]*\\bottomrule\n\\end\{tabular\}\n(\\par .*\n)+$/,
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
      dice_patients: '1',
      dice_low: '1',
      hd95_mm: '0',
      hd95_patients: '1',
      one_empty: '0',
    });
  });

  it('cases.csv quotes names and defuses formulas', () => {
    const csv = casesCsv([caseScore('=cmd,"x"', 'p', 't1', 5)]);
    expect(csv.split('\r\n')[1]).toMatch(/^"'=cmd,""x""",p,t1,WT,1,measured,0,measured,1,5,0,/);
    expect(csv.split('\r\n')).toHaveLength(5);
  });
});
