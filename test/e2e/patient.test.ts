import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFollowUp } from '../support/followUp.js';
import { temporaryFolder } from '../volume/folder.js';
import {
  answered,
  answerQuestions,
  buildRenderer,
  haveChromium,
  launch,
  openView,
  picture,
  type Served,
  serve,
  unfoldQuestions,
} from './browser.js';

const SUITE = 'whose images these are, in the window';
const chromium = haveChromium(SUITE);

describe.skipIf(!chromium)(SUITE, () => {
  const folder = temporaryFolder();
  let server: Served;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    buildRenderer();
    await writeFollowUp(join(folder.path, 'dicom'));
    server = await serve(join(folder.path, 'profile'), [folder.path]);
    browser = await launch({ webgl: false });
    page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
    await page.goto(server.address);
    await page.getByTestId('folder-input').setInputFiles(join(folder.path, 'dicom'));
    await page.getByRole('button', { name: 'List of examinations…' }).click();
    await page.getByTestId('studies').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const bar = () => page.getByTestId('patient');

  it('lists examinations by patient, the newest first, with the distance in days', async () => {
    await page.getByText('2 patients, 3 examinations').waitFor();
    const anna = page.getByRole('region', { name: /MUSTER, Anna/ });
    await expect
      .poll(() => anna.getByRole('heading').textContent())
      .toMatch(/P-4711 · F 54 y · born 1969-11-05/);
    const entries = () => anna.locator('li.study').allTextContents();
    await expect
      .poll(async () => (await entries()).map((text) => /20\d\d-\d\d-\d\d/.exec(text)?.[0]))
      .toEqual(['2024-09-05', '2024-03-12']);
    expect((await entries())[1]).toContain('177 days earlier');
    const bert = page.getByRole('region', { name: /BEISPIEL, Bert/ });
    await expect.poll(() => bert.locator('li.study').count()).toBe(1);
    await picture(page, 'patient-1-list');
  });

  it('names the patient over every view', async () => {
    await page
      .getByRole('region', { name: /MUSTER, Anna/ })
      .locator('li.study')
      .last()
      .getByRole('button')
      .click();
    await bar().getByRole('heading', { name: 'MUSTER, Anna' }).waitFor();
    for (const view of ['Case', 'Compare', 'Correct', 'Models', 'Settings']) {
      await openView(page, view);
      for (const fact of ['MUSTER, Anna', 'P-4711', 'F 54 y', '2024-03-12'])
        await expect.poll(() => bar().textContent()).toContain(fact);
    }
    expect(await page.title()).not.toMatch(/Muster|4711/i);
    await openView(page, 'Case');
    await picture(page, 'patient-2-bar');
  });

  it('hides who it is at the eye, and remembers that', async () => {
    const hide = bar().getByRole('button', { name: 'Hide who the patient is' });
    await answered(page, 'settings.set', () => hide.click());
    await expect.poll(() => page.locator('body').innerText()).not.toMatch(/Muster|4711|1969/i);
    await page.reload();
    await bar().getByRole('button', { name: 'Show who the patient is' }).waitFor();
    expect(await page.locator('body').innerText()).not.toMatch(/Muster|4711|1969/i);
    await bar().getByRole('button', { name: 'Show who the patient is' }).click();
    await bar().getByRole('heading', { name: 'MUSTER, Anna' }).waitFor();
  });

  it('goes to the patient’s other examination and back, and knows the answers again', async () => {
    await answerQuestions(page);
    await bar().getByText('1 other examination').click();
    const other = bar().getByRole('button', { name: /2024-09-05/ });
    await expect.poll(() => other.textContent()).toContain('177 days later');
    await picture(page, 'patient-3-others');
    await other.click();
    await expect.poll(() => bar().textContent()).toContain('F 54 y');
    await expect.poll(() => bar().textContent()).toContain('born 1969-11-05');
    await bar().getByText('2024-09-05', { exact: true }).first().waitFor();
    await bar().getByText('1 other examination').click();
    await bar()
      .getByRole('button', { name: /2024-03-12/ })
      .click();
    await page.getByText(/^Answered on 20\d\d-\d\d-\d\d\.$/).waitFor();
    await unfoldQuestions(page);
    await expect.poll(() => page.locator('[data-question=adult] input[value=yes]').isChecked()).toBe(true);
  });
});
