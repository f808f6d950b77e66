import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FollowUpReport } from '../../src/contract/index.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { voxelToWorld } from '../../src/volume/affine.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readVolume } from '../../src/volume/read.js';
import { scannedAgain, turnAndShift } from '../followup/moved.js';
import { crop, roomAround } from '../support/croppedSample.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { temporaryFolder } from '../volume/folder.js';
import { violations } from './axe.js';
import {
  buildRenderer,
  complaintsOf,
  frames,
  haveChromium,
  launch,
  openServerFolder,
  picture,
  type Served,
  serve,
} from './browser.js';

const SUITE = 'a timeline of two examinations: added, segmented, compared, exported';
const VIEWPORT = { width: 1366, height: 768 };
/** A real patient where there is one, else the simulated. */
const REAL = haveRealData(`${SUITE} (the simulated patient in place of a real one)`);
const fileOf = (part: string) =>
  REAL
    ? join(REAL_DATA, 'whole/BraTS19_CBICA_ABM_1', `BraTS19_CBICA_ABM_1_${part}.nii.gz`)
    : join(SAMPLE_PATIENT, `simulated-patient_${part}.nii.gz`);
const FIRST = ['t1ce', 't2', 'flair'] as const;
/** The second examination lacks T2. */
const SECOND = ['t1ce', 'flair'] as const;

/** What a canvas shows; runs in the page. */
const drawn = (canvas: unknown) => (canvas as { toDataURL(): string }).toDataURL();

