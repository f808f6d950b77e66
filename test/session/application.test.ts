import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServices, type Services, SHIPPED_MODEL } from '../../src/session/services.js';
import { answerCall } from '../../src/wire/calls.js';
import { problemCode } from './harness.js';

let profile: string;
let services: Services;

beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'quorum-application-'));
  services = createServices({ profileFolder: profile });
});

afterEach(async () => {
  await services.close();
  await rm(profile, { recursive: true, force: true });
});

/** A model that differs from the shipped one in its name alone. */
async function otherModel(): Promise<string> {
  const folder = join(profile, 'elsewhere');
  await cp(SHIPPED_MODEL, folder, { recursive: true });
  const file = join(folder, 'model.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), name: 'Other' }));
  await writeFile(join(folder, 'surprise.sh'), 'echo');
  return folder;
}

describe('models', () => {
  it('list the shipped one, chosen, with its card', async () => {
    const [shipped, ...others] = await services.call('models.list', {});
    expect(others).toEqual([]);
    expect(shipped).toMatchObject({ shipped: true, chosen: true });
    expect(shipped.card?.length).toBeGreaterThan(0);
  });

  it('ask before an unknown one is added, copy what a model is made of and nothing else, and can be chosen and removed', async () => {
    const folder = await otherModel();
    const asked = await services.call('models.add', { folder });
    expect(asked).toMatchObject({ state: 'confirm', model: { name: 'Other' } });
    expect(await services.call('models.list', {})).toHaveLength(1);
    const { state, model } = await services.call('models.add', { folder, confirmed: true });
    expect(state).toBe('added');
    expect(await readdir(join(profile, 'models', model.id))).not.toContain('surprise.sh');
    expect((await services.call('models.add', { folder, confirmed: true })).state).toBe('present');
    await services.call('settings.set', { model: model.id });
    const chosen = (await services.call('models.list', {})).filter((one) => one.chosen);
    expect(chosen.map(({ name }) => name)).toEqual(['Other']);
    expect(await services.call('models.remove', { id: model.id })).toEqual({ removed: true });
    expect((await services.call('settings.get', {})).model).toBeNull();
  });

  it('refuse a folder whose weights are not those it names, and stay as they were', async () => {
    const folder = await otherModel();
    const weights = await readFile(join(folder, 'weights.safetensors'));
    weights[weights.length - 1] ^= 1;
    await writeFile(join(folder, 'weights.safetensors'), weights);
    const call = services.call('models.add', { folder, confirmed: true });
    expect(await problemCode(call)).toBe('MODEL_HASH_MISMATCH');
    expect(await services.call('models.list', {})).toHaveLength(1);
  });

  it('never remove by a path', async () => {
    expect(await services.call('models.remove', { id: '../elsewhere' })).toEqual({ removed: false });
  });
});

describe('settings', () => {
  it('are kept, private, and survive a damaged file', async () => {
    await services.call('settings.set', { theme: 'dark', cacheLimitMb: 100 });
    expect(await services.call('settings.get', {})).toMatchObject({
      theme: 'dark',
      cacheLimitMb: 100,
      device: 'auto',
    });
    const file = join(profile, 'settings.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, '{"theme": 7');
    expect(await services.call('settings.get', {})).toMatchObject({ theme: 'system', rememberFolders: true });
  });
});

describe('a window', () => {
  it.each([
    ['the command line’s methods', { method: 'segment.start', request: {} }],
    ['what is no method', { method: '__proto__', request: {} }],
    ['what is no call', 'hello'],
    ['a body where none belongs', { method: 'app.info', request: {}, body: new ArrayBuffer(4) }],
  ])('cannot send %s', async (_, message) => {
    expect(await answerCall(services, message)).toMatchObject({
      ok: false,
      problem: { code: 'REQUEST_INVALID' },
    });
  });

  it('gets an answer', async () => {
    const answer = await answerCall(services, { method: 'app.info', request: {} });
    expect(answer).toMatchObject({
      ok: true,
      response: { profile, notice: 'Research use only. Not a medical device.' },
    });
  });
});
