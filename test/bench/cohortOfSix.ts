/**
 * A cohort of six real patients, one of them spoiled: dropped in two folders at once, run to its end while its window is closed and
 * opened, the app killed once; its table is that of the command line. In Chromium, or with `electron` in the desktop app.
 *
 * Run by hand after `npm run build`: `npx tsx test/bench/cohortOfSix.ts [electron]`. Needs the real data; minutes long.
 */
import { deepStrictEqual, ok } from 'node:assert';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type Page } from 'playwright-core';
import { chooseServerFolder, drop, haveChromium, launch, picture, serve } from '../e2e/browser.js';
import { appFolderFor, findElectron, killTree, ROOT_ARGUMENTS, startDisplay } from '../e2e/electronApp.js';
import { haveRealData, REAL_DATA } from '../support/data.js';

const SUITE = 'a cohort of six';
const CASES = {
  partial: ['Brats18_CBICA_AAB_1', 'brats_2013_pat0002_1', 'brats_2013_pat0003_1'],
  whole: ['BraTS19_CBICA_ABM_1', 'TCGA-DU-7294'],
};
const SPOILED = 'Spoiled';
const LONG = 600_000;
/** What differs between two runs by nature. */
const BY_NATURE = ['seconds', 'finished_at'];

const scratch = mkdtempSync(join(tmpdir(), 'quorum-six-'));
const at = (...parts: string[]) => join(scratch, ...parts);
const results = (...parts: string[]) => at('root', 'results', ...parts);
const names = [...CASES.partial, ...CASES.whole];
const inputs = [at('root', 'partial'), at('root', 'whole')];
const said = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${what}`);

function makeInputs(): void {
  for (const [folder, cases] of Object.entries(CASES))
    for (const name of cases)
      cpSync(join(REAL_DATA, folder, name), at('root', folder, name), { recursive: true });
  const image = `${CASES.partial[0]}_flair.nii.gz`;
  const whole = readFileSync(at('root', 'partial', CASES.partial[0], image));
  mkdirSync(at('root', 'partial', SPOILED));
  writeFileSync(
    at('root', 'partial', SPOILED, `${SPOILED}_flair.nii.gz`),
    whole.subarray(0, whole.length / 2),
  );
}

function quorum(...words: string[]): string {
  const env = { ...process.env, XDG_STATE_HOME: at('cli') };
  const { stdout, stderr, status } = spawnSync(process.execPath, ['dist/cli/main.js', ...words], {
    env,
    encoding: 'utf8',
  });
  ok(status === 0 || status === 3, `quorum ${words.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

function tableIn(file: string): string[][] {
  const [header, ...rows] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  const kept = header.flatMap((name, n) => (BY_NATURE.includes(name) ? [] : [n]));
  // Rows stand in the order in which cases were found.
  return [header, ...rows.sort()].map((row) => kept.map((n) => row[n]));
}

const doneOf = (page: Page) => page.locator('[data-case][data-state=done]').count();
async function untilDone(page: Page, many: number): Promise<void> {
  const deadline = Date.now() + LONG;
  while ((await doneOf(page)) < many) {
    ok(Date.now() < deadline, `${many} done within time`);
    await page.waitForTimeout(200);
  }
}

async function start(page: Page, chooseFolder: () => Promise<void>): Promise<void> {
  // What is dropped before the window is there is lost.
  await page.getByRole('button', { name: /sample patient/, disabled: false }).waitFor();
  await drop(page, ...inputs);
  await page.getByTestId('cohort-table').waitFor({ timeout: LONG });
  ok((await page.locator('[data-case]').count()) === 6, 'six rows');
  await page.getByRole('button', { name: 'Run all (6)' }).click();
  const setUp = page.getByRole('dialog', { name: 'Run 6 cases' });
  await setUp.getByRole('button', { name: 'Choose a folder…' }).click();
  await chooseFolder();
  await setUp.getByRole('button', { name: 'Run 6 cases' }).click();
}

async function finish(page: Page, isUploaded: boolean): Promise<void> {
  const before = names.filter((name) => existsSync(results(name, 'report.json')));
  const written = before.map((name) => statSync(results(name, 'report.json')).mtimeMs);
  ok(before.length > 0 && before.length < names.length, `killed in the middle: ${before.length} of 5 done`);
  await page.getByRole('button', { name: /results.*cohort, 6 cases/ }).click();
  await page.getByTestId('cohort-table').waitFor();
  if (isUploaded) {
    await page.getByText('are not where they were').waitFor();
    await drop(page, ...inputs);
    await page.getByText('are not where they were').waitFor({ state: 'detached', timeout: LONG });
    said('the images were dropped again');
  }
  await page.getByRole('button', { name: /Go on with/ }).click();
  await page.getByTestId('cohort-progress').getByText('5 of 6 done, 1 failed').waitFor({ timeout: LONG });
  deepStrictEqual(
    before.map((name) => statSync(results(name, 'report.json')).mtimeMs),
    written,
    'nothing is done twice',
  );
  await page.getByRole('button', { name: 'Write the tables' }).click();
  await page.getByTestId('tables-written').waitFor();
  await picture(page, `cohort-six${isUploaded ? '' : '-electron'}`);
}

async function inChromium(): Promise<void> {
  let server = await serve(at('profile'), [at('root')]);
  const browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
  let page = await context.newPage();
  await page.goto(server.address);
  await start(page, () => chooseServerFolder(page, 'Where to save the results', 'results', true));
  await page.getByRole('progressbar', { name: 'Cohort' }).waitFor();
  await page.close();
  page = await context.newPage();
  await page.goto(new URL(server.address).origin);
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Cohort' }).click();
  await untilDone(page, 2);
  said('window closed and opened, two are done; the server is killed');
  killTree(server.process.pid!);
  await new Promise((done) => server.process.once('close', done));
  await page.close();
  server = await serve(at('profile'), [at('root')]);
  page = await context.newPage();
  await page.goto(server.address);
  await finish(page, true);
  await browser.close();
  await server.close();
}

async function inElectron(electron: string): Promise<void> {
  const display = await startDisplay();
  const { CI: _, ...inherited } = process.env as Record<string, string>;
  const env = { ...inherited, DISPLAY: display.display, XDG_STATE_HOME: at('profile') };
  const args = [appFolderFor(electron, scratch), ...ROOT_ARGUMENTS];
  const open = async () => {
    const app = await _electron.launch({ executablePath: electron, args, env });
    const page = await app.firstWindow();
    await page.getByRole('button', { name: /sample patient/ }).waitFor();
    return { app, page };
  };
  let { app, page } = await open();
  await app.evaluate(({ dialog }, folder) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder] });
    dialog.showMessageBox = () => Promise.resolve({ response: 1, checkboxChecked: false });
  }, results());
  mkdirSync(results(), { recursive: true });
  await start(page, async () => undefined);
  await untilDone(page, 1);
  await picture(page, 'cohort-six-electron-running');
  const closed = new Promise((done) => app.process().once('exit', done));
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].close()).catch(() => undefined);
  await closed;
  said('one is done; the window was closed, and with it the app');
  ({ app, page } = await open());
  await page.getByRole('button', { name: /results.*cohort, 6 cases/ }).click();
  await page.getByRole('button', { name: /Go on with/ }).click();
  await page.reload();
  await page.getByTestId('cohort-table').waitFor();
  await untilDone(page, 2);
  said('opened and gone on with, two are done; the app is killed');
  killTree(app.process().pid!);
  await new Promise((done) => setTimeout(done, 1000));
  ({ app, page } = await open());
  await finish(page, false);
  await app.close();
  display.stop();
}

async function main(): Promise<void> {
  const electron = process.argv.includes('electron') ? findElectron(SUITE) : null;
  if (!haveRealData(SUITE) || (electron === null && !haveChromium(SUITE))) return;
  makeInputs();
  said('begins');
  await (electron === null ? inChromium() : inElectron(electron));
  said('done; now by the command line');
  quorum('segment', ...inputs, '--out', at('by-command'));
  quorum('table', at('by-command'));
  const byCommand = tableIn(at('by-command', 'table', 'cohort.csv'));
  deepStrictEqual(tableIn(results('table', 'cohort.csv')), byCommand);
  ok(byCommand.length === 7, 'six rows and their header');
  said('the same table of six');
  console.log(quorum('table', at('by-command'), '--reader', inputs[0]));
}

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