describe.skipIf(!haveChromium(SUITE))(SUITE, () => {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  let server: Served;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    buildRenderer();
    for (const name of ['before', 'after']) await mkdir(at('root', name), { recursive: true });
    await mkdir(at('root', 'results'));
    const box = roomAround(await readVolume(fileOf('flair')));
    for (const part of FIRST) {
      const image = crop(await readVolume(fileOf(part)), box);
      const data = Int16Array.from(image.data);
      await writeNifti(at('root', 'before', `before_${part}.nii.gz`), { ...image, data });
      if (!SECOND.some((one) => one === part)) continue;
      const middle = voxelToWorld(image.affine, image.size[0] / 2, image.size[1] / 2, image.size[2] / 2);
      const again = scannedAgain(image, turnAndShift(2, 3, middle));
      const moved = { ...again, data: Int16Array.from(again.data) };
      await writeNifti(at('root', 'after', `after_${part}.nii.gz`), moved);
    }
    server = await serve(at('profile'), [at('root')]);
    // Tiles are painted without it.
    browser = await launch({ webgl: false });
    const context = await browser.newContext({ viewport: VIEWPORT, bypassCSP: true });
    page = await context.newPage();
    complaints = complaintsOf(page);
    await page.goto(server.address);
    await page.getByRole('button', { name: /sample patient/ }).waitFor();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Waits until every tile shows what it is to show. */
  const tilesStand = async () => {
    await expect.poll(() => page.locator('figcaption [role=status]').count()).toBe(0);
    await frames(page);
  };
  const pointAt = (n: number) => page.locator(`[data-point="${n}"]`);
  async function chooseFolder(title: string, name: string): Promise<void> {
    const picker = page.getByRole('dialog', { name: title });
    await picker.locator('li button').first().click();
    await picker.locator('li button', { hasText: name }).click();
    await picker.getByRole('button', { name: 'Choose this folder' }).click();
  }

  it('begins with the open case; another examination is added by hand, and both get their dates', async () => {
    await openServerFolder(page, 'after');
    await page.getByRole('button', { name: 'Timeline', exact: true }).click();
    await page.getByTestId('followup').waitFor();
    const one = page.getByRole('button', { name: /^Segment 1 time point$/ });
    await expect.poll(() => one.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Add a time point…' }).click();
    await chooseFolder('Another examination of this patient', 'before');
    await pointAt(2).waitFor();
    await picture(page, 'timeline-new');
    await page.getByLabel('Date of time point 1').fill('2024-09-05');
    await page.getByLabel('Date of time point 2').fill('2024-03-12');
    await page.getByLabel('Date of time point 2').blur();
    // Dates put them in order.
    await pointAt(1).getByText('before').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('asks once for all, and segments both', async () => {
    for (const question of ['adult', 'treated', 'glioma'])
      await page.locator(`select[data-question=${question}]`).selectOption('unknown');
    await page.getByTestId('timeline-questions').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Segment 2 time points' }).click();
    for (const n of [1, 2])
      await page.locator(`[data-point="${n}"][data-state=segmented]`).waitFor({ timeout: 600_000 });
  }, 900_000);

  it('compares them: lines, images side by side, sizes, and what stays open', async () => {
    const panel = page.getByRole('complementary', { name: 'Time points' });
    await panel.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.getByTestId('timeline-chart').waitFor({ timeout: 300_000 });
    await page.locator('[data-tile="2"] canvas').waitFor();
    await expect.poll(() => page.locator('[data-tile]').count()).toBe(2);
    await page.getByTestId('timeline-chart').getByText('other sequences').waitFor();
    const said = (what: string) => expect.poll(() => page.getByTestId(what).textContent());
    await said('timeline-warnings').toContain('before treatment');
    await said('timeline-warnings').toContain('different sequences');
    await said('rano').toContain('This is no response assessment');
    await said('rano').toMatch(/stable/);
    await expect.poll(() => page.getByTestId('rano-open').locator('li').count()).toBeGreaterThan(6);
    // The middle of the images was moved by 3 mm, and turned by 2°.
    await said('timeline-differences').toMatch(/turned by (1\.9|2\.0|2\.1)°/);
    await tilesStand();
    await picture(page, 'timeline-light');
    expect(await violations(page)).toEqual([]);
  }, 600_000);

  it('shows what changed over the later image, with one crosshair for all', async () => {
    await page.getByLabel('Over the images').selectOption('baseline');
    await page.getByText('new, apart').first().waitFor();
    await tilesStand();
    const left = page.locator('[data-tile="1"] canvas');
    const before = await page.locator('[data-tile="2"] canvas').evaluate(drawn);
    await left.focus();
    await page.keyboard.press('PageUp');
    await expect.poll(() => page.locator('[data-tile="2"] canvas').evaluate(drawn)).not.toBe(before);
    await page.getByRole('button', { name: 'Use dark colours' }).click();
    await page.locator(':root[data-theme=dark]').waitFor();
    await picture(page, 'timeline-dark');
    expect(await violations(page)).toEqual([]);
  });

  it('is there after the page was loaded again', async () => {
    await page.reload();
    await page.getByTestId('timeline-chart').waitFor();
    await page.locator('[data-tile="2"] canvas').waitFor();
  });

  it('leads to a time point alone, and back', async () => {
    await page.getByRole('button', { name: 'Open time point 1' }).click();
    await page.getByTestId('volumes').waitFor();
    await page.getByRole('button', { name: 'Back to the timeline' }).click();
    await page.getByTestId('timeline-chart').waitFor();
  });

  it('is exported as report, table, masks and maps', async () => {
    await page.getByRole('button', { name: 'Export…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Export the timeline' });
    await picture(page, 'timeline-export');
    await dialog.getByRole('button', { name: 'Choose a folder and write…' }).click();
    await chooseFolder('Where to save', 'results');
    await dialog.getByTestId('timeline-written').waitFor();
    const written = (...parts: string[]) => at('root', 'results', ...parts);
    const report: FollowUpReport = JSON.parse(readFileSync(written('report.json'), 'utf8'));
    expect(report.points.map(({ title, days }) => [title, days])).toEqual([
      ['before', 0],
      ['after', 177],
    ]);
    expect(report.by).toBe('common');
    // The same head, moved: what is found in it stays nearly the same.
    expect(Math.abs(report.points[1].common!.WT.fromBaseline!.percent)).toBeLessThan(10);
    for (const file of ['followup.html', 'followup.csv', 'aligned/2_seg.nii.gz', 'difference/2_WT.nii.gz'])
      expect(existsSync(written(file))).toBe(true);
    const html = await page.context().newPage();
    await html.goto(`file://${written('followup.html')}`);
    await html.getByRole('heading', { name: 'Follow-up of 2 examinations' }).waitFor();
    await picture(html, 'timeline-report');
    await html.close();
  });

  it('complained of nothing', () => {
    expect(complaints).toEqual([]);
  });
});
