import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { QuorumError } from '../../src/errors.js';
import { openCase, runsBody, segment, startServices, writeTinyStudy } from './harness.js';

let folder: string;
let host: Awaited<ReturnType<typeof startServices>>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-forget-'));
  host = await startServices();
});

afterEach(async () => {
  await host.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Every file of a folder: path and bytes. */
async function filesBelow(root: string): Promise<{ path: string; bytes: Buffer }[]> {
  const files = [];
  for (const name of await readdir(root, { recursive: true })) {
    const path = join(root, name);
    if ((await stat(path)).isFile()) files.push({ path, bytes: await readFile(path) });
  }
  return files;
}

it('forgetting a case leaves no name, id, path or content of it in the profile, and another case untouched', async () => {
  const study = await writeTinyStudy(folder, 'Doe-Jane-4711000815');
  const other = await writeTinyStudy(folder, 'Roe-Richard-0815', ['t1']);
  const kept = await segment(host.services, (await openCase(host.services, other)).id);
  const { id, files } = await segment(host.services, (await openCase(host.services, study)).id);
  for (const combination of ['flair', 't1ce'] as const) {
    await host.services.call('edits.start', { case: id, from: { kind: 'combination', combination } });
    await host.services.call('edits.stroke', { case: id, tool: 'brush' }, runsBody([0, 9, 4]));
  }
  const before = await filesBelow(host.profile);
  expect(before.some(({ bytes }) => bytes.includes('Doe-Jane-4711000815'))).toBe(true);
  await host.services.call('cases.forget', { case: id });
  // Longer than what a random id may hold by chance.
  const traces = ['Doe', '4711000815', id, study, ...files.map(({ name }) => name)];
  for (const { path, bytes } of await filesBelow(host.profile))
    for (const trace of traces)
      expect([path, path.includes(trace) || bytes.includes(trace)]).toEqual([path, false]);
  // The other case shares T1's content with the forgotten one, so its logits went too; its name stays where it was.
  const recents = await host.services.call('recents.list', {});
  expect(recents.map(({ name }) => name)).toEqual(['Roe-Richard-0815']);
  expect((await host.services.call('cache.status', {})).editedCases).toBe(0);
  expect((await host.services.call('cases.list', {})).map((one) => one.id)).toEqual([kept.id]);
});

it('forgetting a case whose job runs stops the job first', async () => {
  const study = await writeTinyStudy(folder, 'Doe-Jane-4711000815');
  const { id } = await openCase(host.services, study);
  const { job } = await host.services.call('cases.segment', { case: id, force: true, device: 'cpu' });
  await host.services.call('cases.forget', { case: id });
  const states = host.events.flatMap((event) =>
    event.type === 'job' && event.event.job === job ? [event.event.state] : [],
  );
  expect(states.at(-1)).toBe('cancelled');
  expect((await host.services.call('cache.status', {})).entries).toBe(0);
});

it('forgetting a case whose worker has died leaves nothing of it either', async () => {
  const study = await writeTinyStudy(folder, 'Doe-Jane-4711000815', ['t1', 'flair']);
  const { id } = await segment(host.services, (await openCase(host.services, study)).id);
  process.kill(host.services.workerPid!, 'SIGSTOP');
  const held = host.services.workerPid!;
  await host.services.call('cases.forget', { case: id });
  process.kill(held, 'SIGKILL');
  expect(await host.services.call('recents.list', {})).toEqual([]);
  expect((await host.services.call('cache.status', {})).entries).toBe(0);
});

it('forgetting a case tries every store, and says which one failed', async () => {
  const study = await writeTinyStudy(folder, 'Doe-Jane-4711000815', ['t1', 'flair']);
  const { id } = await segment(host.services, (await openCase(host.services, study)).id);
  // A file where the folder of corrected brain masks would be.
  await writeFile(join(host.profile, 'brains'), 'no folder');
  const problem = await host.services
    .call('cases.forget', { case: id })
    .catch((error: QuorumError) => error.problem);
  expect(problem).toMatchObject({ code: 'FORGET_INCOMPLETE', found: 'brain masks' });
  expect(await host.services.call('recents.list', {})).toEqual([]);
  expect((await host.services.call('cache.status', {})).entries).toBe(0);
  expect(host.events).toContainEqual({ type: 'caseClosed', case: id });
});

it('the cache holds nothing but hashes in names, readable by the user alone', async () => {
  const study = await writeTinyStudy(folder, 'Doe-Jane-4711000815', ['t1', 'flair']);
  await segment(host.services, (await openCase(host.services, study)).id);
  const cache = join(host.profile, 'cache');
  expect((await stat(cache)).mode & 0o777).toBe(0o700);
  const files = await filesBelow(cache);
  expect(files).toHaveLength(2);
  for (const { path, bytes } of files) {
    expect(path).toMatch(/\/[0-9a-f]{32}-[0-9a-f]{32}\.safetensors$/);
    expect(bytes.includes('Doe')).toBe(false);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  }
});
