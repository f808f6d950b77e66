import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cohort } from '../../src/contract/cohort.js';
import type { Modality } from '../../src/terms.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readLabelMap } from '../../src/volume/read.js';
import { writeTinyStudy } from '../session/harness.js';
import { REAL_BOXES, writeCropped } from '../support/croppedSample.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { writeSyntheticCohort } from '../support/syntheticCohort.js';
import { temporaryFolder } from '../volume/folder.js';
import { violations } from './axe.js';
import {
  buildRenderer,
  chooseServerFolder,
  complaintsOf,
  drop,
  haveChromium,
  launch,
  openServerResults,
  picture,
  type Served,
  serve,
  signalWorkers,
} from './browser.js';
import { killTree } from './electronApp.js';

const SUITE = 'a cohort: found, run, killed, gone on with, read and exported';
const chromium = haveChromium(SUITE);
const VIEWPORT = { width: 1366, height: 768 };
const CASES: Readonly<Record<string, readonly Modality[]>> = {
  Aalto: ['t1', 'flair'],
  Berg: ['t1', 't1ce', 't2', 'flair'],
  Clark: ['t1ce', 'flair'],
  Diaz: ['t1', 't1ce', 'flair'],
  Ek: ['t1', 't2', 'flair'],
};
/** What differs between two runs by nature. */
const BY_NATURE = ['seconds', 'finished_at'];

const rowOf = (page: Page, name: string) => page.locator(`[data-case="${name}"]`);
const stateOf = (page: Page, name: string) => rowOf(page, name).getAttribute('data-state');
const doneOf = (page: Page) => page.locator('[data-case][data-state=done]').count();

/** A CSV's rows without what differs by nature. */
function tableIn(file: string): string[][] {
  const [header, ...rows] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  const kept = header.flatMap((name, n) => (BY_NATURE.includes(name) ? [] : [n]));
  return [header, ...rows].map((row) => kept.map((n) => row[n]));
}

