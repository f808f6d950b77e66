import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepVerdict, readVerdicts, type Verdict } from '../../src/engine/devices/verdicts.js';
import { SequenceMemory } from '../../src/kept/sequenceMemory.js';
import { RecentFolders, SettingsStore } from '../../src/kept/settings.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-settings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('the folder of the last export is remembered, and forgotten with the folders that were opened', async () => {
  const file = join(folder, 'settings.json');
  await new SettingsStore(file).set({ exportFolder: '/results' });
  const settings = new SettingsStore(file);
  expect(await settings.get()).toMatchObject({ rememberFolders: true, exportFolder: '/results' });
  await settings.set({ rememberFolders: false });
  expect((await settings.get()).exportFolder).toBeNull();
  await settings.set({ exportFolder: '/results' });
  expect((await settings.get()).exportFolder).toBeNull();
});

it('of changes that are made at once none is lost', async () => {
  const settings = new SettingsStore(join(folder, 'settings.json'));
  await Promise.all([
    settings.set({ theme: 'dark' }),
    settings.set({ cacheLimitMb: 5 }),
    settings.set({ keepHeads: false }),
  ]);
  expect(await settings.get()).toMatchObject({ theme: 'dark', cacheLimitMb: 5, keepHeads: false });

  const recents = new RecentFolders(join(folder, 'recents.json'));
  await Promise.all(['a', 'b', 'c'].map((name) => recents.add(name, [`/${name}`], null)));
  expect((await recents.list()).map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);

  const memory = new SequenceMemory(join(folder, 'sequences.json'));
  await Promise.all([memory.remember('1', 't1'), memory.remember('2', 't2'), memory.remember('3', 'flair')]);
  expect([...(await memory.all()).keys()].sort()).toEqual(['1', '2', '3']);
  await Promise.all([memory.forget(['1']), memory.remember('4', 't1ce')]);
  expect([...(await memory.all()).keys()].sort()).toEqual(['2', '3', '4']);

  const verdict = (deviceId: string) =>
    ({
      deviceId,
      driver: 'd',
      adapter: null,
      testedAt: '',
      accepted: true,
      reason: 'accepted',
      detail: '',
      maxLogitDifference: null,
      dice: null,
      speedRatio: null,
    }) as Verdict;
  await Promise.all(['x', 'y', 'z'].map((id) => keepVerdict(folder, verdict(id))));
  expect((await readVerdicts(folder)).map(({ deviceId }) => deviceId).sort()).toEqual(['x', 'y', 'z']);
});
