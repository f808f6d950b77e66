import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownerTag } from '../../src/files/process.js';
import { PreparedStore, writePrepared } from '../../src/kept/preparedStore.js';

const KEY = 'e'.repeat(32);
let root: string;
let place: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quorum-prepared-'));
  place = join(root, KEY);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function holding(folder: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 't1.nii.gz'), text);
  return folder;
}
const content = () => readFile(join(place, 't1.nii.gz'), 'utf8');

it('a new preparation takes the place of an earlier one, whole', async () => {
  await holding(place, 'earlier');
  await writePrepared(place, (making) => writeFile(join(making, 't1.nii.gz'), 'new'));
  expect(await content()).toBe('new');
});

it('an earlier preparation comes back when the new one cannot take its place', async () => {
  await holding(place, 'earlier');
  const gone = (making: string) => rm(making, { recursive: true });
  await expect(writePrepared(place, gone)).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
  expect(await content()).toBe('earlier');
});

it('an earlier preparation comes back that a crash left aside; where the new one is there, it goes', async () => {
  const [machine] = ownerTag().split('-');
  const aside = `${place}.earlier-${machine}-${spawnSync(process.execPath, ['-e', '']).pid}`;
  const store = new PreparedStore(root);
  await holding(aside, 'earlier');
  await store.sweep(new Set(), { heads: false });
  expect(await content()).toBe('earlier');
  await holding(aside, 'older still');
  await store.sweep(new Set(), { heads: false });
  expect(await content()).toBe('earlier');
  expect(existsSync(aside)).toBe(false);
});

it('heads with faces go alone, but for those of open cases', async () => {
  const used = await holding(join(root, 'f'.repeat(32)), 'x');
  for (const folder of [await holding(place, 'x'), used])
    await writeFile(join(folder, 'head-with-face.nii.gz'), 'face');
  await new PreparedStore(root).sweep(new Set([used]), { heads: true });
  expect(existsSync(join(place, 'head-with-face.nii.gz'))).toBe(false);
  expect(existsSync(join(place, 't1.nii.gz'))).toBe(true);
  expect(existsSync(join(used, 'head-with-face.nii.gz'))).toBe(true);
});
