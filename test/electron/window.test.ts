import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OpenPaths, pathsOf } from '../../electron/openPaths.js';
import { readWindowState, writeWindowState } from '../../electron/windowState.js';
import { WrittenFiles } from '../../electron/writtenFiles.js';
import type { JobEvent } from '../../src/contract/index.js';

const folder = mkdtempSync(join(tmpdir(), 'quorum-electron-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const SCREEN = { x: 0, y: 0, width: 1920, height: 1080 };

describe('where the window was', () => {
  const file = join(folder, 'deep', 'window.json');

  it('is kept, readable by the user alone', () => {
    const state = { bounds: { x: 10, y: 20, width: 800, height: 600 }, maximized: true };
    writeWindowState(file, state);
    expect(readWindowState(file, [SCREEN])).toEqual(state);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is not taken when that screen is gone', () => {
    writeWindowState(file, { bounds: { x: 5000, y: 20, width: 800, height: 600 }, maximized: false });
    expect(readWindowState(file, [SCREEN]).bounds).toEqual({ x: 240, y: 90, width: 1440, height: 900 });
  });

  it.each([
    '',
    '{',
    'null',
    '{"bounds":{"x":"0","y":0,"width":1,"height":1}}',
    '{"bounds":{"x":0,"y":0,"width":-5,"height":9}}',
  ])('is a default for the file %j, and fits a small screen', (text) => {
    writeFileSync(file, text);
    const small = { x: 0, y: 0, width: 1024, height: 700 };
    expect(readWindowState(file, [small])).toEqual({ bounds: small, maximized: false });
  });
});

describe('paths from outside', () => {
  it('are those on the command line that exist; options and the app itself are none', () => {
    writeFileSync(join(folder, 't1.nii'), '');
    mkdirSync(join(folder, 'app'), { recursive: true });
    const args = ['--no-sandbox', '--inspect=0', 'app', 't1.nii', '/does/not/exist', '', folder];
    expect(pathsOf(args, folder, join(folder, 'app'))).toEqual([join(folder, 't1.nii'), folder]);
  });

  it('wait until the page listens, are given once, and wait again after a reload', () => {
    const paths = new OpenPaths();
    const sent: string[][] = [];
    paths.push(['a']);
    expect(paths.take((each) => sent.push(each))).toEqual(['a']);
    paths.push(['b']);
    expect(sent).toEqual([['b']]);
    paths.hold();
    paths.push(['c']);
    expect(sent).toEqual([['b']]);
    expect(paths.take(() => undefined)).toEqual(['c']);
  });
});

describe('files that may be shown in the file manager', () => {
  it('are those that an export wrote, and no other', () => {
    const written = new WrittenFiles();
    let emit: (event: JobEvent) => void = () => undefined;
    written.follow({
      onJob: (listener: typeof emit) => {
        emit = listener;
        return () => undefined;
      },
    } as never);
    const event = { job: '1', kind: 'export', progress: 1, stage: 's' } as const;
    emit({ ...event, state: 'running', result: { folder: '/early', files: [], shown: '/early' } });
    emit({ ...event, state: 'done', result: { folder: '/out', files: ['a.csv'], shown: '/out/a.csv' } });
    emit({ ...event, kind: 'segment', state: 'done', result: { case: 'p1' } });
    expect(
      ['/out/a.csv', '/early', '/etc/passwd', 'a.csv', null].filter((path) => written.has(path)),
    ).toEqual(['/out/a.csv']);
  });
});

describe('the security switches of the packaged app', () => {
  const text = readFileSync('electron-builder.yml', 'utf8');

  it.each([
    ['runAsNode', false],
    ['enableNodeOptionsEnvironmentVariable', false],
    ['enableNodeCliInspectArguments', false],
    ['enableEmbeddedAsarIntegrityValidation', true],
    ['onlyLoadAppFromAsar', true],
    ['grantFileProtocolExtraPrivileges', false],
  ])('fuse %s is %s', (fuse, value) => {
    expect(text).toMatch(new RegExp(`^  ${fuse}: ${value}$`, 'm'));
  });
});
