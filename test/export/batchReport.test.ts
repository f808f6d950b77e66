import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuseForeignBatchReport, writeBatchReport } from '../../src/export/output.js';

let folder: string;
const file = () => join(folder, 'report.json');
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-batch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const BATCH = { application: 'quorum', kind: 'batch', format: 1, cases: [] };

describe('the summary of several cases', () => {
  it.each([
    ['the report of one case', { application: 'quorum', kind: 'case', format: 1, state: 'finished' }],
    ['the report of another program', { cases: [] }],
    ['what is no JSON', '{'],
  ])('never takes the place of %s, also of one that came while the cases ran', async (_, content) => {
    await refuseForeignBatchReport(folder);
    const there = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(file(), there);
    await expect(writeBatchReport(folder, BATCH)).rejects.toMatchObject({
      problem: { code: 'OUTPUT_EXISTS', file: file() },
    });
    await expect(refuseForeignBatchReport(folder)).rejects.toMatchObject({
      problem: { code: 'OUTPUT_EXISTS' },
    });
    expect(await readFile(file(), 'utf8')).toBe(there);
  });

  it('takes the place of an earlier summary', async () => {
    await writeBatchReport(folder, BATCH);
    await writeBatchReport(folder, { ...BATCH, finishedAt: 'now' });
    expect(JSON.parse(await readFile(file(), 'utf8'))).toMatchObject({ kind: 'batch', finishedAt: 'now' });
  });
});
