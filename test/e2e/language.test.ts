import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSyntheticCohort } from '../support/syntheticCohort.js';
import { temporaryFolder } from '../volume/folder.js';
import {
  answerQuestions,
  buildRenderer,
  complaintsOf,
  haveChromium,
  launch,
  openView,
  picture,
  requestsOf,
  type Served,
  segment,
  serve,
} from './browser.js';

/** Texts and labels of the page that hold an English word which no other language of the window has. */
const ENGLISH = `[...document.querySelectorAll('body *')].flatMap((element) => {
  if (element.closest('code, kbd, script, style, [lang=en]')) return [];
  const own = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent);
  const labels = ['title', 'aria-label', 'placeholder', 'alt'].map((name) => element.getAttribute(name) ?? '');
  return [...own, ...labels].map((text) => text.replace(/\\s+/g, ' ').trim());
}).filter((text) => /(^|[ (])(the|of|and|is|are|not|this|from|which|with|were|has|have|by|by hand)([ ,.:)]|$)/.test(text))`;

describe.skipIf(!haveChromium('the language of the window'))('the language of the window', () => {
  const folder = temporaryFolder();
  let server: Served;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  /** Waits until what a view says comes no more. */
  let standsStill: () => Promise<void>;

  beforeAll(async () => {
    buildRenderer();
    const root = join(folder.path, 'root');
    await mkdir(root, { recursive: true });
    writeSyntheticCohort(join(root, 'cohort'), 40);
    server = await serve(join(folder.path, 'profile'), [root]);
    browser = await launch({ webgl: false });
    page = await browser.newPage({ viewport: { width: 1366, height: 768 }, locale: 'en-GB' });
    complaints = complaintsOf(page);
    standsStill = requestsOf(page);
    await page.goto(server.address);
    await page.getByRole('button', { name: /sample patient/ }).click();
    for (const sequence of ['T1', 'T2'])
      await page.getByRole('switch', { name: `Use ${sequence}`, exact: true }).click();
    await answerQuestions(page);
    await segment(page);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('is chosen in the settings, and every view speaks it, with the case as it was', async () => {
    await openView(page, 'Settings');
    await page.getByRole('combobox', { name: 'Language of the window' }).selectOption('de');
    await page.locator('html[lang=de]').waitFor();
    const left: string[] = [];
    for (const view of ['Einstellungen', 'Fall', 'Vergleichen', 'Korrigieren', 'Modelle']) {
      await page.locator('nav').getByRole('button', { name: view, exact: true }).click();
      if (view === 'Fall') await page.locator('[data-testid=volumes]').waitFor();
      await standsStill();
      await picture(page, `language-${view}`);
      left.push(...((await page.evaluate(ENGLISH)) as string[]).map((text) => `${view}: ${text}`));
    }
    expect(left).toEqual([]);
    expect(complaints.filter((text) => !text.includes('Permissions-Policy'))).toEqual([]);
  });

  /** English words on the page, each with where it was looked for. */
  const english = async (where: string): Promise<string[]> => {
    await standsStill();
    await picture(page, `language-${where}`);
    return ((await page.evaluate(ENGLISH)) as string[]).map((text) => `${where}: ${text}`);
  };

  it('is spoken by dialogs, the help and research', async () => {
    const left: string[] = [];
    await page.locator('nav').getByRole('button', { name: 'Fall', exact: true }).click();
    await page.locator('main').focus();
    await page.keyboard.press('e');
    await page.getByTestId('export-files').locator('summary').click();
    left.push(...(await english('export')));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('main').focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    left.push(...(await english('help')));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('nav').getByRole('button', { name: 'Forschung', exact: true }).click();
    const parts = page.locator('main').getByRole('radio');
    await parts.first().waitFor({ state: 'attached' });
    for (const part of await parts.all()) {
      await part.check({ force: true });
      left.push(...(await english('research')));
    }
    expect(left).toEqual([]);
  });

  it('is spoken by the first screen, and by a cohort with its warnings', async () => {
    const left: string[] = [];
    await page.locator('nav').getByRole('button', { name: 'Fall', exact: true }).click();
    await page.getByRole('button', { name: 'Schließen', exact: true }).click();
    await page.getByRole('button', { name: 'Ordner auf dem Server' }).waitFor();
    left.push(...(await english('start')));
    await page.getByRole('button', { name: 'Ordner auf dem Server' }).click();
    const picker = page.getByRole('dialog');
    await picker.locator('li button').first().click();
    await picker.locator('li button', { hasText: 'cohort' }).click();
    await picker.getByRole('button', { name: 'Diesen Ordner wählen' }).click();
    await page.locator('[data-case="Patient-001"]').click();
    // Its first case has a warning.
    await page.locator('.note.warn').first().waitFor();
    left.push(...(await english('cohort')));
    await page.getByRole('button', { name: 'Schließen', exact: true }).click();
    expect(left).toEqual([]);
  });

  it('is kept over a reload, and taken back', async () => {
    await page.reload();
    await page.locator('html[lang=de]').waitFor();
    await page.locator('nav').getByRole('button', { name: 'Einstellungen', exact: true }).click();
    await page.getByRole('combobox').first().selectOption('en');
    await page.locator('html[lang=en]').waitFor();
    await page.getByRole('navigation', { name: 'Views' }).waitFor();
  });
});
