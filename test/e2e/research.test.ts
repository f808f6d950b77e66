import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { temporaryFolder } from '../volume/folder.js';
import { violations } from './axe.js';
import {
  buildRenderer,
  complaintsOf,
  drop,
  frames,
  haveChromium,
  launch,
  openView,
  picture,
  type Served,
  serve,
} from './browser.js';
import { expectSavedAsShown } from './savedResults.js';

const SUITE = 'research in the window: verify, train, stop, resume, evaluate, open the worst case';
const isHere = haveChromium(SUITE) && haveRealData(SUITE);
const PATIENTS = 6;
/** Enough for a table, a comparison and a worst case. */
const EVALUATED = 3;

describe.skipIf(!isHere)(SUITE, () => {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, 'root', ...parts);
  let server: Served;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[] = [];

  /** A folder of the server: one below the first root, or the root itself. */
  const choose = async (title: string, name: string | null) => {
    const picker = page.getByRole('dialog', { name: title });
    await picker.locator('li button').first().click();
    if (name !== null) await picker.locator('li button', { hasText: name }).click();
    await picker.getByRole('button', { name: 'Choose this folder' }).click();
  };
  const part = (title: string) =>
    page.getByRole('radiogroup', { name: 'Part of research' }).getByText(title).click();
  const run = () => page.locator('[data-run=first]');
  const stepOf = async () => Number(await page.getByTestId('curves').getAttribute('data-step'));
  /** Pictures for a person to look at, where some are asked for; what is checked in both themes stands below. */
  const both = async (name: string) => {
    if (!process.env.QUORUM_SCREENSHOTS) return;
    await picture(page, `${name}-light`);
    await page.getByRole('button', { name: 'Use dark colours' }).click();
    await page.locator('html[data-theme=dark]').waitFor();
    await frames(page);
    await picture(page, `${name}-dark`);
    await page.getByRole('button', { name: 'Use light colours' }).click();
    await page.locator('html[data-theme=light]').waitFor();
  };

  beforeAll(async () => {
    buildRenderer();
    const source = join(REAL_DATA, 'brats2020-cubes');
    mkdirSync(at('cubes'), { recursive: true });
    mkdirSync(at('work'));
    cpSync(join(source, 'dataset.json'), at('cubes', 'dataset.json'));
    const names = readdirSync(source).filter((name) => name.startsWith('BraTS20_Training'));
    const patients = [...new Set(names.map((name) => name.slice(0, 20)))].slice(0, PATIENTS);
    for (const name of names.filter((one) => patients.includes(one.slice(0, 20))))
      cpSync(join(source, name), at('cubes', name), { recursive: true });
    cpSync(join(source, 'dataset.json'), at('few', 'dataset.json'), { recursive: true });
    for (const patient of patients.slice(0, EVALUATED)) {
      const name = names.find((one) => one.startsWith(patient))!;
      cpSync(at('cubes', name), at('few', name), { recursive: true });
    }
    server = await serve(join(folder.path, 'profile'), [at()]);
    browser = await launch({ webgl: false });
    context = await browser.newContext({ viewport: { width: 1366, height: 768 }, colorScheme: 'light' });
    page = await context.newPage();
    complaints = complaintsOf(page);
    await page.goto(server.address);
    await openView(page, 'Research');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('takes folders that are dropped, and says of each case what is wrong', async () => {
    const [whole, damaged] = ['BraTS20_Training_001_lesion1', 'BraTS20_Training_002_lesion2'];
    for (const name of [whole, damaged]) cpSync(at('cubes', name), at('dropped', name), { recursive: true });
    cpSync(at('cubes/dataset.json'), at('dropped/dataset.json'));
    truncateSync(at('dropped', damaged, `${damaged}_t2.nii.gz`), 500);
    rmSync(at('dropped', whole, `${whole}_t1.nii.gz`));
    await drop(page, at('dropped'));
    const summary = page.getByTestId('data-summary');
    await expect.poll(() => summary.textContent()).toContain('1 with something wrong');
    const table = page.getByRole('region', { name: 'Table of cases' });
    const rows = () => table.locator('tbody tr').count();
    await expect.poll(rows).toBe(2);
    await page.getByLabel('Only those with something wrong').check();
    await expect.poll(rows).toBe(1);
    const row = table.locator(`[data-case=${damaged}]`);
    await row.locator('summary').click();
    await expect.poll(() => row.locator('details').textContent()).toContain(`${damaged}_t2.nii.gz`);
    await both('research-dropped');
    await page.getByLabel('Only those with something wrong').uncheck();
    await page.getByLabel('Show cases with this text').fill('001');
    await expect.poll(rows).toBe(1);
    await page.getByLabel('Show cases with this text').fill('');
    await page.getByRole('button', { name: `Open ${whole}` }).click();
    await page.getByRole('heading', { name: whole, exact: true }).waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await openView(page, 'Research');
    await page.getByRole('button', { name: 'Remove dropped' }).click();
    await summary.waitFor({ state: 'detached' });
  });

  it('reads a data set, and says what is there', async () => {
    await page.getByRole('button', { name: 'Add a data set…' }).click();
    await choose('A folder of case folders with their truth', 'cubes');
    const summary = page.getByTestId('data-summary');
    const cases = readdirSync(at('cubes')).length - 1;
    await expect.poll(() => summary.textContent()).toContain(`${cases} cases of ${PATIENTS} patients`);
    await expect.poll(() => summary.textContent()).toContain('Nothing wrong was found');
    await page.getByLabel('Validation').fill('34');
    await page.getByLabel('Test').fill('34');
    await page.getByRole('button', { name: 'Write split.json…' }).click();
    await choose('Where to write split.json', 'work');
    await page.getByTestId('split-counts').getByText('train 2, validation 2, test 2').waitFor();
    const split = JSON.parse(readFileSync(at('work/split.json'), 'utf8'));
    expect(new Set(Object.values(split).flat()).size).toBe(PATIENTS);
    await both('research-data');
  });

  it('trains in the background; the curves move; it is stopped, and goes on', async () => {
    await part('Train');
    await page.getByRole('button', { name: 'New training…' }).click();
    const form = page.getByRole('form', { name: 'New training' });
    await form.getByText('More: every option of quorum train').click();
    for (const [name, value] of [
      ['steps', '26'],
      ['batch', '1'],
      // Narrower than any recipe's network; the three recipes are measured with it too.
      ['channels', '8,16,32,32,32'],
      ['validate-every', '13'],
      ['seed', '3'],
    ])
      await form
        .locator('label.option', { has: page.locator('code', { hasText: new RegExp(`^${name}$`) }) })
        .locator('input')
        .fill(value);
    await picture(page, 'research-form');
    await form.getByText('More: every option of quorum train').click();
    await form.getByRole('button', { name: 'Measure the times here' }).click();
    await form
      .locator('[data-time=look]')
      .getByText(/about \d+ (min|h)/)
      .waitFor({ timeout: 500_000 });
    await form.getByRole('button', { name: 'Where to…' }).click();
    await choose('Where the model and its run are to lie', 'work');
    await form.getByLabel('Name of the model').fill('first');
    await both('research-new');
    await form.getByRole('button', { name: 'Start training' }).click();
    await expect.poll(stepOf, { timeout: 200_000 }).toBeGreaterThan(3);
    const seen = await stepOf();
    await expect.poll(stepOf, { timeout: 200_000 }).toBeGreaterThan(seen);
    // The case view is free meanwhile.
    await openView(page, 'Case');
    await page.getByRole('button', { name: /sample patient/ }).waitFor();
    await openView(page, 'Research');
    await run().getByRole('button', { name: 'Stop' }).click();
    await run().getByRole('button', { name: 'Resume' }).waitFor();
    const stopped = await stepOf();
    expect(stopped).toBeLessThan(26);
    await run().getByRole('button', { name: 'Resume' }).click();
    // It goes on while no window looks.
    await page.close();
    page = await context.newPage();
    complaints.push(...complaintsOf(page));
    await page.goto(new URL(server.address).origin);
    await openView(page, 'Research');
    await part('Train');
    await page.locator('[data-run=first][data-state=finished]').waitFor({ timeout: 600_000 });
    await expect.poll(stepOf).toBe(26);
    expect(existsSync(at('work/first/model.json'))).toBe(true);
    await page.getByRole('figure', { name: 'Validation Dice' }).locator('svg').waitFor();
    await both('research-curves');
    await page.getByRole('figure', { name: 'Cosines of the gradients' }).scrollIntoViewIfNeeded();
    await both('research-conflict');
    // Four gradients have six pairs; each cell is the mean of two steps.
    const cells = page
      .getByRole('figure', { name: 'Cosine of each pair of gradients over time' })
      .locator('[aria-roledescription="rect mark"]');
    await expect.poll(() => cells.count()).toBe(6 * 13);
  }, 1_200_000);

  it('lists runs that others wrote, and puts two into one plot', async () => {
    mkdirSync(at('theirs/by-torch'), { recursive: true });
    const log = readFileSync(at('work/first.run/log.jsonl'), 'utf8');
    writeFileSync(at('theirs/by-torch/log.jsonl'), `${log}{"kind":"note","finished":true}\n`);
    writeFileSync(at('theirs/by-torch/options.json'), '{"steps": 26, "decoupling": "paper"}');
    await page.getByRole('button', { name: 'Find runs in a folder…' }).click();
    await choose('A folder with runs', 'theirs');
    const theirs = page.locator('[data-run=by-torch]');
    await theirs.waitFor();
    await expect.poll(() => theirs.textContent()).toMatch(/PyTorch\s*finished\s*26 of 26/);
    await page.getByLabel('Compare by-torch').check();
    const compared = page.getByRole('region', { name: 'Comparison of runs' });
    for (const name of ['Mean loss of both runs', 'Validation of both runs']) {
      const curves = compared.getByRole('figure', { name }).locator('[aria-roledescription="line mark"]');
      await expect.poll(() => curves.count()).toBe(2);
    }
    await both('research-compared');
    await page.getByLabel('Compare by-torch').uncheck();
  });

  it('evaluates it, compares it with the shipped model, and opens the worst case as it was scored', async () => {
    await part('Data');
    await page.getByRole('button', { name: 'Add a data set…' }).click();
    await choose('A folder of case folders with their truth', 'few');
    await page.getByTestId('data-summary').waitFor();
    await part('Evaluate');
    const combination = 't1+t1ce+t2+flair';
    for (const name of readdirSync(at('few')).filter((one) => one !== 'dataset.json'))
      cpSync(at('few', name, `${name}_seg.nii.gz`), at('masks', combination, `${name}.nii.gz`));
    for (const [name, kind] of [
      ['of-masks', 'Masks of any method'],
      ['of-shipped', 'The shipped model'],
      ['of-first', 'A model'],
    ]) {
      await page.getByRole('button', { name: 'New evaluation…' }).click();
      const form = page.getByRole('form', { name: 'New evaluation' });
      await form.getByText(kind, { exact: true }).click();
      if (name === 'of-first') await form.getByLabel('Model that was trained here').selectOption('first');
      if (name === 'of-masks') {
        await form.getByRole('button', { name: 'Choose a folder…' }).click();
        await choose('The folder with masks', 'masks');
      }
      await form.getByRole('button', { name: 'Where to…' }).click();
      await choose('Where the results are to lie', 'work');
      await form.getByLabel('Name of the results').fill(name);
      await form.getByRole('button', { name: 'Evaluate', exact: true }).click();
      await page.getByRole('heading', { name, exact: true }).waitFor({ timeout: 600_000 });
      // The truth as another method's masks: nothing could be better.
      if (name === 'of-masks')
        await expect
          .poll(() => page.getByTestId('scores').locator('tbody').textContent())
          .toMatch(/(100\.0.*){3}/);
    }
    await expect.poll(() => page.getByTestId('scores').locator('tbody tr').count()).toBe(15);
    const scores = JSON.parse(readFileSync(at('work/of-first/scores.json'), 'utf8'));
    const all = page.getByTestId('scores').getByRole('row', { name: 'T1 + T1ce + T2 + FLAIR', exact: true });
    const mean = (100 * scores.combinations['t1+t1ce+t2+flair'].WT).toFixed(1);
    await expect.poll(() => all.textContent()).toContain(mean);
    await page.getByLabel('Compare with').selectOption('of-shipped');
    await page.getByTestId('comparison').waitFor();
    await both('research-evaluation');
    await expectSavedAsShown(page, 'of-first', 'of-shipped');
    await page.getByTestId('worst').scrollIntoViewIfNeeded();
    await both('research-worst');
    const worst = page.getByTestId('worst').locator('tr').first();
    const dice = Number(/Dice ([\d.]+) %/.exec((await worst.textContent())!)![1]);
    await worst.getByRole('button').click();
    const dialog = page.getByRole('dialog', { name: 'Compare two masks' });
    const cell = dialog
      .getByRole('row', { name: /whole tumour/i })
      .locator('td')
      .first();
    await cell.waitFor();
    expect(100 * Number(await cell.textContent())).toBeCloseTo(dice, 0);
    await page.locator('.stage[aria-busy=false]').waitFor();
    await frames(page);
    await picture(page, 'research-opened');
    expect(complaints).toEqual([]);
  }, 1_200_000);

  it('can be used without eyes or a mouse, in both themes', async () => {
    // axe is injected, which the page's policy forbids.
    const inspected = await browser.newContext({ viewport: { width: 1366, height: 768 }, bypassCSP: true });
    await inspected.addCookies(await context.cookies());
    await page.close();
    page = await inspected.newPage();
    await page.goto(new URL(server.address).origin);
    await openView(page, 'Research');
    await page.getByRole('button', { name: 'Add a data set…' }).click();
    await choose('A folder of case folders with their truth', 'cubes');
    await page.getByTestId('data-summary').waitFor();
    const look = async () => {
      for (const theme of ['dark', 'light']) {
        await page.getByRole('button', { name: `Use ${theme} colours` }).click();
        await page.locator(`html[data-theme=${theme}]`).waitFor();
        await frames(page);
        expect(await violations(page), theme).toEqual([]);
      }
    };
    await look();
    await part('Train');
    await page.getByRole('button', { name: 'New training…' }).click();
    await page.getByText('More: every option of quorum train').click();
    await page.getByRole('figure', { name: 'Cosines of the gradients' }).locator('svg').waitFor();
    await look();
    await part('Evaluate');
    await page.getByRole('button', { name: 'of-first', exact: true }).click();
    await page
      .getByRole('figure', { name: /^Volumes WT/ })
      .locator('svg')
      .waitFor();
    await page.getByRole('button', { name: 'New evaluation…' }).click();
    await look();
  }, 600_000);
});
