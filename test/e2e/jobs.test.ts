import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeTinyStudy } from '../session/harness.js';
import { temporaryFolder } from '../volume/folder.js';
import {
  answerQuestions,
  buildRenderer,
  drop,
  haveChromium,
  launch,
  openServerFolder,
  PATIENCE,
  type Served,
  segmentAnyway,
  serve,
  signalWorkers,
  startSegmenting,
} from './browser.js';

const SUITE = 'jobs, seen in the window';

describe.skipIf(!haveChromium(SUITE))(SUITE, () => {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  let server: Served;
  let browser: Browser;
  let page: Page;
  /** Of another browser: one browser asks a server for six things at once, and a worker that is held answers none. */
  let other: Page;

  beforeAll(async () => {
    buildRenderer();
    await mkdir(at('root'), { recursive: true });
    for (const name of ['first', 'second']) await writeTinyStudy(at('root'), name, ['t1', 'flair']);
    await writeTinyStudy(at('dropped'), 'third', ['t1', 'flair']);
    server = await serve(at('profile'), [at('root')]);
    browser = await launch({ webgl: false });
    page = await newPage();
    await page.goto(server.address);
    const another = () => /Another window: (\S+)\s/.exec(server.printed())?.[1];
    await vi.waitFor(() => expect(another()).toBeDefined(), PATIENCE);
    other = await newPage();
    await other.goto(another()!);
    // It knows that nothing is open yet, and goes on to show nothing.
    await other.getByRole('button', { name: /sample patient/, disabled: false }).waitFor();
    await openServerFolder(page, 'first');
    await answerQuestions(page);
    // The images of tests are refused at first: from here on there is a result, and a worker.
    await segmentAnyway(page);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const newPage = async () =>
    (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage();
  const bar = (where: Page) => where.getByRole('progressbar', { name: 'Segmenting' });
  const chip = (where: Page) => where.getByTestId('job-chip');

  it('a window that is loaded again shows the job that runs, and so does every other window', async () => {
    signalWorkers(server, 'SIGSTOP');
    await startSegmenting(page);
    await bar(page).waitFor();
    await page.reload();
    await bar(page).waitFor();
    await expect.poll(() => chip(page).innerText()).toContain('Segmenting first');
    await expect.poll(() => chip(other).innerText()).toContain('Segmenting first');
    // The chip finds room: the top bar stays one row, and the picture where it was.
    const top = () => page.evaluate('document.querySelector("header").getBoundingClientRect().height');
    await expect.poll(top).toBeLessThan(60);
  });

  it('a window says that another one looks at the same case, until that is gone', async () => {
    await page.getByTestId('elsewhere').waitFor({ state: 'detached' });
    const tab = await page.context().newPage();
    await tab.goto(new URL('/', server.address).href);
    for (const one of [page, tab]) await one.getByTestId('elsewhere').waitFor();
    await tab.close();
    const lookAgain = async () => {
      await page.evaluate('dispatchEvent(new Event("focus"))');
      return page.getByTestId('elsewhere').count();
    };
    await expect.poll(lookAgain).toBe(0);
  });

  it('a second case says whom it waits for, and is cancelled at once', async () => {
    await chip(other).waitFor();
    await openServerFolder(other, 'second');
    await expect.poll(() => chip(other).innerText()).toContain('Segmenting first');
    await answerQuestions(other);
    await startSegmenting(other);
    await other.getByText('Waiting for first').waitFor();
    await other.locator('.foot').getByRole('button', { name: 'Cancel' }).click();
    // The worker is held: this does not wait for the job before it.
    await bar(other).waitFor({ state: 'detached' });
    await bar(page).waitFor();
  });

  it('a drop asks before it takes the place of a case whose job runs, and the job can go on', async () => {
    await drop(page, at('dropped', 'third'));
    const question = page.getByRole('dialog', { name: /Segmenting first goes on/ });
    await question.getByRole('button', { name: 'Stay here' }).click();
    await question.waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'first', exact: true }).waitFor();
    await drop(page, at('dropped', 'third'));
    await question.getByRole('button', { name: 'Open, and let it go on' }).click();
    await page.getByRole('heading', { name: 'third', exact: true }).waitFor();
    signalWorkers(server, 'SIGCONT');
    const notices = page.locator('.notices');
    await notices.getByText('first is done.').or(notices.locator('[data-code]')).waitFor();
    await chip(page).waitFor({ state: 'detached' });
  });

  it('a cancelled job says so at the click, before it has stopped', async () => {
    signalWorkers(server, 'SIGSTOP');
    await answerQuestions(page);
    await startSegmenting(page);
    await bar(page).waitFor();
    // What is said in the frame after the click, seen from within: a held worker is ended after a second, and the words with it.
    await page.evaluate(`globalThis.said = new Promise((resolve) => {
      const read = () => requestAnimationFrame(() => resolve(document.querySelector('.foot').textContent));
      document.addEventListener('click', read, { once: true, capture: true });
    }); 0`);
    await page.locator('.foot').getByRole('button', { name: 'Cancel' }).click();
    expect(await page.evaluate('globalThis.said')).toContain('Cancelling…');
    await bar(page).waitFor({ state: 'detached' });
  });

  it('a server that ends is said to, and one that takes its place is named', async () => {
    const { port } = new URL(server.address);
    signalWorkers(server, 'SIGKILL');
    server.process.kill('SIGKILL');
    const banner = page.locator('.banner', { hasText: 'Quorum does not answer.' });
    await banner.waitFor();
    // What cannot be asked for is said in its place, and not as a fault of the program.
    await startSegmenting(page);
    await page.locator('.foot [data-code=NOT_REACHED]').waitFor();
    expect(await page.locator('.notices [data-code=INTERNAL]').count()).toBe(0);
    server = await serve(at('profile-2'), [at('root')], '--port', port);
    await page.getByText('Quorum was started again.').waitFor();
  });
});
