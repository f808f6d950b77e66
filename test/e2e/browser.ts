import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core';
import { missingProgram } from '../support/missing.js';
import { processTree, signal as sendSignal } from './electronApp.js';

const PROGRAM = resolve('dist/cli/main.js');
const CHROMIUM = process.env.QUORUM_CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = ['--no-sandbox', '--disable-background-networking'];
/** WebGL in software, but the page itself not drawn through it, which costs several times as much. */
const WEBGL = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-gpu-compositing'];

/** Whether Chromium is here; says loudly, by the suite's name, when a suite is skipped for want of it. */
export function haveChromium(suite: string): boolean {
  const have = existsSync(CHROMIUM);
  if (!have) missingProgram(suite, 'Chromium (set QUORUM_CHROMIUM)');
  return have;
}

/** Builds what the browser loads, unless it is there. */
export function buildRenderer(): void {
  if (!existsSync(PROGRAM)) throw new Error('dist is missing: npm run build');
  if (!existsSync('dist-renderer/index.html'))
    execFileSync('npx', ['vite', 'build', '--config', 'renderer/vite.config.ts', '--logLevel', 'error']);
}

/** How long anything in a window may take, unless it is known to take longer: a busy machine is several times slower than a quiet one. */
export const PATIENCE = 120_000;

/** @param webgl without it the window draws as on a machine that has no WebGL. */
export async function launch({ webgl = true } = {}): Promise<Browser> {
  const drawing = webgl ? WEBGL : ['--disable-gpu', '--disable-3d-apis'];
  const args = [...ARGUMENTS, ...drawing];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args, timeout: PATIENCE });
  browser.on('context', onSlowMachine);
  return browser;
}

/** Windows may be as slow as `QUORUM_SLOWER` says (4: the page's thread takes four times as long), to find what fails by chance there. */
function onSlowMachine(context: BrowserContext): void {
  context.setDefaultTimeout(PATIENCE);
  const rate = Number(process.env.QUORUM_SLOWER ?? 1);
  if (rate > 1)
    context.on('page', (page) => {
      const slow = async () => {
        const session = await context.newCDPSession(page);
        await session.send('Emulation.setCPUThrottlingRate', { rate });
      };
      slow().catch((error) => console.warn(`not slower: ${error}`));
    });
}

/** Does something that asks the server for `method`, and waits until it was answered: what is loaded again before may be forgotten. */
export async function answered(page: Page, method: string, act: () => Promise<unknown>): Promise<void> {
  const isAsked = (bytes: Buffer | null) => bytes?.includes(`"${method}"`) ?? false;
  const [answer] = await Promise.all([
    page.waitForResponse((response) => isAsked(response.request().postDataBuffer())),
    act(),
  ]);
  await answer.finished();
}

