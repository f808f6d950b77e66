import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyStudy } from '../session/harness.js';
import { temporaryFolder } from '../volume/folder.js';
import {
  answerQuestions,
  buildRenderer,
  haveChromium,
  launch,
  noticeOf,
  openServerFolder,
  openView,
  type Served,
  segmentAnyway,
  serve,
} from './browser.js';
import { killTree } from './electronApp.js';

const SUITE = 'a full disk, hostile models and a killed app, seen in the window';
const chromium = haveChromium(SUITE);

/** A disk of 32 kB at a folder; null, said loudly, where mounting is not permitted. */
function tinyDisk(folder: string): { free(): void } | null {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', folder], { stdio: 'ignore' });
    return { free: () => execFileSync('umount', ['-l', folder]) };
  } catch {
    console.warn('SKIPPED: export onto a full disk: mounting a tmpfs is not permitted here');
    return null;
  }
}

describe.skipIf(!chromium)(SUITE, () => {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  const disk = chromium ? tinyDisk(at('root', 'disk')) : null;
  let server: Served;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    buildRenderer();
    await writeTinyStudy(at('root'), 'patient', ['t1ce', 'flair']);
    server = await serve(at('profile'), [at('root')]);
    browser = await launch({ webgl: false });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(server.address);
    await page.getByRole('button', { name: /sample patient/ }).waitFor();
    await openServerFolder(page, 'patient');
    await answerQuestions(page);
    await segmentAnyway(page);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    disk?.free();
  });

  it.skipIf(!disk)('says that the disk is full, and leaves nothing half-written on it', async () => {
    await page.locator('main').press('e');
    const dialog = page.getByRole('dialog', { name: /^Export/ });
    await dialog.getByText('Into a folder on the server').click();
    await dialog.getByRole('button', { name: 'Choose a folder…' }).click();
    const picker = page.getByRole('dialog', { name: 'Where to save' });
    await picker.locator('li button').first().click();
    await picker.locator('li button', { hasText: 'disk' }).click();
    await picker.getByRole('button', { name: 'Choose this folder' }).click();
    await dialog.getByText('My choice').click();
    await dialog.getByText('Probability maps').click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    const full = dialog.locator('[data-code=DISK_FULL]');
    await expect.poll(() => full.textContent()).toContain('The disk is full');
    expect(readdirSync(at('root', 'disk'))).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  describe('a model folder', () => {
    const shipped = 'resources/model';
    const hostile: Record<string, (folder: string) => void> = {
      MODEL_INVALID: (model) =>
        writeFileSync(join(model, 'model.json'), '{"name": "<img src=x onerror=alert(1)>"}'),
      MODEL_HASH_MISMATCH: (model) => {
        const weights = readFileSync(join(model, 'weights.safetensors'));
        weights[weights.length - 1] ^= 1;
        writeFileSync(join(model, 'weights.safetensors'), weights);
      },
      WEIGHTS_INVALID: (model) => {
        // A header that claims to be longer than any file.
        const bytes = Buffer.alloc(16, 0x7f);
        writeFileSync(join(model, 'weights.safetensors'), bytes);
        const json = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'));
        json.weightsSha256 = createHash('sha256').update(bytes).digest('hex');
        writeFileSync(join(model, 'model.json'), JSON.stringify(json));
      },
    };

    for (const [code, spoil] of Object.entries(hostile))
      it(`that is hostile is refused: ${code}`, async () => {
        const model = at('root', code.toLowerCase());
        cpSync(shipped, model, { recursive: true });
        spoil(model);
        await openView(page, 'Models');
        await page.getByRole('button', { name: 'Add a model from a folder…' }).click();
        const picker = page.getByRole('dialog');
        await picker.locator('li button').first().click();
        await picker.locator('li button', { hasText: code.toLowerCase() }).click();
        await picker.getByRole('button', { name: 'Choose this folder' }).click();
        expect((await noticeOf(page, code)).length).toBeGreaterThan(20);
        expect(await page.getByRole('heading', { name: /Add “/ }).count()).toBe(0);
        expect(readdirSync(at('profile', 'quorum', 'models'))).toEqual([]);
      });

    it('of another model that is chosen: the first line of the result says which model made it', async () => {
      const model = at('root', 'sound');
      cpSync(shipped, model, { recursive: true });
      const file = join(model, 'model.json');
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), name: 'Other' }));
      const choose = () => page.getByRole('button', { name: 'Choose', exact: true }).click();
      await page.getByRole('button', { name: 'Add a model from a folder…' }).click();
      const picker = page.getByRole('dialog');
      await picker.locator('li button').first().click();
      await picker.locator('li button', { hasText: 'sound' }).click();
      await picker.getByRole('button', { name: 'Choose this folder' }).click();
      await page.getByRole('button', { name: 'Add this model' }).click();
      await choose();
      await openView(page, 'Case');
      await expect
        .poll(async () => (await page.getByTestId('other-model').textContent())?.trim())
        .toBe('This result is of Quorum; chosen now: Other. Segment again.');
      await openView(page, 'Models');
      await page.getByRole('button', { name: 'Remove…' }).click();
      await page.getByRole('button', { name: 'Remove for good' }).click();
      await openView(page, 'Case');
      await page.getByTestId('other-model').waitFor({ state: 'detached' });
    });
  });

  it('keeps every stroke when the whole app is killed while editing', async () => {
    await openView(page, 'Correct');
    const table = page.getByTestId('edit-volumes');
    const pane = page.locator('canvas[data-plane=axial]');
    await page.getByRole('button', { name: 'Brush' }).click();
    for (const strokes of [1, 2]) {
      await pane.focus();
      for (let step = 0; step < 8; step++) await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Space');
      await page.getByText(`${strokes} stroke`, { exact: false }).waitFor();
    }
    await page.getByText('kept on disk').waitFor();
    const edited = await table.textContent();

    // Everything at once, as a power cut would.
    const ended = new Promise((done) => server.process.once('close', done));
    killTree(server.process.pid!);
    await ended;
    server = await serve(at('profile'), [at('root')]);
    await page.goto(server.address);
    await openServerFolder(page, 'patient');
    await openView(page, 'Correct');
    await page.getByText('2 strokes', { exact: false }).waitFor();
    await expect.poll(() => table.textContent()).toBe(edited);
  });

  it('leaves no name, number or path of a case that is forgotten in the profile', async () => {
    await openView(page, 'Case');
    const hits = () => {
      const found = readdirSync(at('profile'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes('patient'));
      return found.map(({ name }) => name);
    };
    await expect.poll(hits).not.toEqual([]);
    await page
      .getByRole('button', { name: /^Close and delete everything/ })
      .first()
      .click();
    const confirm = page.getByRole('dialog');
    await confirm.getByRole('button', { name: /^Forget/ }).click();
    await page.getByRole('heading', { name: 'Drop one examination here' }).waitFor();
    await expect.poll(hits).toEqual([]);
    expect(readdirSync(at('profile', 'quorum', 'edits'))).toEqual([]);
    expect(readdirSync(at('profile', 'quorum', 'cache'))).toEqual([]);
  });
});
