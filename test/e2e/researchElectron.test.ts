import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { ElectronApplication, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCubes } from '../support/syntheticCubes.js';
import { drop, openView, picture } from './browser.js';
import { appFolderFor, findElectron, launchElectron, startDisplay } from './electronApp.js';

const SUITE = 'research in a real Electron';
const electron = findElectron(SUITE);

describe.skipIf(electron === null)(SUITE, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'quorum-e2e-'));
  const cubes = join(scratch, 'cubes');
  const work = join(scratch, 'work');
  let display: Awaited<ReturnType<typeof startDisplay>>;
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    display = await startDisplay();
    await writeCubes(cubes);
    mkdirSync(work);
    const environment = {
      ...(process.env as Record<string, string>),
      DISPLAY: display.display,
      XDG_STATE_HOME: join(scratch, 'profile'),
    };
    ({ app, page } = await launchElectron(electron!, [appFolderFor(electron!, scratch)], environment));
    await openView(page, 'Research');
  });
  afterAll(async () => {
    await app?.close();
    display?.stop();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
  });

  it('takes a folder where it lies when it is dropped, and says what is there', async () => {
    await drop(page, cubes);
    const summary = page.getByTestId('data-summary');
    await expect.poll(() => summary.textContent()).toContain('4 cases of 4 patients');
    const rows = page.getByRole('region', { name: 'Table of cases' }).locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(4);
    await expect.poll(() => page.locator(`.tag[title="${cubes}"]`).count()).toBe(1);
  });

  it('trains three steps, whose curves are drawn, and saves them as SVG and PNG', async () => {
    await page.getByRole('radiogroup', { name: 'Part of research' }).getByText('Train').click();
    await page.getByRole('button', { name: 'New training…' }).click();
    const form = page.getByRole('form', { name: 'New training' });
    await form.getByText('More: every option of quorum train').click();
    for (const [name, value] of [
      ['steps', '3'],
      ['batch', '1'],
      ['validate-every', '0'],
    ])
      await form
        .locator('label.option', { has: page.locator('code', { hasText: new RegExp(`^${name}$`) }) })
        .locator('input')
        .fill(value);
    await app.evaluate(({ dialog }, folder) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder] });
    }, work);
    await form.getByRole('button', { name: 'Where to…' }).click();
    await form.getByLabel('Name of the model').fill('first');
    await form.getByRole('button', { name: 'Start training' }).click();
    await page.locator('[data-run=first][data-state=finished]').waitFor({ timeout: 300_000 });
    await expect.poll(() => page.getByTestId('curves').getAttribute('data-step')).toBe('3');
    const figure = page.getByRole('figure', { name: 'Loss of each combination' });
    await expect.poll(() => figure.locator('[aria-roledescription="line mark"]').count()).toBe(4);
    await picture(page, 'research-electron');

    const [svg, png] = [join(work, 'loss.svg'), join(work, 'loss.png')];
    await app.evaluate(
      ({ BrowserWindow, dialog }, files) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: files.png });
        const { session } = BrowserWindow.getAllWindows()[0].webContents;
        session.on('will-download', (_event, item) => item.setSavePath(files.svg));
      },
      { svg, png },
    );
    await figure.getByRole('button', { name: /^Save as SVG/ }).click();
    await expect.poll(() => textOf(svg)).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
    const size = /^<svg [^>]*width="(\d+)" height="(\d+)"/.exec(textOf(svg))!.slice(1).map(Number);
    await figure.getByRole('button', { name: /^Save as PNG/ }).click();
    await expect.poll(() => textOf(png)).toMatch(/^.PNG[\s\S]*IEND.{4}$/s);
    const { width, height } = decode(readFileSync(png));
    expect([width, height]).toEqual(size.map((side) => 2 * side));
  }, 600_000);
});

/** Nothing while the file is not there yet. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
