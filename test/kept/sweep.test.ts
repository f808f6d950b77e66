import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownerTag } from '../../src/files/process.js';
import { StagingRegister } from '../../src/kept/stagingRegister.js';
import { DailySweep } from '../../src/kept/sweep.js';
import { startServices } from '../session/harness.js';

const [machine] = ownerTag().split('-');
/** A process of this machine that ran, and does not run any more. */
const dead = `${machine}-${spawnSync(process.execPath, ['-e', '']).pid}`;
const OLD = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
const RECENT = new Date(Date.now() - 29 * 24 * 60 * 60 * 1000);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-sweep-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, date: Date = new Date()): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, 'x');
  await utimes(file, date, date);
  return file;
}

describe('what a profile held for a time', () => {
  it('is removed when the services start: too old, or left by a process that was killed', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
    const output = join(folder, 'results');
    await put(`profile/staging/${dead}-note.json`);
    await writeFile(join(folder, `profile/staging/${dead}-note.json`), JSON.stringify({ folder: output }));
    const gone = await Promise.all([
      put(`profile/cache/${a}-${a}.safetensors`, OLD),
      put(`profile/prepared/${a}/head-with-face.nii.gz`, OLD),
      put(`profile/prepared/${b}.making-${dead}/t1.nii.gz`),
      put(`profile/working/${dead}-x/series.nii`),
      put(`profile/edits/.new-x/base.gz`),
      put(`results/p1/.quorum-part-${dead}-x/p1_seg.nii.gz`),
    ]);
    const hourAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(join(folder, 'profile/edits/.new-x'), hourAgo, hourAgo);
    const stays = await Promise.all([
      put(`profile/cache/${b}-${b}.safetensors`, RECENT),
      put(`profile/prepared/${c}/head-with-face.nii.gz`, RECENT),
      put(`profile/working/00000000-1-x/series.nii`),
      put(`results/p1/.quorum-part-00000000-1-x/other-machine.nii.gz`),
      put(`results/p1/p1_seg.nii.gz`),
    ]);
    const { dispose } = await startServices(join(folder, 'profile'));
    await expect.poll(() => gone.filter((file) => existsSync(file))).toEqual([]);
    expect(stays.filter((file) => !existsSync(file))).toEqual([]);
    await dispose();
  });

  it('loses its faces at the start where heads are not to be kept', async () => {
    const prepared = 'd'.repeat(32);
    await put('profile/settings.json');
    await writeFile(join(folder, 'profile/settings.json'), JSON.stringify({ keepHeads: false }));
    const head = await put(`profile/prepared/${prepared}/head-with-face.nii.gz`);
    const older = await put(`profile/prepared/${prepared}/head.nii.gz`);
    const brain = await put(`profile/prepared/${prepared}/t1.nii.gz`);
    const { dispose } = await startServices(join(folder, 'profile'));
    await expect.poll(() => existsSync(head) || existsSync(older)).toBe(false);
    expect(existsSync(brain)).toBe(true);
    await dispose();
  });

  it('is looked through once a day, whatever failed the day before', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const work = vi.fn(async () => Promise.reject(new Error('a drive that is away')));
      const sweep = new DailySweep(work);
      await sweep.done;
      vi.advanceTimersByTime(2 * 24 * 60 * 60 * 1000);
      await sweep.close();
      expect(work).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a folder that results are written to', () => {
  it('is noted while they are, and by nothing afterwards', async () => {
    const notes = join(folder, 'staging');
    const register = new StagingRegister(notes);
    await mkdir(join(folder, 'out'));
    const during = await register.during(join(folder, 'out'), () => readdir(notes));
    expect(during).toHaveLength(1);
    expect(await readdir(notes)).toEqual([]);
  });

  it('is cleared at once of what a worker left that was killed there', async () => {
    const register = new StagingRegister(join(folder, 'staging'));
    const left = join(folder, 'out', `.quorum-part-${dead}-x`);
    const killed = register.during(join(folder, 'out'), async () => {
      await mkdir(left, { recursive: true });
      throw new Error('killed');
    });
    await expect(killed).rejects.toThrow('killed');
    expect(existsSync(left)).toBe(false);
    expect(await readdir(join(folder, 'staging'))).toEqual([]);
  });

  it('stays noted while its drive is away', async () => {
    const register = new StagingRegister(join(folder, 'staging'));
    const note = await put(`staging/${dead}-note.json`);
    await writeFile(note, JSON.stringify({ folder: join(folder, 'drive', 'results') }));
    await register.sweep();
    expect(existsSync(note)).toBe(true);
    await mkdir(join(folder, 'drive'));
    await register.sweep();
    expect(existsSync(note)).toBe(false);
  });
});
