import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODALITIES } from '../../src/terms.js';
import { TUMOUR_ALONE, writeCroppedSample } from '../support/croppedSample.js';
import { temporaryFolder } from '../volume/folder.js';
import { violations } from './axe.js';
import {
  answered,
  answerQuestions,
  buildRenderer,
  frames,
  haveChromium,
  launch,
  openServerFolder,
  openView,
  picture,
  type Served,
  segmentAnyway,
  serve,
} from './browser.js';

/** Drops a file that is no image of a head on the window. */
const DROP_A_PICTURE = `{
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([new Uint8Array([137, 80, 78, 71])], 'holiday.png'));
  window.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));
}`;
/** Elements whose text is cut off and stands in no tooltip either, or that hide a part of themselves that cannot be scrolled to. */
const CUT = `[...document.querySelectorAll('body *')].filter((element) => {
  if (element.closest('.visually-hidden, svg') || element.matches('select, input, canvas')) return false;
  const { overflowX, overflowY } = getComputedStyle(element);
  const hides = (overflow) => overflow === 'hidden' || overflow === 'clip';
  const isWide = hides(overflowX) && element.clientWidth > 2 && element.scrollWidth > element.clientWidth + 1;
  const isTall = hides(overflowY) && element.clientHeight > 2 && element.scrollHeight > element.clientHeight + 2;
  return (isWide && !element.closest('[title]')) || isTall;
}).map((element) => element.tagName + ' ' + element.textContent.trim().slice(0, 60))`;
/** Buttons that show an icon alone, and say in no tooltip what they do. */
const MUTE_ICONS = `[...document.querySelectorAll('button, summary')]
  .filter((button) => button.querySelector('svg') && button.textContent.trim() === '' && !button.title)
  .map((button) => button.outerHTML.slice(0, 120))`;
/** Controls that are seen and can be used. */
const CONTROLS = `[...document.querySelectorAll('a[href], button, select, summary, input, canvas[tabindex="0"], [role=slider]')]
  .filter((element) => element.checkVisibility() && !element.disabled && !element.closest('[inert], [aria-hidden=true], .visually-hidden'))`;

/** What the Tab key does not come to in the present view; of a group of radio buttons one is enough. */
async function notReachedByTab(page: Page): Promise<string[]> {
  await page.evaluate('globalThis.reached = new Set(); document.activeElement?.blur()');
  const stops = (await page.evaluate(`${CONTROLS}.length`)) as number;
  for (let press = 0; press < stops + 5; press++) {
    await page.keyboard.press('Tab');
    await page.evaluate('globalThis.reached.add(document.activeElement)');
  }
  return page.evaluate(`(() => {
    const groups = new Set([...globalThis.reached].filter(({ type }) => type === 'radio').map(({ name }) => name));
    return ${CONTROLS}
      .filter((element) => !globalThis.reached.has(element) && !(element.type === 'radio' && groups.has(element.name)))
      .map((element) => element.outerHTML.slice(0, 120));
  })()`);
}
const chromium = haveChromium('accessibility of every view');

