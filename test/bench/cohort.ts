/**
 * A table of eighty cases: from the click on its tab to the second frame with rows, and frames a second while it is scrolled. Beside it, by
 * turns, a page of eighty lines of plain text that is scrolled as far and as fast: what this browser draws at best on this machine, now.
 * Also the share of the time that the page itself works (script, style, layout) – the rest is drawing.
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

const SCROLL = (selector: string) => `(async () => {
  const table = document.querySelector('${selector}');
  const start = performance.now();
  let frames = 0;
  while (performance.now() - start < 2000) {
    table.scrollTop = ((performance.now() - start) / 2000) * (table.scrollHeight - table.clientHeight);
    await new Promise((done) => requestAnimationFrame(done));
    frames++;
  }
  table.scrollTop = 0;
  return frames / ((performance.now() - start) / 1000);
})()`;

/** Lines as high as the table's rows, in a box as large as the table. */
const PLAIN = `<!doctype html><body style="margin:0"><div id="plain" style="height:600px;width:1100px;overflow:auto">${Array.from(
  { length: 80 },
  (_, n) => `<div style="height:40px">Patient ${n + 1}, done, 42.0 ml</div>`,
).join('')}</div>`;

const TURNS = 5;
const middle = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

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
  const plain = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  await plain.setContent(PLAIN);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const worked = async () =>
    (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value;
  const ofTable: number[] = [];
  const ofPlain: number[] = [];
  const busy: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    await plain.bringToFront();
    ofPlain.push((await plain.evaluate(SCROLL('#plain'))) as number);
    await page.bringToFront();
    const before = await worked();
    ofTable.push((await page.evaluate(SCROLL('[data-testid=cohort-table]'))) as number);
    busy.push(((await worked()) - before) / 2);
  }
  const ratio = middle(ofTable.map((frames, n) => frames / ofPlain[n]));
  const rounded = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(', ');
  console.log(
    `80 cases: first paint ${times[3].toFixed(0)} ms (${times[0].toFixed(0)}–${times[6].toFixed(0)}); scrolled at ${middle(ofTable).toFixed(0)} frames/s (${rounded(ofTable)}), 80 plain lines at ${middle(ofPlain).toFixed(0)} (${rounded(ofPlain)}): ${ratio.toFixed(2)} of it; the page works ${(100 * middle(busy)).toFixed(0)} % of that time`,
  );
  await browser.close();
  await server.close();
}
