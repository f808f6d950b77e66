import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildRenderer, haveChromium, launch, type Served, serve } from '../browser.js';
import { firstPaint } from '../timings.js';
import { lineOf, Walk, type Window } from './walk.js';
import { WALKS } from './walks.js';

/**
 * Walks through Quorum as seven kinds of users do, and prints how long they waited beside what the first walk took (load average in
 * brackets; the machine was busy then). `npm run walks` walks all, `npm run walks -- 1 7` some. Needs Chromium, and for 1, 2 and 3 the
 * real data. Pictures of every stop go to the folder in QUORUM_SCREENSHOTS, or to one that is named at the end.
 */
const chosen = process.argv.slice(2);
const pictures = resolve(
  process.env.QUORUM_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'quorum-walks-pictures-')),
);
const scratch = mkdtempSync(join(tmpdir(), 'quorum-walks-'));
if (!haveChromium('walks')) process.exit(1);
buildRenderer();

const browser = await launch();
const times = [];
let failed = false;
console.info(`${cpus().length} cores, ${cpus()[0].model}`);
for (const { title, walk } of WALKS.filter((_, n) => chosen.length === 0 || chosen.includes(`${n + 1}`))) {
  const at = new Walk(title, join(scratch, title[0]), pictures);
  const servers: Served[] = [];
  const window = async (): Promise<Window> => {
    mkdirSync(at.at('results'), { recursive: true });
    const server = await at.time('quorum serve, to its address', '4.1 s (3)', () =>
      serve(at.at('profile'), [at.at('results')]),
    );
    servers.push(server);
    const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
    await page.goto(server.address);
    // The address is good once; it leads on to the page.
    await page.getByRole('button', { name: /sample patient/ }).waitFor();
    at.note('first paint', '2.9 s (3)', (await firstPaint(page)) / 1000);
    return { page, server };
  };
  console.info(title);
  try {
    await walk(at, window);
  } catch (error) {
    failed = true;
    console.error(error);
    for (const page of browser.contexts().flatMap((context) => context.pages()))
      await at.look(page, 'ended-here');
  }
  for (const context of browser.contexts()) await context.close();
  for (const server of servers) await server.close();
  times.push(...at.times);
}
await browser.close();
rmSync(scratch, { recursive: true, force: true });

console.info('\nAll times: now, of the processor, load average, and on the first walk');
let last = '';
for (const timed of times) {
  if (timed.walk !== last) console.info(timed.walk);
  last = timed.walk;
  console.info(lineOf(timed));
}
console.info(`Pictures: ${pictures}`);
process.exitCode = failed ? 1 : 0;