/** Waits until what was changed is drawn: the page makes its frames one after the other. */
export async function frames(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    for (let n = 0; n < 3; n++) await new Promise((done) => requestAnimationFrame(done));
  })()`);
}

/** Counts what a page asks for. Returns how to wait until it has every answer, and has drawn it. */
export function requestsOf(page: Page): () => Promise<void> {
  const open = new Set<Request>();
  page.on('request', (request) => open.add(request));
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
  return async () => {
    do await frames(page);
    while (open.size > 0);
  };
}

/** Waits until image and mask are there and drawn at the size of the canvas: a click before would be a place on another picture. */
export async function pictureStands(page: Page, canvas: string): Promise<void> {
  await page.locator('.stage[aria-busy=false]').waitFor();
  const fits = `(() => {
    const { width, clientWidth } = document.querySelector('${canvas}');
    return Math.abs(width - clientWidth * devicePixelRatio) < 2;
  })()`;
  do await frames(page);
  while (!(await page.evaluate(fits)));
  await frames(page);
}

/** Drops files and folders on the window as a file manager does: a real drop, with directory entries. */
export async function drop(page: Page, ...paths: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  await session.detach();
}

/** Holds, lets go or kills what a server works with: the process of jobs, and that of openings. */
export function signalWorkers(server: Served, signal: NodeJS.Signals): void {
  const [, ...workers] = processTree(server.process.pid!);
  if (workers.length === 0) throw new Error('no worker runs');
  sendSignal(workers, signal);
}

export interface Served {
  readonly process: ChildProcess;
  readonly address: string;
  /** All that it has printed so far. */
  printed(): string;
  close(): Promise<void>;
}

/** Starts `quorum serve` with a profile of its own. */
export async function serve(
  profile: string,
  roots: readonly string[],
  ...more: readonly string[]
): Promise<Served> {
  const named = roots.flatMap((root) => ['--root', root]);
  const child = spawn(process.execPath, [PROGRAM, 'serve', ...named, ...more], {
    env: { ...process.env, XDG_STATE_HOME: profile },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const address = await new Promise<string>((found, fail) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const match = /Open: (\S+)\s/.exec(text);
      if (match) found(match[1]);
    });
    child.on('exit', (code) => fail(new Error(`quorum serve ended with ${code}: ${text}`)));
  });
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  return {
    process: child,
    address,
    printed: () => text,
    close: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** What a page must never say: errors of scripts, things refused by the policy, failed requests. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  return complaints;
}

/** Opens the questions where they were answered before, and are folded. */
export async function unfoldQuestions(page: Page): Promise<void> {
  const change = page.getByRole('button', { name: 'Change', exact: true });
  await page.locator('[data-question=adult]').or(change).first().waitFor();
  if (await change.isVisible()) await change.click();
}

export async function answerQuestions(page: Page): Promise<void> {
  await unfoldQuestions(page);
  for (const [question, answer] of [
    ['adult', 'Yes'],
    ['treated', 'No'],
    ['glioma', 'Unknown'],
  ]) {
    await page.locator(`[data-question=${question}] label`).getByText(answer, { exact: true }).click();
  }
}

/** Presses Segment, and waits for the volumes. Returns the seconds that it took. */
export async function segment(page: Page): Promise<number> {
  const started = performance.now();
  await startSegmenting(page);
  const again = page.getByRole('button', { name: 'Segment again' });
  // From the click to the end the bar takes the button's place.
  await page.getByRole('progressbar', { name: 'Segmenting' }).or(again).first().waitFor();
  await again.waitFor({ timeout: 300_000 });
  await page.locator('[data-testid=volumes]').waitFor();
  const seconds = (performance.now() - started) / 1000;
  await page.locator('.stage[aria-busy=false]').waitFor();
  return seconds;
}

/** Opens a view by its tab. */
export async function openView(page: Page, title: string): Promise<void> {
  const views = page.getByRole('navigation', { name: 'Views' });
  await views.getByRole('button', { name: title }).click();
  await views.locator('[aria-current=page]', { hasText: title }).waitFor();
}

/** Exports into a folder below the first root with the dialog that is open. */
export async function exportInto(page: Page, folder: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: /^Export/ });
  await dialog.getByText('Into a folder on the server').click();
  await dialog.getByRole('button', { name: 'Choose a folder…' }).click();
  const picker = page.getByRole('dialog', { name: 'Where to save' });
  await picker.locator('li button').first().click();
  await picker.getByLabel('Name of a new folder').fill(folder);
  await picker.getByRole('button', { name: 'Create' }).click();
  await picker.getByText(folder, { exact: false }).first().waitFor();
  await picker.getByRole('button', { name: 'Choose this folder' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Saved in').waitFor({ timeout: 300_000 });
  await dialog.getByRole('button', { name: 'Done' }).click();
}

/** Opens a folder below the first root with the picker of the server's folders; a case that is open is closed before. */
export async function openServerFolder(page: Page, name: string): Promise<void> {
  const close = page.getByRole('button', { name: 'Close', exact: true });
  const choose = page.getByRole('button', { name: 'Folder on the server' });
  await close.or(choose).first().waitFor();
  if (await close.isVisible()) await close.click();
  await choose.click();
  const picker = page.getByRole('dialog');
  await picker.locator('li button').first().click();
  await picker.locator('li button', { hasText: name }).click();
  await picker.getByRole('button', { name: 'Choose this folder' }).click();
  await page.getByRole('heading', { name, exact: true }).waitFor();
}

/** Opens the folder of results of a cohort below the first root. */
export async function openServerResults(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Folder on the server' }).click();
  const picker = page.getByRole('dialog');
  await picker.locator('li button').first().click();
  await picker.locator('li button', { hasText: name }).click();
  await picker.getByRole('button', { name: 'Choose this folder' }).click();
  await page.getByTestId('cohort-table').waitFor();
}

/** Chooses a folder below the first root, or makes it there, with the picker that stands under this title. */
export async function chooseServerFolder(
  page: Page,
  title: string,
  name: string,
  isNew: boolean,
): Promise<void> {
  const picker = page.getByRole('dialog', { name: title });
  await picker.locator('li button').first().click();
  if (isNew) {
    await picker.getByLabel('Name of a new folder').fill(name);
    await picker.getByRole('button', { name: 'Create' }).click();
    await picker.getByText(name, { exact: false }).first().waitFor();
  } else await picker.locator('li button', { hasText: name }).click();
  await picker.getByRole('button', { name: 'Choose this folder' }).click();
}

/** Segments images that are not what the input checks expect (the tiny ones of tests), and waits for the volumes. Returns the seconds that it took. */
export async function segmentAnyway(page: Page): Promise<number> {
  const started = performance.now();
  await startSegmenting(page);
  // From the click to the end the bar takes the button's place.
  await segmentButton(page).waitFor();
  const anyway = page.getByRole('button', { name: 'Segment anyway' });
  if (await anyway.isVisible()) await anyway.click();
  await page.getByRole('button', { name: 'Segment again' }).waitFor();
  await page.locator('[data-testid=volumes]').waitFor();
  const seconds = (performance.now() - started) / 1000;
  // Its mask is drawn, and the crosshair went to its largest slice.
  await page.locator('.stage[aria-busy=false]').waitFor();
  return seconds;
}

const segmentButton = (page: Page) => page.getByRole('button', { name: /^Segment( again)?$/ });

export const startSegmenting = (page: Page) => segmentButton(page).click();

/** Waits for a problem in the corner of the window, dismisses it and gives its words. */
export async function noticeOf(page: Page, code: string): Promise<string> {
  const note = page.locator(`.notices [data-code=${code}]`);
  await note.waitFor();
  const text = await note.textContent();
  await note.getByRole('button', { name: 'Dismiss' }).click();
  await note.waitFor({ state: 'detached' });
  return text!;
}

/** Keeps a picture of the page to look at, in the folder that `QUORUM_SCREENSHOTS` names, if it names one. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.QUORUM_SCREENSHOTS;
  if (folder) await page.screenshot({ path: resolve(folder, `${name}.png`) });
}