describe.skipIf(!chromium)(SUITE, () => {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  const results = (...parts: string[]) => at('root', 'results', ...parts);
  let server: Served;
  let browser: Browser;
  /** With the cookie that lets a second window in. */
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  const quorum = (...words: string[]) =>
    execFileSync(process.execPath, ['dist/cli/main.js', ...words], {
      env: { ...process.env, XDG_STATE_HOME: at('cli') },
      encoding: 'utf8',
    });
  /** A window; the address that the server printed lets the first one in alone. */
  const openPage = async (address: string) => {
    page = await context.newPage();
    complaints = complaintsOf(page);
    await page.goto(address);
  };

  /** Cases that are done, as it is kept on disk. */
  const kept = (): string[] => {
    if (!existsSync(results('cohort.json'))) return [];
    const { cases }: Cohort = JSON.parse(readFileSync(results('cohort.json'), 'utf8'));
    return cases.flatMap(({ name, state }) => (state === 'done' ? [name] : []));
  };
  /** Holds the cohort once more than so many cases are done: on a slow machine the window would see its end alone. */
  const holdAfter = async (many: number) => {
    await expect.poll(() => kept().length, { interval: 10 }).toBeGreaterThan(many);
    signalWorkers(server, 'SIGSTOP');
  };

  beforeAll(async () => {
    buildRenderer();
    for (const [name, sequences] of Object.entries(CASES))
      await writeTinyStudy(at('root', 'patients'), name, sequences);
    // Its end is cut off.
    await writeTinyStudy(at('spoiling'), 'Falk', ['flair']);
    mkdirSync(at('root', 'patients', 'Falk'), { recursive: true });
    const whole = readFileSync(at('spoiling', 'Falk', 'Falk_flair.nii.gz'));
    writeFileSync(at('root', 'patients', 'Falk', 'Falk_flair.nii.gz'), whole.subarray(0, whole.length / 2));
    server = await serve(at('profile'), [at('root')]);
    browser = await launch({ webgl: false });
    context = await browser.newContext({ viewport: VIEWPORT });
    await openPage(server.address);
    await page.getByRole('button', { name: /sample patient/ }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('takes a dropped folder of several patients, and closes it in every window', async () => {
    await drop(page, at('root', 'patients'));
    await page.getByTestId('cohort-table').waitFor();
    await expect.poll(() => page.locator('[data-case]').count()).toBe(6);
    await expect.poll(() => rowOf(page, 'Clark').locator('.dots .there').count()).toBe(2);
    const second = await context.newPage();
    await second.goto(new URL(server.address).origin);
    await second.getByTestId('cohort-table').waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    for (const window of [page, second])
      await window.getByRole('button', { name: /sample patient/ }).waitFor();
    await second.close();
  });

  it('asks once, and runs in the background', async () => {
    await page.getByRole('button', { name: 'Folder on the server' }).click();
    await chooseServerFolder(page, 'Open a patient’s folder', 'patients', false);
    await page.getByTestId('cohort-table').waitFor();
    await picture(page, 'cohort-new');
    await page.getByText('Columns', { exact: true }).click();
    await page.getByLabel('Slice').uncheck();
    await page.getByLabel('Slice').check();
    await page.getByLabel('Warnings').uncheck();
    await page.getByText('Columns', { exact: true }).click();
    await page.getByRole('button', { name: 'Run all (6)' }).click();
    const setUp = page.getByRole('dialog', { name: 'Run 6 cases' });
    await setUp.getByRole('button', { name: 'Choose a folder…' }).click();
    await chooseServerFolder(page, 'Where to save the results', 'results', true);
    await setUp.getByLabel('Take images as they are').check();
    await picture(page, 'cohort-setup');
    const held = holdAfter(0);
    await setUp.getByRole('button', { name: 'Run 6 cases' }).click();
    await page.getByRole('progressbar', { name: 'Cohort' }).waitFor();
    await held;
  });

  it('goes on while the window is closed and opened again', async () => {
    await page.close();
    const before = kept().length;
    signalWorkers(server, 'SIGCONT');
    await holdAfter(before);
    await openPage(new URL(server.address).origin);
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Cohort' }).click();
    await expect.poll(() => doneOf(page)).toBeGreaterThan(0);
    // The columns that were chosen before it was closed.
    await page.getByRole('columnheader', { name: 'Slice' }).waitFor();
    await expect.poll(() => page.getByRole('columnheader', { name: 'Warnings' }).count()).toBe(0);
    await page.getByText('Columns', { exact: true }).click();
    await page.getByLabel('Warnings').check();
    await page.getByText('Columns', { exact: true }).click();
    await picture(page, 'cohort-running');
  });

  it('does nothing twice after the whole app was killed', async () => {
    expect(await doneOf(page)).toBeLessThan(5);
    const ended = new Promise((done) => server.process.once('close', done));
    killTree(server.process.pid!);
    await ended;
    await page.close();
    const before = kept();
    const times = () => before.map((name) => statSync(results(name, 'report.json')).mtimeMs);
    const writtenAt = times();
    expect(before.length).toBeGreaterThan(0);

    server = await serve(at('profile'), [at('root')]);
    await openPage(server.address);
    await page.getByRole('button', { name: /results.*cohort, 6 cases/ }).click();
    await page.getByRole('button', { name: /Go on with/ }).click();
    await page.getByTestId('cohort-progress').getByText('5 of 6 done, 1 failed').waitFor();
    expect(times()).toEqual(writtenAt);
    await expect.poll(() => stateOf(page, 'Falk')).toBe('failed');
    await rowOf(page, 'Falk').click();
    await page.getByTestId('case-details').getByText('The file ends before its image does.').waitFor();
    await page.locator('[data-case="Aalto"] img').waitFor();
    await picture(page, 'cohort-done');
  });

  it('filters, sorts, and is walked with the keys', async () => {
    const names = () =>
      page.locator('[data-case]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-case')));
    await page.getByLabel('Which cases are listed').selectOption('no-t1ce');
    await expect.poll(names).toEqual(['Aalto', 'Ek', 'Falk']);
    await page.getByLabel('Which cases are listed').selectOption('failed');
    await expect.poll(names).toEqual(['Falk']);
    await page.getByLabel('Which cases are listed').selectOption('all');
    await page.getByRole('button', { name: 'Sequences' }).click();
    await page.getByRole('button', { name: 'Sequences ↑' }).click();
    await expect.poll(async () => (await names())[0]).toBe('Berg');
    await page.getByRole('button', { name: 'Sequences ↓' }).click();
    await page.getByTestId('cohort-table').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => rowOf(page, 'Berg').getAttribute('class')).toContain('current');
    await page.keyboard.press('Shift+ArrowDown');
    await expect.poll(() => rowOf(page, 'Berg').getAttribute('aria-selected')).toBe('true');
    await rowOf(page, 'Ek').click({ modifiers: ['Shift'] });
    const selected = () => page.locator('[data-case][aria-selected=true]').count();
    await expect.poll(selected).toBe(4);
    await page.keyboard.press('Control+a');
    await expect.poll(selected).toBe(6);
    await page.keyboard.press('Control+a');
    await expect.poll(selected).toBe(0);
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(names).toEqual(['Aalto', 'Berg', 'Clark', 'Ek', 'Diaz', 'Falk']);
    await page.keyboard.press('Alt+ArrowDown');
    await expect.poll(names).toEqual(['Aalto', 'Berg', 'Clark', 'Diaz', 'Ek', 'Falk']);
    await rowOf(page, 'Berg').click();
  });

  it('opens a finished case with its result, and leads back', async () => {
    await page.keyboard.press('Enter');
    await page.getByTestId('volumes').waitFor();
    const berg = JSON.parse(readFileSync(results('Berg', 'report.json'), 'utf8'));
    const ml = berg.combinations[berg.combination].volumes.WT.ml;
    await expect.poll(() => page.getByTestId('volumes').textContent()).toContain(ml.toFixed(1));
    await picture(page, 'cohort-case');
    await page.getByRole('button', { name: 'Back to the cohort' }).click();
    await page.getByTestId('cohort-table').waitFor();
  });

  it('writes the same table as the command line', async () => {
    await page.getByRole('button', { name: 'Write the tables' }).click();
    await page.getByTestId('tables-written').getByText('not comparable with each other').waitFor();
    try {
      quorum('segment', at('root', 'patients'), '--out', at('by-command'), '--force');
    } catch (error) {
      // One of them failed.
      expect((error as { status: number }).status).toBe(3);
    }
    quorum('table', at('by-command'));
    const byWindow = tableIn(results('table', 'cohort.csv'));
    expect(byWindow).toHaveLength(7);
    expect(byWindow).toEqual(tableIn(at('by-command', 'table', 'cohort.csv')));
    const { name, value } = { name: byWindow[0].indexOf('common_sequences'), value: byWindow[1] };
    expect(value[name]).toBe('flair');
    expect(complaints).toEqual([]);
  });

  it('compares with another reader’s masks, the worst first, as the command line does', async () => {
    const masks = (name: string) => at('root', 'masks', name);
    mkdirSync(at('root', 'masks'), { recursive: true });
    copyFileSync(results('Aalto', 'Aalto_seg.nii.gz'), masks('Aalto-seg.nii.gz'));
    const berg = await readLabelMap(results('Berg', 'Berg_seg.nii.gz'));
    const moved = Float32Array.from(berg.data, (_, v) => berg.data[v - 3] ?? 0);
    const grid = { size: berg.size, affine: berg.affine };
    await writeNifti(masks('Berg_seg.nii.gz'), { ...grid, data: moved });
    await writeNifti(masks('second opinion.nii.gz'), { ...grid, data: Float32Array.from(berg.data) });
    const half = { size: [48, 48, 24] as const, affine: berg.affine, data: moved.slice(0, 48 * 48 * 24) };
    await writeNifti(masks('Diaz.nii.gz'), half);
    const marked = (data: ArrayLike<number>) => Array.from(data, (label) => label > 0);
    const [ours, theirs] = [marked(berg.data), marked(moved)];
    const sum = (values: readonly boolean[]) => values.filter(Boolean).length;
    const dice = (2 * sum(ours.map((is, v) => is && theirs[v]))) / (sum(ours) + sum(theirs));
    expect(dice).toBeLessThan(0.95);

    await page.getByRole('button', { name: 'Compare with a reader…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Compare with another reader' });
    await dialog.getByRole('button', { name: 'Choose the folder of masks…' }).click();
    await chooseServerFolder(page, 'Where are the masks?', 'masks', false);
    await dialog.getByText('3 cases of 5 finished have a mask').waitFor();
    await dialog.getByLabel('Mask of Clark').selectOption('second opinion.nii.gz');
    await picture(page, 'cohort-reader');
    await dialog.getByRole('button', { name: 'Compare 4 cases' }).click();
    await dialog.waitFor({ state: 'detached' });
    const order = () =>
      page.locator('[data-case]').evaluateAll((all) => all.map((row) => row.getAttribute('data-case')));
    await expect.poll(async () => (await order())[0]).toBe('Berg');
    await expect.poll(() => rowOf(page, 'Berg').textContent()).toContain(dice.toFixed(2));
    await expect.poll(() => rowOf(page, 'Aalto').textContent()).toContain('1.00');
    await page.getByTestId('reader').getByText('1 mask could not be compared').waitFor();
    await rowOf(page, 'Diaz').click();
    await page.getByTestId('case-details').getByText('48×48×24').waitFor();
    await picture(page, 'cohort-compared');
    await page.getByRole('button', { name: 'Plots' }).click();
    await page.getByLabel('Which plot').selectOption('reader');
    await expect.poll(() => page.locator('[data-testid=cohort-plots] circle').count()).toBe(3);
    await page.getByTestId('limits').waitFor();
    await picture(page, 'cohort-bland-altman');
    await page.getByRole('button', { name: 'Plots' }).click();

    await page.getByRole('button', { name: 'Write the tables' }).click();
    await page.getByTestId('tables-written').getByText('cohort_reader.csv').waitFor();
    const byHand = `Clark=${masks('second opinion.nii.gz')}`;
    const said = quorum('table', at('by-command'), '--reader', at('root', 'masks'), '--reader-mask', byHand);
    expect(said).toContain('Diaz: ');
    expect(said).toMatch(/Berg +as segmented +0\.\d{3}/);
    const byWindow = tableIn(results('table', 'cohort.csv'));
    expect(byWindow[0]).toContain('et_reader_hd95_mm');
    expect(byWindow).toEqual(tableIn(at('by-command', 'table', 'cohort.csv')));
    expect(tableIn(results('table', 'cohort_reader.csv'))).toEqual(
      tableIn(at('by-command', 'table', 'cohort_reader.csv')),
    );
    expect(complaints).toEqual([]);

    const open = { bypassCSP: true, storageState: await context.storageState(), viewport: VIEWPORT };
    const other = await (await browser.newContext({ ...open, colorScheme: 'dark' })).newPage();
    await other.goto(new URL(server.address).origin);
    await other.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Cohort' }).click();
    await other.getByRole('columnheader', { name: 'Dice WT' }).waitFor();
    expect(await violations(other)).toEqual([]);
    await other.getByRole('button', { name: 'Compare with a reader…' }).click();
    await other.getByLabel('Mask of Clark').waitFor();
    await picture(other, 'cohort-reader-dark');
    expect(await violations(other)).toEqual([]);
    await other.context().close();
  });

  it('draws of eighty rows those in sight, up to the last, and is accessible in light and dark', async () => {
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    // The case that was opened from it is there still.
    await page.getByRole('heading', { name: 'Berg', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    writeSyntheticCohort(at('root', 'eighty'), 80);
    await openServerResults(page, 'eighty');
    await expect.poll(() => page.getByTestId('cohort-table').getAttribute('aria-rowcount')).toBe('81');
    await rowOf(page, 'Patient-001').waitFor();
    expect(await page.locator('[data-case]').count()).toBeLessThan(40);
    await page.getByTestId('cohort-table').focus();
    await page.keyboard.press('End');
    await rowOf(page, 'Patient-080').waitFor();
    await page.keyboard.press('Home');
    await rowOf(page, 'Patient-001').waitFor();
    const open = { bypassCSP: true, storageState: await context.storageState(), viewport: VIEWPORT };
    const shown = await (await browser.newContext(open)).newPage();
    await shown.goto(new URL(server.address).origin);
    const plots = shown.getByRole('button', { name: 'Plots' });
    for (const colorScheme of ['light', 'dark'] as const) {
      await shown.emulateMedia({ colorScheme });
      await shown.locator(`html[data-theme=${colorScheme}]`).waitFor();
      await shown.getByTestId('cohort-table').waitFor();
      await picture(shown, `cohort-eighty-${colorScheme}`);
      expect(await violations(shown)).toEqual([]);
      await plots.click();
      await expect.poll(() => shown.locator('[data-testid=cohort-plots] rect').count()).toBeGreaterThan(3);
      await picture(shown, `cohort-plots-${colorScheme}`);
      expect(await violations(shown)).toEqual([]);
      await plots.click();
    }
    await shown.context().close();
  });

  it.skipIf(!haveRealData(SUITE))(
    'runs real patients of two folders that were dropped at once',
    async () => {
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      // Some of their sequences, and boxes around their tumours, so that less is to be computed.
      const dropped: string[] = [];
      for (const [where, name, parts] of [
        ['partial', 'Brats18_CBICA_AAB_1', ['flair', 'seg']],
        ['whole', 'TCGA-DU-7294', ['t1ce', 'flair', 'seg']],
      ] as const) {
        const folder = at('dropped', name);
        mkdirSync(folder, { recursive: true });
        const fileOf = (part: string) => join(REAL_DATA, where, name, `${name}_${part}.nii.gz`);
        await writeCropped(fileOf, folder, name, parts, REAL_BOXES[name]);
        dropped.push(folder);
      }
      await drop(page, ...dropped);
      await page.getByTestId('cohort-table').waitFor();
      await expect.poll(() => page.locator('[data-case]').count()).toBe(2);
      await page.getByRole('button', { name: 'Run all (2)' }).click();
      const setUp = page.getByRole('dialog', { name: 'Run 2 cases' });
      await setUp.getByRole('button', { name: 'Choose a folder…' }).click();
      await chooseServerFolder(page, 'Where to save the results', 'real', true);
      await setUp.getByLabel('Take images as they are').check();
      await setUp.getByText('Unknown', { exact: true }).first().click();
      await setUp.getByRole('button', { name: 'Run 2 cases' }).click();
      await page.getByTestId('cohort-progress').getByText('2 of 2 done').waitFor({ timeout: 500_000 });
      await page.locator('[data-case] img').nth(1).waitFor();
      await picture(page, 'cohort-real');
      const report = JSON.parse(readFileSync(at('root', 'real', 'TCGA-DU-7294', 'report.json'), 'utf8'));
      expect(report.answers.adult).toBe('unknown');
      const { ml } = report.combinations[report.combination].volumes.WT;
      await expect.poll(() => rowOf(page, 'TCGA-DU-7294').textContent()).toContain(ml.toFixed(1));
      // The expert’s is 24.2 ml.
      expect(ml).toBeGreaterThan(15);
      expect(ml).toBeLessThan(35);
    },
    600_000,
  );
});
