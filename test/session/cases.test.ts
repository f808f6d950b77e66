import { existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServices, SAMPLE_PATIENT } from '../../src/session/services.js';
import { MODALITIES } from '../../src/terms.js';
import { ADULT_GLIOMAS } from '../support/population.js';
import { openCase, problemCode, segment, startServices, writeTinyStudy } from './harness.js';

let folder: string;
let study: string;
let host: Awaited<ReturnType<typeof startServices>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-cases-'));
  study = await writeTinyStudy(folder);
  host = await startServices();
});

afterAll(async () => {
  await host.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Bytes that this process has asked the system for; 0 where the system does not say. */
function bytesRead(): number {
  const file = '/proc/self/io';
  return existsSync(file) ? Number(/^rchar: (\d+)$/m.exec(readFileSync(file, 'utf8'))![1]) : 0;
}

describe('opening a case', () => {
  it('recognises the sequences of a folder, with reasons, and reads no file more than twice', async () => {
    const before = bytesRead();
    const opened = await openCase(host.services, SAMPLE_PATIENT);
    const read = bytesRead() - before;
    const images = MODALITIES.map(
      (m) => statSync(join(SAMPLE_PATIENT, `simulated-patient_${m}.nii.gz`)).size,
    );
    const once = images.reduce((sum, size) => sum + size, 0);
    expect(read).toBeLessThan(2 * once + 2e6);
    expect(opened.available).toEqual(['t1', 't1ce', 't2', 'flair']);
    expect(opened.files.find(({ sequence }) => sequence === 'flair')?.reason).toContain('flair');
    await host.services.call('cases.close', { case: opened.id });
  });

  it('offers the cases of a folder of several', async () => {
    const many = join(folder, 'many');
    await writeTinyStudy(many, 'a', ['t1']);
    await writeTinyStudy(many, 'b', ['flair']);
    const opened = await host.services.call('cases.open', { paths: [many] });
    expect(opened).toEqual({ kind: 'cases', folders: 2 });
    const [one] = [join(many, 'a'), join(many, 'b')].map((path) => [path]);
    expect(await host.services.call('cases.open', { paths: [...one, join(many, 'b')] })).toEqual(opened);
  });

  it('takes none of two files that claim one sequence until the user chooses', async () => {
    const twice = await writeTinyStudy(folder, 'twice', ['t1', 'flair']);
    await copyFile(join(twice, 'twice_t1.nii.gz'), join(twice, 'twice_again_t1.nii.gz'));
    const opened = await openCase(host.services, twice);
    expect(opened.ambiguous).toEqual(['t1']);
    expect(opened.available).toEqual(['flair']);
    const file = join(twice, 'twice_t1.nii.gz');
    const corrected = await host.services.call('cases.assign', { case: opened.id, file, sequence: 't1' });
    expect(corrected.slots.t1).toBe(file);
    expect(corrected.ambiguous).toEqual([]);
    const other = corrected.files.find(({ name }) => name === 'twice_again_t1.nii.gz');
    expect(other?.series?.rejected).toContain('the user');
  });

  it('opens a case of which one file is empty, and says so', async () => {
    const damaged = await writeTinyStudy(folder, 'damaged', ['t1', 'flair']);
    await writeFile(join(damaged, 'damaged_t2.nii.gz'), '');
    const opened = await openCase(host.services, damaged);
    expect(opened.available).toEqual(['t1', 'flair']);
    expect(opened.files.find(({ sequence }) => sequence === 't2')?.problem?.code).toBe('DATA_TRUNCATED');
  });

  it.each([
    ['a folder without images', 'empty', 'NO_IMAGES'],
    ['a path that is not there', 'nowhere', 'FILE_NOT_FOUND'],
    ['a single file that is no image', 'picture.png', 'FORMAT_UNKNOWN'],
  ])('refuses %s', async (_, name, code) => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    await writeFile(join(folder, 'picture.png'), 'png');
    expect(await problemCode(host.services.call('cases.open', { paths: [join(folder, name)] }))).toBe(code);
  });

  it('gives the same case when the folder is opened twice', async () => {
    const once = await openCase(host.services, study);
    expect((await openCase(host.services, study)).id).toBe(once.id);
  });

  it('leaves the three questions unanswered until they are answered, and warns by the answers', async () => {
    const opened = await openCase(host.services, study);
    expect(opened.answers).toBeNull();
    await segment(host.services, opened.id);
    const answers = { adult: 'no', treated: 'unknown', glioma: 'yes' } as const;
    const answered = await host.services.call('cases.answer', { case: opened.id, answers });
    expect(answered.answers).toEqual(answers);
    expect(answered.answeredAt).toBeNull();
    expect(answered.result?.warnings).toContainEqual({
      code: 'OUTSIDE_TRAINING',
      reason: 'child',
      population: ADULT_GLIOMAS,
    });
  });
});

describe('recent folders', () => {
  it('are kept unless the user switches them off, which forgets them', async () => {
    await openCase(host.services, study);
    const listed = await host.services.call('recents.list', {});
    expect(listed.some(({ paths }) => paths[0] === study)).toBe(true);
    await host.services.call('settings.set', { rememberFolders: false });
    expect(await host.services.call('recents.list', {})).toEqual([]);
    await openCase(host.services, study);
    expect(await host.services.call('recents.list', {})).toEqual([]);
    await host.services.call('settings.set', { rememberFolders: true });
  });
});

describe('the list of folders that were opened', () => {
  it('leaves out what cannot be used, says what is gone, and what has a result', async () => {
    const masks = join(folder, 'masks');
    await mkdir(masks, { recursive: true });
    await copyFile(
      join(study, (await readdir(study)).find((name) => name.includes('flair'))!),
      join(masks, 'a_seg.nii.gz'),
    );
    await openCase(host.services, masks);
    const moved = await writeTinyStudy(folder, 'moved', ['flair']);
    await openCase(host.services, moved);
    await rm(moved, { recursive: true });
    await segment(host.services, (await openCase(host.services, study)).id);
    const listed = await host.services.call('recents.list', {});
    const entry = (path: string) => listed.find(({ paths }) => paths[0] === path);
    expect(entry(masks)).toBeUndefined();
    expect(entry(moved)).toMatchObject({ exists: false, segmented: false });
    expect(entry(study)).toMatchObject({ exists: true, segmented: true });
    await host.services.call('recents.remove', { paths: [moved] });
    expect((await host.services.call('recents.list', {})).map(({ paths }) => paths[0])).not.toContain(moved);
  });
});

describe('files that go away', () => {
  it('fail the job with their name, and the case stays usable', async () => {
    const gone = await writeTinyStudy(folder, 'gone', ['t1', 'flair']);
    const opened = await openCase(host.services, gone);
    const file = join(gone, 'gone_flair.nii.gz');
    await rename(file, `${file}.away`);
    expect(await problemCode(segment(host.services, opened.id))).toBe('FILE_NOT_FOUND');
    await rename(`${file}.away`, file);
    expect((await segment(host.services, opened.id)).result?.used).toEqual(['t1', 'flair']);
  });
});

describe('a request', () => {
  it('of the wrong shape is refused with its field', async () => {
    const services = createServices({ profileFolder: folder });
    const call = services.call('cases.segment', { case: 'x', use: ['pet' as never] });
    await expect(call).rejects.toMatchObject({ problem: { code: 'REQUEST_INVALID', field: 'use.0' } });
  });

  it('for a case that is not open says so', async () => {
    expect(await problemCode(host.services.call('cases.get', { case: 'nobody' }))).toBe('NOT_OPEN');
  });
});
