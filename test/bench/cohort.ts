/**
 * A table of eighty cases: from the click on its tab to the second frame with rows, and frames a second while it is scrolled, beside
 * those of the same table at rest, and the share of the time that the page itself works (script, style, layout) – the rest is drawing.
 *
 * Run by hand after `npm run build`: `npx tsx test/bench/cohort.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haveChromium, launch, openServerResults, serve } from '../e2e/browser.js';
import { writeSyntheticCohort } from '../support/syntheticCohort.js';

const PAINT = `(async () => {
  const tab = (name) => [...document.querySelectorAll('nav button')].find((b) => b.textContent === name);
  const times = [];
  for (let run = 0; run < 7; run++) {
    tab('Settings').click();
    await new Promise((done) => setTimeout(done, 500));
    const start = performance.now();
    tab('Cohort').click();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    if (!document.querySelector('[data-case]')) throw new Error('no rows');
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
})()`;

/** With `move` false nothing changes: what the browser draws at best on this machine, now. */
const SCROLL = (move: boolean) => `(async () => {
  const table = document.querySelector('[data-testid=cohort-table]');
  const start = performance.now();
  let frames = 0;
  while (performance.now() - start < 2000) {
    if (${move}) table.scrollTop = ((performance.now() - start) / 2000) * (table.scrollHeight - table.clientHeight);
    await new Promise((done) => requestAnimationFrame(done));
    frames++;
  }
  return frames / ((performance.now() - start) / 1000);
})()`;

const scratch = mkdtempSync(join(tmpdir(), 'quorum-cohort-'));
try {
  if (haveChromium('a cohort of eighty')) await time();
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

async function time(): Promise<void> {
  const results = join(scratch, 'root', 'eighty');
  writeSyntheticCohort(results, 80);
  const server = await serve(join(scratch, 'profile'), [join(scratch, 'root')]);
  const browser = await launch();
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  await page.goto(server.address);
  await openServerResults(page, 'eighty');
  const times = (await page.evaluate(PAINT)) as number[];
  const atRest = (await page.evaluate(SCROLL(false))) as number;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const worked = async () =>
    (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value;
  const before = await worked();
  const frames = (await page.evaluate(SCROLL(true))) as number;
  const busy = ((await worked()) - before) / 2;
  console.log(
    `80 cases: first paint ${times[3].toFixed(0)} ms (${times[0].toFixed(0)}–${times[6].toFixed(0)}), scrolled at ${frames.toFixed(0)} frames/s (${(frames / atRest).toFixed(2)} of ${atRest.toFixed(0)} at rest), the page works ${(100 * busy).toFixed(0)} % of that time`,
  );
  await browser.close();
  await server.close();
}