describe.skipIf(!chromium)('the renderer without WebGL2, in dark and light, by axe and at 200 %', () => {
  const folder = temporaryFolder();
  let server: Served;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    buildRenderer();
    const root = join(folder.path, 'root');
    await mkdir(join(root, 'patient'), { recursive: true });
    await writeCroppedSample(join(root, 'patient'), 'patient', [...MODALITIES, 'seg'], TUMOUR_ALONE);
    server = await serve(join(folder.path, 'profile'), [root]);
    browser = await launch({ webgl: false });
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'dark',
      bypassCSP: true,
    });
    page = await context.newPage();
    await page.goto(server.address);
    await page.getByRole('button', { name: 'Open the simulated sample patient' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('has a clean first screen, also under the mouse', async () => {
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open a folder' }).hover();
    expect(await violations(page)).toEqual([]);
  });

  it('offers the tour on the first start alone, clean and left by keyboard', async () => {
    await page.getByTestId('tour-offer').getByRole('button', { name: 'Show the tour' }).press('Enter');
    await page.getByTestId('tour').waitFor();
    expect(await inBothSchemes()).toEqual([]);
    const skip = page.getByTestId('tour').getByRole('button', { name: 'Skip the tour' });
    await answered(page, 'settings.set', () => skip.press('Enter'));
    await page.getByTestId('tour').waitFor({ state: 'detached' });
    await page.reload();
    // Whether the tour is offered is known when this can be pressed.
    await page.getByRole('button', { name: 'Open the simulated sample patient', disabled: false }).waitFor();
    expect(await page.getByTestId('tour-offer').count()).toBe(0);
  });

  it('says in words what is wrong with a picture that is dropped and with an empty file, and stays usable', async () => {
    const empty = join(folder.path, 'empty_t1.nii.gz');
    await writeFile(empty, '');
    await page.evaluate(DROP_A_PICTURE);
    await expect.poll(() => page.locator('.notices [data-code]').textContent()).toContain('no image');
    await page.getByRole('button', { name: 'Dismiss' }).first().click();
    await page.getByTestId('file-input').setInputFiles([empty]);
    await expect
      .poll(async () =>
        (await page.locator('body').textContent())?.match(/ends before|no image|cannot be read/),
      )
      .not.toBeNull();
  });

  it('shows slices with the mask on a canvas, and says why', async () => {
    const close = page.getByRole('button', { name: 'Close', exact: true });
    if (await close.isVisible()) await close.click();
    await openServerFolder(page, 'patient');
    await page.getByText('WebGL2 is not available', { exact: false }).waitFor();
    for (const sequence of ['T1', 'T2', 'T1ce'])
      await page.getByRole('switch', { name: `Use ${sequence}`, exact: true }).click();
    await answerQuestions(page);
    await segmentAnyway(page);
    await page.locator('canvas[data-plane=axial]').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('gives no number for a region that the sequences do not support, unless asked for', async () => {
    const enhancing = page.locator('[data-testid=volumes] [data-region=ET]');
    await expect.poll(() => enhancing.textContent()).toContain('not shown');
    // It is drawn all the same: the legend says what it is.
    const legend = page.getByRole('listitem').filter({ has: page.getByLabel('Show the enhancing tumour') });
    await expect.poll(() => legend.textContent()).toContain('a guess');
    await page.getByText('Show guesses too').click();
    await expect.poll(() => enhancing.textContent()).toMatch(/ml.*a guess/s);
  });

  /** What axe finds in light and in dark, as the system switches them. */
  async function inBothSchemes(): Promise<string[]> {
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
      for (const violation of await violations(page)) found.push(`${colorScheme}: ${violation}`);
    }
    return found;
  }

  it('has a clean Case view with a result, a loaded truth and their comparison', async () => {
    expect(await inBothSchemes()).toEqual([]);
    // Every tool at once: all sequences beside each other, outlines, a ruler.
    await page.getByRole('button', { name: 'Four sequences' }).click();
    await page.locator('[data-sequence=flair] canvas').waitFor();
    await page.getByRole('button', { name: 'Mask by its outline' }).click();
    await page.getByRole('button', { name: /^Ruler/ }).click();
    expect(await inBothSchemes()).toEqual([]);
    await page.getByRole('button', { name: /^Ruler/ }).click();
    await page.getByRole('button', { name: 'Mask by its outline' }).click();
    await page.getByRole('button', { name: 'Three planes' }).click();
    // A mask beside the images does not push the questions down.
    const compare = page.getByRole('button', { name: 'Compare with this mask' });
    expect(await compare.isVisible()).toBe(false);
    await page.getByText('1 other file').click();
    await compare.click();
    await page.getByTestId('masks').getByRole('radio').nth(1).waitFor();
    expect(await inBothSchemes()).toEqual([]);
    await page.getByRole('button', { name: 'Compare two masks' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await inBothSchemes()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('names the threshold that was moved, and goes back to the model’s own', async () => {
    const volumes = page.getByTestId('volumes');
    const whole = () => volumes.locator('[data-region=WT] .ml').textContent();
    const own = await whole();
    await page.getByRole('slider', { name: /^Probability above which/ }).press('End');
    await expect.poll(() => volumes.textContent()).toContain('threshold 0.95');
    await expect.poll(whole).not.toBe(own);
    expect(await inBothSchemes()).toEqual([]);
    // Compare shows the same mask: number, bar and picture are of this threshold too.
    const moved = (await whole())!.trim();
    await openView(page, 'Compare');
    await page.getByRole('radio', { name: 'Volume', exact: true }).check({ force: true });
    await expect.poll(() => page.getByTestId('compare-threshold').textContent()).toContain('threshold 0.95');
    await expect
      .poll(() => page.locator('button[data-combination=flair]').getAttribute('aria-label'))
      .toContain(`whole tumour ${moved}`);
    await expect.poll(() => page.locator('figure[data-tile] figcaption').textContent()).toContain(moved);
    expect(await inBothSchemes()).toEqual([]);
    await openView(page, 'Case');
    await page.getByRole('button', { name: /^The model’s own/ }).click();
    await expect.poll(whole).toBe(own);
  });

  for (const [index, view] of ['Case', 'Compare', 'Correct', 'Models', 'Settings'].entries()) {
    it(`opens ${view} by Alt+${index + 1}; it is clean in dark and light`, async () => {
      await page.keyboard.press(`Alt+${index + 1}`);
      await page
        .getByRole('navigation', { name: 'Views' })
        .locator('[aria-current=page]', { hasText: view })
        .waitFor();
      await settled(view);
      expect(await inBothSchemes()).toEqual([]);
      await picture(page, `view-${view}-dark`);
      // What a view fetches may come while it is walked through.
      await expect.poll(() => notReachedByTab(page)).toEqual([]);
    });
  }

  it('has clean dialogs that open and close by keyboard', async () => {
    await openView(page, 'Case');
    await page.locator('main').focus();
    for (const [key, title] of [
      ['?', 'Keyboard and about'],
      ['e', /^Export/],
    ] as const) {
      await page.keyboard.press(key);
      await page.getByRole('dialog', { name: title }).waitFor();
      expect(await inBothSchemes()).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('main').focus();
    }
    await page.keyboard.press('e');
    await page.getByRole('button', { name: 'Look at the report' }).click();
    await page.getByRole('dialog', { name: 'The report' }).getByText('whole tumour').first().waitFor();
    expect(await inBothSchemes()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'The report' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Close and delete everything/ }).click();
    await page.getByRole('dialog', { name: /^Forget/ }).waitFor();
    expect(await inBothSchemes()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('lets the licences be read by keyboard', async () => {
    await page.locator('main').press('?');
    await page.getByText('Licences of the software in it').click();
    const licences = page.getByRole('region', { name: 'Licences' });
    await expect.poll(() => licences.textContent()).toContain('MIT');
    expect(await inBothSchemes()).toEqual([]);
    await page.getByText('Licences of the software in it').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('PageDown');
    await expect
      .poll(() => page.evaluate(`document.querySelector('.licences').scrollTop`))
      .toBeGreaterThan(0);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('switches between light and dark by its button', async () => {
    await page.getByRole('button', { name: 'Use light colours' }).click();
    await page.getByRole('button', { name: 'Use dark colours' }).click();
    await page.getByRole('button', { name: 'Use light colours' }).waitFor();
  });

  /** Waits for what a view fetches after it was opened. */
  async function settled(view: string): Promise<void> {
    if (view === 'Case') await page.locator('.stage[aria-busy=false]').waitFor();
    if (view === 'Compare') await expect.poll(() => page.locator('figcaption [role=status]').count()).toBe(0);
    if (view === 'Correct') await page.getByRole('button', { name: 'Brush', disabled: false }).waitFor();
    if (view === 'Settings') await page.getByText('Testing the devices').waitFor({ state: 'detached' });
  }

  for (const [width, height] of [
    [1366, 768],
    [683, 384],
    [3840, 2160],
  ])
    it(`cuts nothing in any view at ${width} × ${height}, and shows the picture at once`, async () => {
      await page.setViewportSize({ width, height });
      const tabs = page.getByRole('navigation', { name: 'Views' }).locator('button:not(:disabled)');
      const views = await tabs.allTextContents();
      expect(views).toEqual(expect.arrayContaining(['Case', 'Compare', 'Correct', 'Models', 'Settings']));
      for (const view of views) {
        await openView(page, view);
        await settled(view);
        await frames(page);
        await picture(page, `view-${view}-${width}`);
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(overflow, view).toBeLessThanOrEqual(0);
        expect(await page.evaluate(CUT), view).toEqual([]);
        expect(await page.evaluate(MUTE_ICONS), view).toEqual([]);
      }
      await openView(page, 'Case');
      await frames(page);
      const canvas = page.getByRole('region', { name: 'Images' }).locator('canvas').first();
      expect((await canvas.boundingBox())!.y + 50).toBeLessThan(height);
    });
});
