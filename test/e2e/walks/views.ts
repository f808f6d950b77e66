import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { writeNifti } from '../../../src/volume/niftiWriter.js';
import { writeFollowUp } from '../../support/followUp.js';
import { centredGrid, rawSeries, rigid } from '../../support/rawHead.js';
import { writeSyntheticCohort } from '../../support/syntheticCohort.js';
import { violations } from '../axe.js';
import {
  answerQuestions,
  buildRenderer,
  haveChromium,
  launch,
  openServerFolder,
  openServerResults,
  openView,
  serve,
} from '../browser.js';

/**
 * Visits every view of the window and keeps a picture of each at 1366 × 768 in light and dark, at 200 % and at 3840 × 2160, in the
 * folder that QUORUM_SCREENSHOTS names, or in one that is named at the end. Prints what axe finds, what is wider than the window
 * and which words are cut off; fails when there is any. `npm run views`,
 * `npm run views -- many` for a part of it.
 */
const pictures = resolve(
  process.env.QUORUM_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'quorum-views-pictures-')),
);
const SIZES = [
  ['small', 1366, 768],
  ['200-percent', 683, 384],
  ['4k', 3840, 2160],
] as const;
/** Words that are cut off and stand in no tooltip either; runs in the page. */
const CUT = `[...document.querySelectorAll('body *')].filter((element) => {
  if (element.closest('.visually-hidden, svg, [inert]') || element.matches('select, input, canvas')) return false;
  const { overflowX, overflowY } = getComputedStyle(element);
  const hides = (overflow) => overflow === 'hidden' || overflow === 'clip';
  const isWide = hides(overflowX) && element.clientWidth > 2 && element.scrollWidth > element.clientWidth + 1;
  const isTall = hides(overflowY) && element.clientHeight > 2 && element.scrollHeight > element.clientHeight + 2;
  return (isWide && !element.closest('[title]')) || isTall;
}).map((element) => element.tagName + ' ' + element.className + ' ' + element.textContent.trim().slice(0, 60))`;

const scratch = mkdtempSync(join(tmpdir(), 'quorum-views-'));
if (!haveChromium('views')) process.exit(1);
buildRenderer();
mkdirSync(pictures, { recursive: true });
const root = join(scratch, 'root');
writeSyntheticCohort(join(root, 'cohort'), 80);
await writeFollowUp(join(root, 'follow-up'));
mkdirSync(join(root, 'raw'));
for (const [name, contrast, size, spacing] of [
  ['t1', 't1', [176, 224, 176], [1, 1, 1]],
  ['flair', 't2', [192, 240, 28], [0.9, 0.9, 5.5]],
] as const)
  await writeNifti(
    join(root, 'raw', `raw_${name}.nii.gz`),
    await rawSeries(centredGrid(size, spacing), rigid(4, [1, 1, 0], [3, 2, 4]), contrast),
  );
writeFileSync(join(root, 'holiday.png'), 'no image of a head');

const server = await serve(join(scratch, 'profile'), [root]);
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, bypassCSP: true });
const page = await context.newPage();
const found: string[] = [];
let stops = 0;

async function look(name: string): Promise<void> {
  stops++;
  const called = `${String(stops).padStart(2, '0')}-${name}`;
  for (const [size, width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of size === 'small' ? (['dark', 'light'] as const) : (['light'] as const)) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(size === 'small' ? 400 : 900);
      if (size === 'small')
        for (const violation of await violations(page)) found.push(`${called} ${colorScheme}: ${violation}`);
      await page.screenshot({ path: join(pictures, `${called}-${size}-${colorScheme}.png`) });
    }
    const wide = (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number;
    if (wide > 0) found.push(`${called} ${size}: ${wide} px wider than the window`);
    for (const text of (await page.evaluate(CUT)) as string[])
      found.push(`${called} ${size}: cut off: ${text}`);
  }
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.emulateMedia({ colorScheme: 'light' });
}

const button = (name: string | RegExp) => page.getByRole('button', { name });
const leave = async (dialog: string | RegExp) => {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: dialog }).waitFor({ state: 'detached' });
};

async function visit(title: string, of: Page): Promise<void> {
  await openView(of, title);
  await of.mouse.move(683, 760);
}

