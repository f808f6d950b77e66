import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFolderWhole } from '../../src/files/wholeFolder.js';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quorum-folder-'));
  folder = join(root, 'out');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const fill = (text: string) => (making: string) => writeFile(join(making, 'a.txt'), text);
const content = () => readFile(join(folder, 'a.txt'), 'utf8');

it('appears with everything in it, for the user alone where that is asked', async () => {
  const seen = await writeFolderWhole(
    folder,
    async (making) => {
      await fill('new')(making);
      return readdir(root);
    },
    { mode: 0o700 },
  );
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatch(/^\.quorum-part-/);
  expect(await content()).toBe('new');
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await readdir(root)).toEqual(['out']);
});

it('leaves nothing when its writer fails', async () => {
  const failing = async (making: string) => {
    await fill('half')(making);
    throw new Error('no more');
  };
  await expect(writeFolderWhole(folder, failing)).rejects.toThrow('no more');
  expect(await readdir(root)).toEqual([]);
});

it('takes the place of an empty folder, and of no other unless it may', async () => {
  await mkdir(folder);
  await writeFolderWhole(folder, fill('first'));
  await expect(writeFolderWhole(folder, fill('second'))).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  expect(await content()).toBe('first');
  await writeFolderWhole(folder, fill('second'), { replace: true });
  expect(await content()).toBe('second');
  expect(await readdir(root)).toEqual(['out']);
});

it('refuses to take the place of a file', async () => {
  await writeFile(folder, 'mine');
  await expect(writeFolderWhole(folder, fill('new'), { replace: true })).rejects.toMatchObject({
    code: 'OUTPUT_EXISTS',
  });
  expect(await readFile(folder, 'utf8')).toBe('mine');
  expect(await readdir(root)).toEqual(['out']);
});

it('says that the disk takes nothing, not that something is there', async () => {
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  await expect(writeFolderWhole(folder, () => Promise.reject(full))).rejects.toMatchObject({
    code: 'DISK_FULL',
  });
});
