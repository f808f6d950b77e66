/**
 * 200 small cases in a row through the worker, each opened, segmented, looked at and closed; 50 windows opened and closed on a server;
 * a profile that is a month old. Memory, open handles, temporary folders, cache. Run by `npm run bench:limits`, or by hand with the
 * number of cases.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODALITIES } from '../../../src/terms.js';
import { writeNifti } from '../../../src/volume/niftiWriter.js';
import { haveChromium, launch, serve } from '../../e2e/browser.js';
import { openCase, segment, startServices, tinyImage } from '../../session/harness.js';
import { heldMb } from './heldMemory.cjs';
import { median, removeScratch, writeLog } from './log.js';

const CASES = Number(process.argv[2] ?? 200);
const WINDOWS = 50;
const CACHE_MB = 60;
const IMAGES = MODALITIES.map((m) => ({ m, image: tinyImage(m) }));
const scratch = mkdtempSync(join(tmpdir(), 'quorum-soak-'));
const HELD_FILE = join(scratch, 'held.txt');
process.env.TMPDIR = join(scratch, 'tmp');
mkdirSync(process.env.TMPDIR);
try {
  const worker = await manyCases(join(scratch, 'profile'));
  const aged = await monthOld(join(scratch, 'profile'));
  const server = haveChromium('windows on a server') ? await manyWindows() : null;
  writeLog('soak', { worker, aged, server });
  console.log(JSON.stringify({ worker: { ...worker, rssMb: undefined }, aged, server }));
} finally {
  removeScratch(scratch);
}

async function manyCases(profile: string) {
  const { services, events, dispose } = await startServices(profile);
  await services.call('settings.set', { cacheLimitMb: CACHE_MB });
  const worker: number[] = [];
  const main: number[] = [];
  const held: number[] = [];
  let handles: [first: number, last: number] = [0, 0];
  let most = 0;
  for (let n = 0; n < CASES; n++) {
    const folder = await caseFolder(n);
    const { id } = await openCase(services, folder);
    await segment(services, id);
    await services.callBinary('masks.labels', {
      case: id,
      mask: { kind: 'combination', combination: 't1+flair' },
    });
    await services.call('cases.close', { case: id });
    rmSync(folder, { recursive: true });
    // The harness keeps every event for the tests.
    events.length = 0;
    const pid = services.workerPid!;
    worker.push(rssMb(pid));
    main.push(rssMb(process.pid));
    if (n % 10 === 9 || n === CASES - 1) held.push(heldMb());
    if (n === Math.min(20, CASES - 1)) handles = [handlesOf(pid), 0];
    handles = [handles[0], handlesOf(pid)];
    most = Math.max(most, (await services.call('cache.status', {})).bytes);
  }
  await dispose();
  const temporary = readdirSync(process.env.TMPDIR!).filter((name) => !name.startsWith('tsx')).length;
  const working = existsSync(join(profile, 'working')) ? readdirSync(join(profile, 'working')).length : 0;
  const tenth = Math.max(1, Math.floor(CASES / 10));
  const ends = (all: readonly number[]) => ({
    early: median(all.slice(tenth, 3 * tenth)),
    late: median(all.slice(-2 * tenth)),
  });
  return {
    cases: CASES,
    ...{ workerMb: ends(worker), mainMb: ends(main), handles, temporary, working },
    heldMb: { early: held[Math.min(1, held.length - 1)], late: held[held.length - 1] },
    cacheMb: { limit: CACHE_MB, most: most / 1e6 },
    rssMb: worker.filter((_, n) => n % 10 === 9).map(Math.round),
  };
}

/** Each case has voxels of its own, so that nothing comes out of the cache. */
async function caseFolder(n: number): Promise<string> {
  const folder = join(scratch, `case-${n}`);
  mkdirSync(folder);
  for (const { m, image } of IMAGES) {
    const data = image.data.map((value) => (value === 0 ? 0 : value + n / 4));
    await writeNifti(join(folder, `case_${m}.nii.gz`), { ...image, data });
  }
  return folder;
}

/** What the cache still holds when everything in it is 31 days old. */
async function monthOld(profile: string) {
  const cache = join(profile, 'cache');
  const before = readdirSync(cache, { recursive: true }).length;
  const then = Date.now() / 1000 - 31 * 86_400;
  for (const name of readdirSync(cache, { recursive: true, encoding: 'utf8' }))
    utimesSync(join(cache, name), then, then);
  const { services, dispose } = await startServices(profile);
  await new Promise((done) => setTimeout(done, 2000));
  const { bytes } = await services.call('cache.status', {});
  await dispose();
  return { entriesBefore: before, bytesAfter: bytes };
}

async function manyWindows() {
  process.env.NODE_OPTIONS = `--require ${join(import.meta.dirname, 'heldMemory.cjs')}`;
  process.env.QUORUM_HELD_MEMORY = HELD_FILE;
  const served = await serve(join(scratch, 'served'), [scratch]);
  process.env.NODE_OPTIONS = '';
  const browser = await launch();
  const context = await browser.newContext();
  const pid = served.process.pid!;
  const first = await context.newPage();
  await first.goto(served.address);
  await first.getByRole('heading').first().waitFor();
  const address = first.url();
  const rss: number[] = [];
  const held: number[] = [];
  const handles: number[] = [];
  for (let n = 0; n < WINDOWS; n++) {
    const page = await context.newPage();
    await page.goto(address);
    await page.getByRole('heading').first().waitFor();
    await page.close();
    rss.push(rssMb(pid));
    if (n % 10 === 9) held.push(await heldBy(pid));
    handles.push(handlesOf(pid));
  }
  await browser.close();
  await served.close();
  return {
    windows: WINDOWS,
    mb: { early: median(rss.slice(5, 15)), late: median(rss.slice(-10)) },
    heldMb: { early: held[0], late: held[held.length - 1] },
    handles: { early: median(handles.slice(5, 15)), late: median(handles.slice(-10)) },
  };
}

/** What a process that was started with heldMemory.cjs holds. */
async function heldBy(pid: number): Promise<number> {
  writeFileSync(HELD_FILE, '');
  process.kill(pid, 'SIGUSR2');
  for (;;) {
    await new Promise((done) => setTimeout(done, 100));
    const [line] = readFileSync(HELD_FILE, 'utf8').split('\n');
    if (line) return Number(line);
  }
}

function rssMb(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kb) / 1024;
}

function handlesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
