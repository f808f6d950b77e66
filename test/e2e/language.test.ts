import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../volume/folder.js';
import {
  answerQuestions,
  buildRenderer,
  complaintsOf,
  haveChromium,
  launch,
  openView,
  picture,
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

  beforeAll(async () => {
    buildRenderer();
    const root = join(folder.path, 'root');
    await mkdir(root, { recursive: true });
    server = await serve(join(folder.path, 'profile'), [root]);
    browser = await launch({ webgl: false });
    page = await browser.newPage({ viewport: { width: 1366, height: 768 }, locale: 'en-GB' });
    complaints = complaintsOf(page);
    await page.goto(server.address);
    await page.getByRole('button', { name: /sample patient/ }).click();
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
      await page.waitForTimeout(500);
      await picture(page, `language-${view}`);
      left.push(...((await page.evaluate(ENGLISH)) as string[]).map((text) => `${view}: ${text}`));
    }
    expect(left).toEqual([]);
    expect(complaints.filter((text) => !text.includes('Permissions-Policy'))).toEqual([]);
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
