import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownerTag } from '../../src/files/process.js';
import { removeLeftovers } from '../../src/server/temporaryFolders.js';
import { encodeFrame } from '../../src/wire/frame.js';
import { Browser, problemIn } from './browser.js';
import { recordingServices } from './services.js';

const limits = { bytes: 1000, files: 5 };
const { client, emit } = recordingServices(({ method }) =>
  method === 'cases.open' ? { kind: 'case', case: { id: 'case-1' } } : {},
);
let browser: Browser;

beforeAll(async () => {
  browser = await Browser.start(client, limits);
  await browser.enter();
});
afterAll(() => browser.close());

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await browser.send(method, path, {
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
  });
  expect(answer.status, answer.body.toString()).toBe(200);
  return JSON.parse(answer.body.toString()) as T;
}

const begin = async () => (await json<{ id: string }>('POST', '/api/uploads')).id;
/** Files of one request, as the renderer sends them; `listed` when their list shall say something else. */
const putAll = (id: string, files: [path: string, bytes: string | Uint8Array][], listed?: unknown) => {
  const contents = files.map(([, bytes]) => Buffer.from(bytes));
  const list = listed ?? files.map(([path], index) => ({ path, bytes: contents[index].length }));
  const body = Buffer.concat([encodeFrame(list), ...contents]);
  return browser.send('PUT', `/api/uploads/${id}/files`, { body });
};
const put = (id: string, path: string, bytes: string | Uint8Array) => putAll(id, [[path, bytes]]);
const folderOf = async (id: string) =>
  (await json<{ folder: string }>('POST', `/api/uploads/${id}/done`)).folder;
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('a dropped folder', () => {
  it('arrives with its sub-folders, byte for byte, readable by the user alone', async () => {
    const id = await begin();
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
    const answer = await put(id, 'Patient ü/mr 1/t1.nii.gz', bytes);
    expect(JSON.parse(answer.body.toString())).toEqual({ bytes: 300, files: 1 });
    const folder = await folderOf(id);
    expect(new Uint8Array(await readFile(join(folder, 'Patient ü/mr 1/t1.nii.gz')))).toEqual(bytes);
    if (process.platform !== 'win32') {
      for (const path of [dirname(folder), folder, join(folder, 'Patient ü')])
        expect((await stat(path)).mode & 0o777, path).toBe(0o700);
      expect((await stat(join(folder, 'Patient ü/mr 1/t1.nii.gz'))).mode & 0o777).toBe(0o600);
    }
  });

  it.each(['../out', 'a/../../out', '/etc/out', 'a//b', '.', '', 'a\\..\\b', 'a\0b', 'a/./b', 'a\nb'])(
    'refuses the path %j',
    async (path) => {
      const answer = await put(await begin(), path, 'x');
      expect(problemIn(answer)).toMatchObject({ code: 'REQUEST_INVALID', field: 'path' });
    },
  );

  it('takes many files in one request: sub-folders, empty ones, those cut anywhere by the network', async () => {
    const id = await begin();
    const long = 'x'.repeat(900);
    const answer = await putAll(id, [
      ['p/empty', ''],
      ['p/a/1.dcm', 'one'],
      ['p/a/2.dcm', long],
      ['p/b/1.dcm', 'two'],
    ]);
    expect(JSON.parse(answer.body.toString())).toEqual({ bytes: 906, files: 4 });
    const folder = await folderOf(id);
    const read = (path: string) => readFile(join(folder, path), 'utf8');
    expect(await Promise.all(['p/empty', 'p/a/1.dcm', 'p/a/2.dcm', 'p/b/1.dcm'].map(read))).toEqual([
      '',
      'one',
      long,
      'two',
    ]);
  });

  it('writes none of a request’s files when one path is refused, one is there already, or bytes are missing or left over', async () => {
    const id = await begin();
    await put(id, 'kept', 'first');
    const refused = [
      await putAll(id, [
        ['good', 'x'],
        ['../bad', 'x'],
      ]),
      await putAll(id, [
        ['good', 'x'],
        ['kept', 'x'],
      ]),
      await putAll(id, [['good', 'x']], [{ path: 'good', bytes: 2 }]),
      await putAll(id, [['good', 'xyz']], [{ path: 'good', bytes: 2 }]),
      await putAll(id, [['good', 'x']], [{ path: 'good', bytes: -1 }]),
      await putAll(id, [['good', 'x']], []),
      await putAll(id, [['good', 'x']], { path: 'good', bytes: 1 }),
      await browser.send('PUT', `/api/uploads/${id}/files`, { body: '\xff\xff\xff\xff' }),
      await browser.send('PUT', `/api/uploads/${id}/files`, { body: Buffer.from([255, 255, 255, 127, 32]) }),
    ].map((answer) => problemIn(answer));
    expect(refused.map(({ code, field }) => field ?? code)).toEqual([
      'path',
      'OUTPUT_EXISTS',
      'frame',
      'frame',
      'frame',
      'frame',
      'frame',
      'frame',
      'frame',
    ]);
    expect(await readdir(await folderOf(id))).toEqual(['kept']);
    // What was refused does not count.
    expect((await put(id, 'rest', 'x'.repeat(limits.bytes - 5))).status).toBe(200);
  });

  it('stops at the size limit, counts all files together, and leaves no part of the last behind', async () => {
    const id = await begin();
    expect((await put(id, 'a', 'x'.repeat(600))).status).toBe(200);
    const answer = await put(id, 'b', 'x'.repeat(600));
    expect(answer.status).toBe(413);
    expect(problemIn(answer).code).toBe('DATA_TOO_LARGE');
    expect(await readdir(await folderOf(id))).toEqual(['a']);
    expect((await put(id, 'c', 'x'.repeat(400))).status).toBe(200);
  });

  it('stops at the number of files', async () => {
    const id = await begin();
    for (let i = 0; i < limits.files; i++) expect((await put(id, `f${i}`, 'x')).status).toBe(200);
    expect(problemIn(await put(id, 'one more', 'x')).code).toBe('DATA_TOO_LARGE');
  });

  it('never replaces a file', async () => {
    const id = await begin();
    await put(id, 'a', 'first');
    expect(problemIn(await put(id, 'a', 'second')).code).toBe('OUTPUT_EXISTS');
    expect(await readFile(join(await folderOf(id), 'a'), 'utf8')).toBe('first');
  });

  it('leaves nothing of a file that was broken off', async () => {
    const id = await begin();
    const folder = await folderOf(id);
    const socket = connect({ host: '127.0.0.1', port: browser.port });
    const list = encodeFrame([
      { path: 'half', bytes: 900 },
      { path: 'never', bytes: 10 },
    ]);
    socket.write(
      `PUT /api/uploads/${id}/files HTTP/1.1\r\nHost: 127.0.0.1:${browser.port}\r\nOrigin: ${browser.origin}\r\nCookie: ${browser.cookie}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${list.length + 910}\r\n\r\n`,
    );
    socket.write(Buffer.concat([list, Buffer.alloc(100)]));
    await expect.poll(() => exists(join(folder, 'half'))).toBe(true);
    socket.destroy();
    await expect.poll(() => exists(join(folder, 'half'))).toBe(false);
    await expect.poll(async () => (await put(id, 'whole', 'x'.repeat(1000))).status).toBe(200);
  });

  it('goes when asked to, and is unknown afterwards', async () => {
    const id = await begin();
    const folder = await folderOf(id);
    expect((await browser.send('DELETE', `/api/uploads/${id}`)).status).toBe(204);
    expect(await exists(folder)).toBe(false);
    expect((await put(id, 'a', 'x')).status).toBe(404);
  });

  it('goes when the case that was opened from it is closed', async () => {
    const id = await begin();
    await put(id, 'p/t1.nii', 'x');
    const folder = await folderOf(id);
    const frame = encodeFrame({
      method: 'cases.open',
      request: { paths: [join(folder, 'p')], remember: false },
    });
    await browser.send('POST', '/api/call', { body: frame });
    emit({ type: 'caseClosed', case: 'another' });
    expect(await exists(join(folder, 'p/t1.nii'))).toBe(true);
    emit({ type: 'caseClosed', case: 'case-1' });
    await expect.poll(() => exists(folder)).toBe(false);
  });

  it('goes when the server ends', async () => {
    const other = await Browser.start(client, limits);
    await other.enter();
    const { id } = JSON.parse((await other.send('POST', '/api/uploads')).body.toString()) as { id: string };
    const done = await other.send('POST', `/api/uploads/${id}/done`);
    const { folder } = JSON.parse(done.body.toString()) as { folder: string };
    expect(await exists(folder)).toBe(true);
    await other.close();
    expect(await exists(dirname(folder))).toBe(false);
  });
});

