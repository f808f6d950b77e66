import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { binaryContract, contract } from '../../src/contract/client.js';
import { PATH_FIELDS } from '../../src/server/requestPaths.js';
import type { WireResponse } from '../../src/wire/calls.js';
import { decodeFrame, encodeFrame } from '../../src/wire/frame.js';
import { Browser } from './browser.js';
import { type Call, recordingServices } from './services.js';

const labels = Uint8Array.from({ length: 1003 }, (_, i) => (i * 7) % 5);
const answers = ({ method }: Call) =>
  method === 'masks.labels' ? { header: { volumes: 3 }, data: labels.slice().buffer } : { answered: method };
const { client, calls, emit, listeners } = recordingServices(answers);
let browser: Browser;

beforeAll(async () => {
  browser = await Browser.start(client);
  await browser.enter();
});
afterAll(() => browser.close());

async function call(json: unknown, data?: ArrayBuffer): Promise<{ answer: WireResponse; data: ArrayBuffer }> {
  const answer = await browser.send('POST', '/api/call', { body: encodeFrame(json, data) });
  expect(answer.status).toBe(200);
  const frame = decodeFrame(new Uint8Array(answer.body));
  return { answer: frame.json as WireResponse, data: frame.data };
}

describe('calls of the contract', () => {
  it('carry a request over and its answer back', async () => {
    const { answer } = await call({ method: 'cases.get', request: { case: 'Müller ☤' } });
    expect(answer).toEqual({ ok: true, response: { answered: 'cases.get' } });
    expect(calls.at(-1)).toMatchObject({ method: 'cases.get', request: { case: 'Müller ☤' } });
  });

  it('carry bytes unchanged in both directions', async () => {
    const runs = Uint32Array.from([1, 2, 4, 4_000_000_000, 9, 0]).buffer;
    await call({ method: 'edits.stroke', request: { case: 'a', tool: 'brush' } }, runs);
    expect(new Uint32Array(calls.at(-1)!.body!)).toEqual(new Uint32Array(runs));
    const { data } = await call({ method: 'masks.labels', request: { case: 'a' } });
    expect(new Uint8Array(data)).toEqual(labels);
  });

  it('refuse the methods of the command line, and whatever is no frame', async () => {
    for (const method of ['segment.start', 'models.exportOnnx', 'toString', '__proto__', 7]) {
      const before = calls.length;
      expect((await call({ method, request: {} })).answer).toMatchObject({ ok: false });
      expect(calls.length).toBe(before);
    }
    for (const body of ['{}', 'x', new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0])]) {
      const answer = await browser.send('POST', '/api/call', { body });
      expect(decodeFrame(new Uint8Array(answer.body)).json).toMatchObject({
        ok: false,
        problem: { code: 'REQUEST_INVALID' },
      });
    }
  });

  it('refuse other content types, which a form of another site could send', async () => {
    const body = encodeFrame({ method: 'cases.list', request: {} });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await browser.send('POST', '/api/call', { body, headers: { 'content-type': type } });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  });

  it('refuse a body above the limit', async () => {
    const answer = await browser
      .send('POST', '/api/call', {
        body: new Uint8Array(0),
        headers: { 'content-length': String(65 * 2 ** 20) },
      })
      .catch((error: Error) => error);
    expect(answer instanceof Error || answer.status === 413).toBe(true);
  });
});

describe('paths in calls', () => {
  it.each([
    ['cases.open', { paths: ['/etc'] }],
    ['cases.open', { paths: ['relative'] }],
    ['masks.open', { case: 'a', file: '/etc/passwd', role: 'truth' }],
    ['export.start', { case: 'a', folder: '/tmp', combination: 't1' }],
    ['models.add', { folder: '/' }],
    ['cases.assign', { case: 'a', file: '/etc/passwd', sequence: 't1' }],
  ])('%s %j is refused outside of the roots', async (method, request) => {
    const before = calls.length;
    const { answer } = await call({ method, request });
    expect(answer).toMatchObject({ ok: false, problem: { code: 'REQUEST_INVALID', field: 'path' } });
    expect(calls.length).toBe(before);
  });

  it('pass within the roots, also when they do not exist yet', async () => {
    const folder = `${browser.root}/new/results`;
    const { answer } = await call({ method: 'export.start', request: { folder } });
    expect(answer.ok).toBe(true);
  });

  it('go on as real paths, so that a link is not followed again', async () => {
    await mkdir(join(browser.root, 'patient'));
    await symlink(join(browser.root, 'patient'), join(browser.root, 'link'));
    await call({ method: 'cases.open', request: { paths: [join(browser.root, 'link')] } });
    expect(calls.at(-1)!.request).toEqual({ paths: [join(browser.root, 'patient')] });
    // A file that a case names stays as the case names it.
    const file = join(browser.root, 'link', 'x_t1.nii.gz');
    await call({ method: 'cases.assign', request: { case: 'a', file, sequence: 't1' } });
    expect(calls.at(-1)!.request).toMatchObject({ file });
  });

  it('are marked in the contract wherever a field is called file, folder or path', () => {
    // `recents.remove` opens nothing: it takes a path, which may be gone, off a list.
    const calls = Object.entries({ ...contract, ...binaryContract }).filter(
      ([method]) => method !== 'recents.remove',
    );
    const named = calls.flatMap(([method, { request }]) =>
      Object.keys(request.shape)
        .filter((key) => /(file|folder|path)s?$/i.test(key) && key !== 'rememberFolders')
        .map((key) => `${method} ${key}`),
    );
    const marked = [...PATH_FIELDS].flatMap(([method, fields]) =>
      [...fields.keys()].map((key) => `${method} ${key}`),
    );
    expect(named.length).toBeGreaterThan(5);
    // A training's options are called as on the command line: they are marked beside these.
    expect(named.filter((name) => !marked.includes(name))).toEqual([]);
    expect(marked.filter((name) => !named.includes(name) && !name.startsWith('research.'))).toEqual([]);
    expect(marked).toEqual(expect.arrayContaining(['research.train output', 'research.evaluate dataset']));
  });
});

describe('events', () => {
  it('reach every window, and end with it', async () => {
    const before = listeners.size;
    const open = () =>
      new WebSocket(`ws://127.0.0.1:${browser.port}/api/events`, {
        origin: browser.origin,
        headers: { cookie: browser.cookie },
      });
    const sockets = [open(), open()];
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
    const heard = sockets.map(
      (socket) =>
        new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data))))),
    );
    const event = { type: 'caseClosed', case: 'a' } as const;
    emit(event);
    expect(await Promise.all(heard)).toEqual([event, event]);
    expect(listeners.size).toBe(before + 2);
    await Promise.all(
      sockets.map((socket) => {
        socket.close();
        return new Promise((resolve) => socket.once('close', resolve));
      }),
    );
    await expect.poll(() => listeners.size).toBe(before);
  });
});
