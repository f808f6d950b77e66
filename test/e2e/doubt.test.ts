import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dicomBytes, element } from '../dicom/dicomBytes.js';
import { temporaryFolder } from '../volume/folder.js';
import { buildRenderer, haveChromium, launch, picture, type Served, serve } from './browser.js';

const SUITE = 'what is in doubt, and what was lost, in the window';
const chromium = haveChromium(SUITE);

describe.skipIf(!chromium)(SUITE, () => {
  const folder = temporaryFolder();
  let server: Served;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    buildRenderer();
    const write = (number: string, description: string, time: string, skip = -1) => {
      mkdirSync(join(folder.path, 'exam', number), { recursive: true });
      const extra = [element(8, 0x22, 'DA', '20200131'), element(8, 0x32, 'TM', time)];
      for (let slice = 0; slice < 12; slice++)
        if (slice !== skip)
          writeFileSync(
            join(folder.path, 'exam', number, String(slice)),
            dicomBytes({ slice, series: number, description, extra }),
          );
    };
    write('2', 'T1 AX', '100000');
    write('3', 'FLAIR', '100500');
    write('4', 'T1 TRA 3D', '101500');
    write('5', 'T2 TSE', '100800', 6);
    server = await serve(join(folder.path, 'profile'), [folder.path]);
    browser = await launch({ webgl: false });
    page = await browser.newPage({ viewport: { width: 1366, height: 900 } });
    await page.goto(server.address);
    await page.getByTestId('folder-input').setInputFiles(join(folder.path, 'exam'));
    await page.getByTestId('doubt').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const used = (title: string) => page.getByRole('switch', { name: `Use ${title}`, exact: true });

  it('names both candidates, and one click settles both', async () => {
    const doubt = page.getByTestId('doubt');
    for (const part of ['Which is T1, which is T1ce?', 'T1 AX', 'T1 TRA 3D', '10:00', '10:15'])
      await expect.poll(() => doubt.textContent()).toContain(part);
    expect(await used('T1').count()).toBe(0);
    await picture(page, 'doubt');
    await doubt.getByRole('button', { name: 'T1 TRA 3D is T1ce' }).click();
    await used('T1ce').waitFor();
    await used('T1').waitFor();
    await doubt.waitFor({ state: 'detached' });
  });

  it('says what a missing slice keeps out, and takes it on request', async () => {
    const lost = page.getByTestId('lost');
    await expect
      .poll(() => lost.textContent())
      .toMatch(/T2 is there but is not used:\s*1 of its slices is missing/);
    await lost.getByRole('button', { name: 'Use it all the same' }).click();
    await used('T2').waitFor();
    await lost.waitFor({ state: 'detached' });
  });
});
