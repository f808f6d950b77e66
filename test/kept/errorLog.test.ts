import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QuorumError } from '../../src/errors.js';
import { ErrorLog, withoutNames } from '../../src/kept/errorLog.js';

let folder: string;
let log: ErrorLog;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-log-'));
  log = new ErrorLog(join(folder, 'log', 'errors.jsonl'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lines = async () =>
  (await readFile(log.file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('the log of errors', () => {
  it('has the stack of what went wrong inside, with its causes, readable by the user alone', async () => {
    const cause = new TypeError('labels is undefined');
    await log.note('cases.segment', new Error('no mask', { cause }));
    const [entry] = await lines();
    expect(entry).toMatchObject({ where: 'cases.segment', code: 'INTERNAL' });
    expect(entry.errors.map(({ name, message }: Error) => [name, message])).toEqual([
      ['Error', 'no mask'],
      ['TypeError', 'labels is undefined'],
    ]);
    expect(entry.errors[0].stack[0]).toMatch(/^at .*test\/kept\/errorLog\.test\.ts:\d+/);
    expect(entry.errors[0].stack.join()).not.toContain(process.cwd());
    expect((await stat(log.file)).mode & 0o777).toBe(0o600);
  });

  it('has no word of errors that the user is told how to mend', async () => {
    await log.note('cases.open', new QuorumError({ code: 'FILE_NOT_FOUND', file: '/data/Doe/t1.nii.gz' }));
    await log.note('cases.segment', new QuorumError({ code: 'CANCELLED' }));
    expect(await stat(log.file).catch(() => null)).toBeNull();
    await log.note('worker', new QuorumError({ code: 'WORKER_DIED', found: 'SIGKILL' }));
    expect((await lines())[0].errors[0].message).toContain('SIGKILL');
  });

  it('stays below its size, the newest kept', async () => {
    const deep = Object.assign(new Error('x'), { stack: '    at deep (src/deep.ts:1:1)\n'.repeat(400) });
    for (let n = 0; n < 60; n++) await log.note(`call ${n}`, deep);
    const sizes = await Promise.all([log.file, `${log.file}.1`].map(async (file) => (await stat(file)).size));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024);
    expect((await lines()).at(-1).where).toBe('call 59');
  });

  it('never throws, whatever is thrown and wherever it is to be written', async () => {
    await log.note('a', null);
    await log.note('b', 'a text');
    await new ErrorLog(join(log.file, 'below a file')).note('c', new Error('x'));
    expect((await lines()).map(({ where }) => where)).toEqual(['a', 'b']);
  });

  it.each([
    [
      "ENOENT: no such file or directory, open '/data/Doe Jane/t1.nii.gz'",
      /^ENOENT: no such file or directory, open '…'$/,
    ],
    ['cannot read /home/x/Doe_Jane/scan: too short', /^cannot read …: too short$/],
    ['C:\\Patients\\Doe\\t1.nii is damaged', /^…( is damaged)?$/],
    ['Doe-Jane-4711_flair.nii.gz has 3 axes', /^… has 3 axes$/],
    ['expected 4 got 3', /^expected 4 got 3$/],
  ])('tells no path or name: %s', (message, expected) => {
    expect(withoutNames(message)).toMatch(expected);
    expect(withoutNames(message)).not.toMatch(/Doe/);
  });
});
