import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import { it } from 'vitest';
import { appFolderFor, findElectron, processTree, ROOT_ARGUMENTS, startDisplay } from './electronApp.js';

const shot = (p: any, n: string) => p.screenshot({ path: `/tmp/w-walk/shots/${n}.png` });
const say = (w: string, t: number) => console.log(`${w}: ${((performance.now() - t) / 1000).toFixed(1)} s`);
it('walks', async () => {
  const electron = findElectron('walk')!;
  const scratch = mkdtempSync(join(tmpdir(), 'w-el-'));
  const display = await startDisplay();
  const folder = appFolderFor(electron, scratch);
  const env = { ...(process.env as any), DISPLAY: display.display, XDG_STATE_HOME: join(scratch, 'p') };
  for (const [name, data] of [
    ['radiologist', '/tmp/w-walk/data/dicom-one'],
    ['neuro', '/tmp/w-walk/data/dicom-two'],
  ] as const) {
    let t = performance.now();
    const app = await _electron.launch({
      executablePath: electron,
      args: [folder, ...ROOT_ARGUMENTS, data],
      env,
    });
    const page = await app.firstWindow();
    await page.setViewportSize({ width: 1366, height: 768 }).catch(() => {});
    await page.getByText('Quorum').first().waitFor();
    say(name + ' start to first view', t);
    t = performance.now();
    if (name === 'neuro') {
      await page.getByTestId('studies').waitFor({ timeout: 120000 });
      say('list', t);
      await shot(page, 'el-list');
      await page
        .getByRole('region', { name: /BEISPIEL, Bert/ })
        .locator('li.study')
        .last()
        .getByRole('button')
        .click();
    }
    await page.getByTestId('patient').waitFor({ timeout: 180000 });
    await page.locator('canvas').first().waitFor({ timeout: 100000 });
    say('open', t);
    await page.waitForTimeout(5000);
    await shot(page, 'el-' + name + '-open');
    if (name === 'radiologist') {
      for (const [q, a] of [
        ['adult', 'Yes'],
        ['treated', 'No'],
        ['glioma', 'Unknown'],
      ])
        await page.locator(`[data-question=${q}] label`).getByText(a, { exact: true }).click();
      t = performance.now();
      await page.getByRole('button', { name: /^Segment( again)?$/ }).click();
      await page.locator('[data-testid=volumes]').waitFor({ timeout: 900000 });
      say('segment to volumes', t);
      await page.waitForTimeout(5000);
      await shot(page, 'el-result');
      await page
        .getByRole('button', { name: /^Export/ })
        .first()
        .click();
      await page.waitForTimeout(1500);
      await shot(page, 'el-export');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await page.waitForTimeout(3000);
      await shot(page, 'el-recents');
    } else {
      await page.getByTestId('patient').getByRole('button', { name: 'Hide who the patient is' }).click();
      await page.waitForTimeout(1500);
      await shot(page, 'el-hidden');
    }
    for (const pid of processTree(app.process().pid!).reverse())
      try {
        process.kill(pid, 'SIGKILL');
      } catch {}
  }
  display.stop();
}, 1_500_000);
