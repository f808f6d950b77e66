import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPatientScores, writeResults } from '../../src/evaluate/results.js';
import { type CaseScore, poolByPatient, scoreRegions } from '../../src/evaluate/scores.js';
import { combinationTable } from '../../src/evaluate/tables.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const root = temporaryFolder().path;

function caseScore(name: string, prediction: readonly number[]): CaseScore {
  const size = [4, 1, 1] as const;
  const regions = scoreRegions({
    prediction: { data: prediction, size },
    predictionLabels: 'brats',
    truth: { data: [0, 2, 1, 4], size },
    truthLabels: 'brats',
    spacing: [10, 10, 10],
    known: null,
  });
  return { caseName: name, patient: name, combination: 't1+flair', regions };
}

const CASES = [caseScore('a', [0, 2, 1, 4]), caseScore('b', [0, 2, 2, 2])];

describe('results of an evaluation', () => {
  it('are written as the shapes that are promised', async () => {
    const folder = join(root, 'new', 'results');
    const summary = await writeResults(folder, CASES);
    expect(readdirSync(folder).sort()).toEqual([
      'cases.csv',
      'patients.json',
      'scores.json',
      'table.csv',
      'table.md',
      'table.tex',
    ]);
    const text = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect(JSON.parse(text('scores.json'))).toEqual({
      cases: 2,
      mean: { WT: 1, TC: 0.5, ET: 0.5 },
      combinations: { 't1+flair': { WT: 1, TC: 0.5, ET: 0.5 } },
      patients: { mean: { WT: 2, TC: 2, ET: 2 }, combinations: { 't1+flair': { WT: 2, TC: 2, ET: 2 } } },
    });
    expect(text('table.md')).toBe(combinationTable(summary, 'markdown'));
    expect(text('cases.csv').split('\r\n')[0]).toMatch(
      /^case,patient,combination,region,dice,dice_kind,hd95_mm,hd95_kind/,
    );
  });

  it('can be read back by patient for a paired comparison', async () => {
    const folder = join(root, 'again');
    await writeResults(folder, CASES);
    expect(await readPatientScores(folder)).toEqual(poolByPatient(CASES));
  });

  it('refuses a folder that holds no results', async () => {
    expect(await problemOfRefusal(readPatientScores(root))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    writeFileSync(join(root, 'patients.json'), '[{"patient": "a"}]');
    expect(await problemOfRefusal(readPatientScores(root))).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('names a folder that cannot be written', async () => {
    writeFileSync(join(root, 'file'), '');
    const problem = await problemOfRefusal(writeResults(join(root, 'file', 'below'), CASES));
    expect(problem).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
  });
});