/** The sample: first start, tour, result, and what is done with it; then it is closed. */
async function sample(): Promise<void> {
  await look('start-first-time');
  await button('Show the tour').click();
  let clicked = 0;
  for (let step = 1; step <= 5; step++) {
    await page.getByTestId('tour').waitFor();
    // From the second step on the sample is open, its shipped mask at once.
    if (step === 2) {
      await page.getByTestId('meanwhile').waitFor();
      console.info(`the shipped mask after ${((performance.now() - clicked) / 1000).toFixed(1)} s`);
    }
    await page.waitForTimeout(800);
    await look(`tour-${step}`);
    clicked ||= performance.now();
    if (step < 5) await page.getByTestId('tour').getByRole('button', { name: 'Next' }).click();
  }
  await page.getByTestId('tour').getByRole('button', { name: 'Done' }).click();
  await page.getByTestId('tour').waitFor({ state: 'detached' });
  await page.getByTestId('volumes').waitFor({ timeout: 300_000 });
  console.info(`the result after ${((performance.now() - clicked) / 1000).toFixed(1)} s`);
  await look('case-segmented');
  await page.locator('main').focus();
  await page.keyboard.press('d');
  await page.getByRole('region', { name: 'Images' }).locator('canvas').first().focus();
  for (const pressed of ['Enter', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Enter'])
    await page.keyboard.press(pressed);
  console.info(`by keys: ${await page.getByTestId('measured').textContent()}`);
  await look('ruler-by-keys');
  await page.keyboard.press('Delete');
  await page.keyboard.press('d');
  await button('Four sequences').click();
  await page.locator('[data-sequence=flair] canvas').waitFor();
  await look('case-four-sequences');
  await button('Three planes').click();
  await visit('Compare', page);
  await page.locator('figure[data-tile]').first().waitFor();
  await look('compare');
  await visit('Correct', page);
  await look('correct');
  await visit('Case', page);
  await page.locator('main').focus();
  await page.keyboard.press('e');
  await page.getByRole('dialog', { name: /^Export/ }).waitFor();
  await look('export');
  await page.getByText('For a paper', { exact: true }).click();
  await page.getByTestId('export-files').locator('summary').click();
  await look('export-for-a-paper');
  await button('Look at the report').click();
  await page.getByRole('dialog', { name: 'The report' }).getByText('whole tumour').first().waitFor();
  await look('report');
  await leave('The report');
  await leave(/^Export/);
  await button(/^Close and delete everything/).click();
  await page.getByRole('dialog', { name: /^Forget/ }).waitFor();
  await look('forget');
  await leave(/^Forget/);
  await button('Close').first().click();
}

/** Views that need no case. */
async function others(): Promise<void> {
  for (const view of ['Research', 'Models', 'Settings']) {
    await visit(view, page);
    await page.waitForTimeout(800);
    await look(view.toLowerCase());
  }
  await visit('Research', page);
  for (const part of await page
    .getByRole('radiogroup', { name: 'Part of research' })
    .locator('label')
    .all()) {
    await part.click();
    await page.waitForTimeout(300);
    await look(`research-${(await part.textContent())?.trim().replace(/\W+/g, '-')}`);
  }
  await page.locator('main').focus();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard and about' }).waitFor();
  await look('help');
  await leave('Keyboard and about');
  await visit('Case', page);
}

/** A case before its result, and what goes wrong. */
async function before(): Promise<void> {
  await button('Open the simulated sample patient').click();
  await page.getByRole('switch', { name: 'Use FLAIR' }).waitFor();
  await page.waitForTimeout(2000);
  await look('case-before');
  await visit('Compare', page);
  await look('compare-before');
  await visit('Correct', page);
  await look('correct-before');
  await visit('Case', page);
  await answerQuestions(page);
  await look('case-answered');
  await button('Close').first().click();
  await button('Open the simulated sample patient').waitFor();
  await look('start-with-recent');
  await page.getByTestId('file-input').setInputFiles([join(root, 'holiday.png')]);
  await page.locator('.notices [data-code], [role=alert]').first().waitFor();
  await look('error');
}

/** A head with its skull, as the scanner made it, in the 3-D picture. */
async function raw(): Promise<void> {
  await openServerFolder(page, 'raw');
  await page.getByRole('switch', { name: 'Use FLAIR' }).waitFor();
  await page.waitForTimeout(4000);
  await look('raw');
  await page.getByRole('button', { name: '3-D', exact: true }).click();
  await page.waitForTimeout(3000);
  await look('raw-3d');
  await button('Close').first().click();
}

/** Examinations, a timeline, a cohort. */
async function many(): Promise<void> {
  await page.getByTestId('folder-input').setInputFiles(join(root, 'follow-up'));
  await page.getByTestId('cohort-table').waitFor();
  await look('cohort-new');
  await button('List of examinations…').click();
  await page.getByText('2 patients, 3 examinations').waitFor();
  await look('examinations');
  await page
    .getByRole('region', { name: /MUSTER, Anna/ })
    .locator('li.study')
    .first()
    .getByRole('button')
    .click();
  await page.getByTestId('patient').waitFor();
  await look('patient');
  await page.getByRole('button', { name: 'Timeline', exact: true }).click();
  await page.getByTestId('followup').waitFor();
  await page.waitForTimeout(1500);
  await look('timeline');
  await page.getByRole('button', { name: 'Close', exact: true }).first().click();
  const close = page.getByRole('button', { name: 'Close', exact: true });
  if (await close.first().isVisible()) await close.first().click();
  await openServerResults(page, 'cohort');
  await look('cohort');
  await button('Options…').click();
  await page.getByRole('dialog').waitFor();
  await look('cohort-options');
  await page.keyboard.press('Escape');
  for (const part of await page.getByRole('button', { name: /^(Plots|Table|Columns|Export)/ }).all()) {
    const name = ((await part.textContent()) ?? '').trim().replace(/\W+/g, '-');
    await part.click();
    await page.waitForTimeout(400);
    await look(`cohort-${name}`);
    await page.keyboard.press('Escape');
  }
}

const PARTS = { sample, others, before, raw, many };
try {
  await page.goto(server.address);
  await button('Open the simulated sample patient').waitFor();
  for (const [name, part] of Object.entries(PARTS))
    if (process.argv.length === 2 || process.argv.includes(name)) await part();
} catch (error) {
  console.error(error);
  found.push(`stopped after ${stops} stops`);
  await page.screenshot({ path: join(pictures, 'ended-here.png') });
}
await browser.close();
await server.close();
rmSync(scratch, { recursive: true, force: true });
console.info(`${stops} stops\nPictures: ${pictures}`);
for (const one of found) console.info(one);
process.exitCode = found.length > 0 ? 1 : 0;
