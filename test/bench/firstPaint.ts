/**
 * From starting the program to the first content on the screen: the real Electron with Quorum against the same Electron with one line
 * of text, and a browser on `quorum serve` from the start of the command.
 *
 * Run by hand after `npm run build`: `npx tsx test/bench/firstPaint.ts [runs]`. Electron is looked for as by the tests
 * (`ELECTRON_OVERRIDE_DIST_PATH`).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type Page } from 'playwright-core';
import { haveChromium, launch, serve } from '../e2e/browser.js';
import { appFolderFor, findElectron, ROOT_ARGUMENTS, startDisplay } from '../e2e/electronApp.js';
import { firstPaint } from '../e2e/timings.js';

const runs = Number(process.argv[2] ?? 5);
const scratch = mkdtempSync(join(tmpdir(), 'quorum-paint-'));
const electron = findElectron('first paint in Electron');
try {
  if (electron) await compareElectron(electron);
  if (haveChromium('first paint in a browser')) await timeBrowser();
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

async function compareElectron(executablePath: string): Promise<void> {
  const { display, stop } = await startDisplay();
  const quorum = appFolderFor(executablePath, scratch);
  const bare = bareApp();
  const times: { quorum: number[]; bare: number[] } = { quorum: [], bare: [] };
  for (let run = 0; run < runs; run++) {
    for (const [name, folder] of [
      ['bare', bare],
      ['quorum', quorum],
    ] as const) {
      const started = Date.now();
      const app = await _electron.launch({
        executablePath,
        args: [...ROOT_ARGUMENTS, folder],
        env: {
          ...process.env,
          DISPLAY: display,
          XDG_CONFIG_HOME: scratch,
          XDG_STATE_HOME: scratch,
        } as Record<string, string>,
      });
      times[name].push((await paintedAt(await app.firstWindow())) - started);
      await app.close();
    }
  }
  stop();
  const [own, least] = [median(times.quorum), median(times.bare)];
  console.log(
    `Electron, start to first paint: ${shown(times.quorum)} with Quorum, ${shown(times.bare)} with one line of text: ${(own / least).toFixed(2)} times`,
  );
}

async function timeBrowser(): Promise<void> {
  const browser = await launch();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const started = Date.now();
    const served = await serve(join(scratch, `profile${run}`), [scratch]);
    const page = await browser.newPage();
    await page.goto(served.address);
    // The one-time token leads on to the page itself.
    await page.getByRole('heading').first().waitFor();
    times.push((await paintedAt(page)) - started);
    await page.close();
    await served.close();
  }
  await browser.close();
  console.log(`quorum serve and a running browser, start to first paint: ${shown(times)}`);
}

/** Milliseconds since 1970 of the first content that the page painted. */
async function paintedAt(page: Page): Promise<number> {
  const origin = await page.evaluate<number>('performance.timeOrigin');
  return origin + (await firstPaint(page));
}

function bareApp(): string {
  const folder = join(scratch, 'bare');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"name": "bare", "main": "main.cjs"}');
  writeFileSync(
    join(folder, 'main.cjs'),
    `const { app, BrowserWindow } = require('electron');
app.whenReady().then(() => new BrowserWindow().loadURL('data:text/html,text'));`,
  );
  return folder;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function shown(values: readonly number[]): string {
  return `${Math.round(median(values))} ms (${values.map(Math.round).join(', ')})`;
}
