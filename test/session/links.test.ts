import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findCaseFolders, listImages } from '../../src/intake/caseFolder.js';
import { walk } from '../../src/intake/walk.js';
import { openCase, problemCode, startServices, writeTinyStudy } from './harness.js';

let folder: string;
let host: Awaited<ReturnType<typeof startServices>>;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'quorum-links-')));
  host = await startServices();
});
afterEach(async () => {
  await host.dispose();
  await rm(folder, { recursive: true, force: true });
});

it('links below a root lead nowhere out of it: neither to files nor to folders', async () => {
  const secret = await writeTinyStudy(folder, 'secret', ['t1', 'flair']);
  const root = join(folder, 'root');
  const inside = await writeTinyStudy(root, 'patient', ['t2']);
  await symlink(join(secret, 'secret_t1.nii.gz'), join(inside, 'patient_t1.nii.gz'));
  await symlink(secret, join(root, 'elsewhere'));
  await mkdir(join(root, 'near'));
  await symlink(join(inside, 'patient_t2.nii.gz'), join(root, 'near', 'near_t2.nii.gz'));

  expect(await walk([inside], undefined, undefined, [root])).toEqual([join(inside, 'patient_t2.nii.gz')]);
  expect(await listImages([inside], [root])).toEqual([join(inside, 'patient_t2.nii.gz')]);
  expect(await findCaseFolders(root, 4, [root])).not.toContain(join(root, 'elsewhere'));
  // Within the root, and where nobody said otherwise, links are followed.
  expect(await walk([join(root, 'near')], undefined, undefined, [root])).toHaveLength(1);
  expect(await walk([inside])).toHaveLength(2);
  expect(await findCaseFolders(root)).toContain(join(root, 'elsewhere'));

  host.services.keepLinksWithin([root]);
  expect((await openCase(host.services, inside)).available).toEqual(['t2']);
  await mkdir(join(root, 'only-links'));
  await symlink(join(secret, 'secret_t1.nii.gz'), join(root, 'only-links', 'x_t1.nii.gz'));
  const opened = host.services.call('cases.open', { paths: [join(root, 'only-links')] });
  expect(await problemCode(opened)).toBe('NO_IMAGES');
});
