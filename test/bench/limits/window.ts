/**
 * What somebody at the window waits for: another combination's mask, a fader, the threshold, the first paint, an examination of 2,000
 * DICOM files. Through the built services as the window calls them, the worker a process of its own. Run by `npm run bench:limits`.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SAMPLE_PATIENT } from '../../../src/pipeline/sample.js';
import type { Services } from '../../../src/session/services.js';
import { answerCall, clientOver } from '../../../src/wire/calls.js';
import { dicomBytes } from '../../dicom/dicomBytes.js';
import { haveChromium, launch, serve } from '../../e2e/browser.js';
import { firstPaint } from '../../e2e/timings.js';
import { openCase, segment } from '../../session/harness.js';
import { median, removeScratch, writeLog } from './log.js';

const SERIES = ['T1 AX', 'T1 AX POST GAD', 'T2 AX', 'FLAIR AX', 'DWI AX', 'ADC AX', 'SWI AX', 'LOCALIZER'];

const scratch = mkdtempSync(join(tmpdir(), 'quorum-window-'));
const services = await builtServices(join(scratch, 'profile'));
const client = clientOver({
  request: (message) => answerCall(services, message),
  onEvent: (listener) => services.onEvent(listener),
});
try {
  const { id } = await openCase(services, SAMPLE_PATIENT);
  await segment(services, id);
  const combinations = [
    't1',
    't1ce',
    't2',
    'flair',
    't1+flair',
    't1ce+flair',
    't1+t1ce+t2',
    't2+flair',
  ] as const;
  const masks: number[] = [];
  for (const combination of combinations) {
    const mask = { kind: 'combination', combination } as const;
    masks.push(await milliseconds(() => client.callBinary('masks.labels', { case: id, mask })));
  }
  // The window asks for the mask as it is when the faders open; what is moved comes after it.
  const opened = await milliseconds(() => client.callBinary('maps.explore', { case: id, factors: {} }));
  const faders: number[] = [];
  for (const factor of [0, 0.3, 0.7, 1.4, 2, 4])
    faders.push(
      await milliseconds(() => client.callBinary('maps.explore', { case: id, factors: { t2: factor } })),
    );
  const thresholds: number[] = [];
  for (const threshold of [0.2, 0.35, 0.5, 0.65, 0.8])
    thresholds.push(
      await milliseconds(() => client.callBinary('maps.explore', { case: id, factors: {}, threshold })),
    );
  const moved: number[] = [];
  for (const threshold of [0.2, 0.35, 0.5, 0.65, 0.8]) {
    const mask = { kind: 'combination', combination: 't1ce+flair', threshold } as const;
    moved.push(await milliseconds(() => client.callBinary('masks.labels', { case: id, mask })));
  }
  const dicom = await dicomStudy(2000);
  const { paints, starts } = haveChromium('first paint') ? await paintTimes(5) : { paints: [], starts: [] };
  const grid = '240×240×155';
  writeLog('window', { grid, masks, opened, faders, thresholds, moved, dicom, paints, starts });
  console.log(
    `mask ${median(masks).toFixed(0)} ms, fader ${median(faders).toFixed(0)}, threshold ${median(thresholds).toFixed(0)} and with clean-up ${median(moved).toFixed(0)}, DICOM ${dicom.toFixed(0)}, paint ${paints.map(Math.round)}`,
  );
} finally {
  await services.close();
  removeScratch(scratch);
}

/** The services as they are shipped: a worker from the sources would spend its start on being compiled. */
async function builtServices(profileFolder: string): Promise<Services> {
  const module = new URL('../../../dist/session/services.js', import.meta.url).href;
  const { createServices, forkedWorker }: typeof import('../../../src/session/services.js') = await import(
    module
  );
  return createServices({
    profileFolder,
    launchWorker: (workerArguments) => forkedWorker(workerArguments, []),
  });
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Opens an examination of 20 series in so many files of 256×256 pixels: milliseconds. */
async function dicomStudy(files: number): Promise<number> {
  const folder = join(scratch, 'dicom');
  mkdirSync(folder);
  const slices = files / 20;
  for (let n = 0; n < files; n++) {
    const series = Math.floor(n / slices);
    const slice = n % slices;
    const bytes = dicomBytes({
      ...{ slice, rows: 256, columns: 256, position: [-128, -128, slice * 1.5] },
      series: `${series + 1}`,
      description: SERIES[series] ?? `PERFUSION ${series}`,
    });
    writeFileSync(join(folder, `IM${n}`), bytes);
  }
  return milliseconds(() => openCase(services, folder));
}

/** To the first content on the page, milliseconds: from the page's address, and from the start of `quorum serve`. */
async function paintTimes(runs: number): Promise<{ paints: number[]; starts: number[] }> {
  const browser = await launch();
  const paints: number[] = [];
  const starts: number[] = [];
  for (let run = 0; run < runs; run++) {
    const started = Date.now();
    const served = await serve(join(scratch, `profile${run}`), [scratch]);
    const page = await browser.newPage();
    await page.goto(served.address);
    await page.getByRole('heading').first().waitFor();
    const origin = await page.evaluate<number>('performance.timeOrigin');
    const paint = await firstPaint(page);
    paints.push(paint);
    starts.push(origin + paint - started);
    await page.close();
    await served.close();
  }
  await browser.close();
  return { paints, starts };
}
