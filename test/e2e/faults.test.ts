import { readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { tinyImage, writeTinyStudy } from '../session/harness.js';
import { temporaryFolder } from '../volume/folder.js';
import {
  answered,
  answerQuestions,
  buildRenderer,
  drop,
  haveChromium,
  launch,
  noticeOf,
  openServerFolder,
  type Served,
  segmentAnyway,
  serve,
  signalWorkers,
  startSegmenting,
} from './browser.js';
import { processTree, signal } from './electronApp.js';

const UNRELATED = 2000;
const chromium = haveChromium('faults, seen in the window');

describe.skipIf(!chromium)('faults, seen in the window', () => {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  let server: Served;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    buildRenderer();
    await mkdir(at('root'), { recursive: true });
    await writeTinyStudy(at('root'), 'first', ['t1', 't2', 'flair']);
    await writeTinyStudy(at('root'), 'second', ['t1', 'flair']);
    await writeTinyStudy(at('dropped'), 'patient', ['t1ce', 'flair']);
    server = await serve(at('profile'), [at('root')]);
    browser = await launch({ webgl: false });
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(server.address);
    await page.getByRole('button', { name: /sample patient/ }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const notice = (code: string) => noticeOf(page, code);
  describe('what is dropped', () => {
    it('a folder: its files are copied with progress, its sequences recognised, and the copy goes with the case', async () => {
      const shares: string[] = [];
      await page.exposeFunction('tell', (width: string) => shares.push(width));
      await page.evaluate(`new MutationObserver(() => {
        const bar = document.querySelector('.opening .progress:not(.unknown) span');
        if (bar) tell(bar.style.width);
      }).observe(document.body, { subtree: true, childList: true, attributes: true })`);
      await drop(page, at('dropped', 'patient'));
      await page.getByRole('switch', { name: 'Use FLAIR' }).waitFor();
      await page.getByRole('heading', { name: 'patient', exact: true }).waitFor();
      await expect.poll(() => page.getByRole('switch').count()).toBeGreaterThanOrEqual(2);
      await expect.poll(() => shares.some((width) => Number.parseFloat(width) > 0)).toBe(true);
      const copies = async () =>
        (await readdir(tmpdir()))
          .filter((name) => new RegExp(`^quorum-serve-[0-9a-f]+-${server.process.pid}-`).test(name))
          .flatMap((name) => readdirSync(join(tmpdir(), name), { recursive: true }) as string[])
          .filter((name) => name.endsWith('patient_flair.nii.gz'));
      expect(await copies()).toHaveLength(1);
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await expect.poll(copies).toHaveLength(0);
    });

    it('a picture', async () => {
      await writeFile(at('holiday.png'), Buffer.from('89504e470d0a1a0a', 'hex'));
      await drop(page, at('holiday.png'));
      expect(await notice('FORMAT_UNKNOWN')).toContain('no image format that Quorum reads');
    });

    it('an empty file', async () => {
      await writeFile(at('case_t1.nii.gz'), '');
      await drop(page, at('case_t1.nii.gz'));
      expect(await notice('DATA_TRUNCATED')).toContain('case_t1.nii.gz');
    });

    it('a series in four dimensions', async () => {
      const file = at('perfusion_t1.nii');
      await writeNifti(file, tinyImage('t1'));
      const bytes = gunzipSync(await readFile(file));
      bytes.writeInt16LE(4, 40);
      bytes.writeInt16LE(30, 48);
      await writeFile(file, bytes);
      await drop(page, file);
      expect(await notice('NOT_3D')).toContain('one volume per sequence');
    });

    it(`a folder of ${UNRELATED} unrelated files`, async () => {
      const many = at('everything');
      await mkdir(many);
      await Promise.all(
        Array.from({ length: UNRELATED }, (_, n) => writeFile(join(many, `letter-${n}.doc`), `text ${n}`)),
      );
      const started = performance.now();
      await drop(page, many);
      await notice('NO_IMAGES');
      console.info(
        `${UNRELATED} unrelated files: refused after ${((performance.now() - started) / 1000).toFixed(1)} s`,
      );
    });

    it('and the window is as usable as before', async () => {
      await openServerFolder(page, 'first');
      await expect.poll(() => page.getByRole('switch', { name: /^Use / }).count()).toBe(3);
    });
  });

  describe('while segmenting', () => {
    beforeAll(async () => {
      await answerQuestions(page);
    });

    it('the worker is killed: the window says so, and the next try works', async () => {
      // Opening has read headers in the main process; the worker starts with the first image that is shown.
      await expect.poll(() => processTree(server.process.pid!).length).toBeGreaterThan(1);
      signalWorkers(server, 'SIGSTOP');
      await answered(page, 'cases.segment', () => startSegmenting(page));
      await page.getByRole('progressbar', { name: 'Segmenting' }).waitFor();
      // The job reaches a worker a moment after the answer; one that is killed before has another in its place.
      const failed = page.locator('main [data-code=WORKER_DIED]');
      const killAll = async () => {
        const [, ...workers] = processTree(server.process.pid!);
        signal(workers, 'SIGKILL');
        return failed.count();
      };
      await expect.poll(killAll, { interval: 500 }).toBe(1);
      expect(await failed.textContent()).toContain('ended unexpectedly');
      const notices = page.locator('.notices [data-code=WORKER_DIED]');
      await notices.first().waitFor();
      while ((await notices.count()) > 0)
        await notices.first().getByRole('button', { name: 'Dismiss' }).click();
      await segmentAnyway(page);
    });

    it('the files are deleted: the window names the file, and it works when they are back', async () => {
      await openServerFolder(page, 'second');
      await answerQuestions(page);
      await expect.poll(() => processTree(server.process.pid!).length).toBeGreaterThan(1);
      signalWorkers(server, 'SIGSTOP');
      await startSegmenting(page);
      await page.getByRole('progressbar', { name: 'Segmenting' }).waitFor();
      await rename(at('root', 'second'), at('hidden'));
      signalWorkers(server, 'SIGCONT');
      const problem = page.locator('main [data-code=FILE_NOT_FOUND]');
      await expect.poll(() => problem.textContent()).toMatch(/second_(t1|flair)\.nii\.gz/);
      await rename(at('hidden'), at('root', 'second'));
      await segmentAnyway(page);
    });

    it('two windows segment two patients: each gets its own result, and opening one does not close the other', async () => {
      const other = await page.context().newPage();
      await other.goto(new URL('/', server.address).href);
      await other.getByRole('heading', { name: 'second', exact: true }).waitFor();
      await openServerFolder(other, 'first');
      await page.getByRole('heading', { name: 'second', exact: true }).waitFor();
      if (!(await other.getByRole('button', { name: /^Segment/ }).isEnabled())) await answerQuestions(other);
      await page.getByRole('switch', { name: 'Use T1', exact: true }).click();
      await Promise.all([segmentAnyway(page), segmentAnyway(other)]);
      await page.getByRole('heading', { name: 'second', exact: true }).waitFor();
      await other.getByRole('heading', { name: 'first', exact: true }).waitFor();
      await other.close();
    });
  });
});