describe('what a killed server left behind', () => {
  it('goes when the next one starts; folders of those that run stay', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'quorum-test-'));
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    const [machine] = ownerTag().split('-');
    for (const name of [
      `quorum-serve-${machine}-${ended}-x`,
      `quorum-serve-${ownerTag()}-x`,
      'quorum-serve-y',
    ])
      await mkdir(join(parent, name, 'patient'), { recursive: true });
    await removeLeftovers(parent);
    expect((await readdir(parent)).sort()).toEqual([`quorum-serve-${ownerTag()}-x`, 'quorum-serve-y']);
    await rm(parent, { recursive: true });
  });
});

describe('the picker of folders on the server', () => {
  beforeAll(async () => {
    await mkdir(join(browser.root, 'b'));
    await mkdir(join(browser.root, 'a10'));
    await mkdir(join(browser.root, 'a9'));
    await writeFile(join(browser.root, 't1.nii.gz'), 'xyz');
    await writeFile(join(browser.root, '.hidden'), '');
    await symlink(browser.folder, join(browser.root, 'way-out'));
    await symlink(join(browser.root, 'b'), join(browser.root, 'way-in'));
  });

  it('shows the roots first', async () => {
    const listing = await json<{ path: null; entries: { path: string }[] }>('GET', '/api/folders');
    expect(listing.path).toBeNull();
    expect(listing.entries.map(({ path }) => path)).toEqual([browser.root]);
  });

  it('shows folders before files, no hidden entry and no link that leads out', async () => {
    const { entries, parent } = await json<{
      parent: string | null;
      entries: { name: string; bytes: number }[];
    }>('GET', `/api/folders?path=${encodeURIComponent(browser.root)}`);
    expect(entries.map(({ name }) => name)).toEqual(['a9', 'a10', 'b', 'way-in', 't1.nii.gz']);
    expect(entries.at(-1)!.bytes).toBe(3);
    expect(parent).toBeNull();
  });

  it.each([
    '/',
    '/etc',
    '..',
    '{root}/..',
    '{root}/b/../..',
    '{root}/way-out',
    '{root}/way-out/secret.txt',
    '{root}x',
  ])('refuses %s', async (path) => {
    const asked = path.replace('{root}', browser.root);
    const answer = await browser.send('GET', `/api/folders?path=${encodeURIComponent(asked)}`);
    expect(problemIn(answer)).toMatchObject({ code: 'REQUEST_INVALID', field: 'path' });
  });

  it('makes a new folder for an export, within the roots alone', async () => {
    const made = await json<{ path: string }>('POST', '/api/folders', {
      parent: browser.root,
      name: 'results',
    });
    expect((await stat(made.path)).isDirectory()).toBe(true);
    for (const request of [
      { parent: browser.root, name: '../out' },
      { parent: browser.root, name: '..' },
      { parent: browser.folder, name: 'out' },
      { parent: browser.root, name: 'results' },
    ]) {
      const answer = await browser.send('POST', '/api/folders', {
        body: JSON.stringify(request),
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    expect(await exists(join(browser.folder, 'out'))).toBe(false);
  });
});

describe('an export as a download', () => {
  it('is one zip file, after which its folder is gone', async () => {
    const { id, folder } = await json<{ id: string; folder: string }>('POST', '/api/downloads');
    await mkdir(join(folder, 'combinations'));
    await writeFile(join(folder, 'case_seg.nii.gz'), 'mask');
    await writeFile(join(folder, 'combinations', 't1+flair.nii.gz'), 'other');
    const answer = await browser.send('GET', `/api/downloads/${id}?name=${encodeURIComponent('Ü "1"\r\nX')}`);
    expect(answer.headers['content-type']).toBe('application/zip');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="___1___X.zip"');
    const zip = join(browser.folder, 'download.zip');
    await writeFile(zip, answer.body);
    const script =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print([(n, z.read(n).decode()) for n in sorted(z.namelist())])';
    expect(execFileSync('python3', ['-c', script, zip]).toString().trim()).toBe(
      "[('case_seg.nii.gz', 'mask'), ('combinations/t1+flair.nii.gz', 'other')]",
    );
    await expect.poll(() => exists(folder)).toBe(false);
    expect((await browser.send('GET', `/api/downloads/${id}`)).status).toBe(404);
  });

  it('says so when there is nothing to download', async () => {
    const { id } = await json<{ id: string }>('POST', '/api/downloads');
    expect(problemIn(await browser.send('GET', `/api/downloads/${id}`)).code).toBe('RESULT_MISSING');
    expect((await browser.send('DELETE', `/api/downloads/${id}`)).status).toBe(204);
    expect((await browser.send('GET', `/api/downloads/${id}`)).status).toBe(404);
  });
});
