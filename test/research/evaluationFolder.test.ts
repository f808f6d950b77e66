import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scoreRegions } from '../../src/evaluate/scores.js';
import { writeEvaluation } from '../../src/research/evaluationFolder.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const root = temporaryFolder().path;
const map = { data: Uint8Array.of(1, 2, 4, 0), size: [4, 1, 1] as const };
const regions = scoreRegions({
  prediction: map,
  predictionLabels: 'brats',
  truth: map,
  truthLabels: 'brats',
  spacing: [10, 10, 10],
  known: null,
});
const cases = [{ caseName: 'a', patient: 'a', combination: 't1', regions }];
const about = { dataset: 'd', side: 'all cases', of: { predictions: 'p' }, calibrationError: null };

describe('the folder of an evaluation', () => {
  it('may be there beforehand when it is empty', async () => {
    const folder = join(root, 'empty');
    await mkdir(folder);
    expect((await writeEvaluation(folder, cases, about, [])).mean.WT.dice).toBe(1);
    expect(await readdir(folder)).toContain('scores.json');
    expect(await readdir(folder)).toContain('comparison.csv');
  });

  it('is left alone when it was filled in the meantime, and nothing half-written stays beside it', async () => {
    const folder = join(root, 'filled');
    await mkdir(folder);
    await writeFile(join(folder, 'notes.txt'), 'mine');
    const problem = await problemOfRefusal(writeEvaluation(folder, cases, about, null));
    expect(problem).toMatchObject({ code: 'OUTPUT_EXISTS', file: folder });
    expect(await readdir(folder)).toEqual(['notes.txt']);
    expect((await readdir(root)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('that cannot be made is a coded error', async () => {
    const file = join(root, 'a file');
    await writeFile(file, '');
    const problem = await problemOfRefusal(writeEvaluation(join(file, 'out'), cases, about, null));
    expect(problem.code).toBe('OUTPUT_NOT_WRITABLE');
  });
});
