/** The pictures of the window in README and user guide: `npm run build && tsx docs/figures/pictures.ts [FOLDER]`. Needs Chromium. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerQuestions, buildRenderer, launch, openView, segment, serve } from '../../test/e2e/browser.js';

const folder = process.argv[2] ?? 'docs/pictures';
buildRenderer();
const profile = mkdtempSync(join(tmpdir(), 'quorum-pictures-'));
const server = await serve(profile, [profile]);
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  await page.goto(server.address);
  await page.getByText('Open the simulated sample patient').click();
  await answerQuestions(page);
  await segment(page);
  await page.waitForTimeout(10_000);
  await page.screenshot({ path: join(folder, 'case.png') });
  await openView(page, 'Compare');
  await page.waitForTimeout(5_000);
  await page.screenshot({ path: join(folder, 'compare.png') });
  await openView(page, 'Models');
  await page.waitForTimeout(2_000);
  await page.screenshot({ path: join(tmpdir(), 'quorum-models.png') });
} finally {
  await browser.close();
  await server.close();
  rmSync(profile, { recursive: true, force: true });
}
