import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { segmentCommand } from '../src/cli/segment.js';
import { hostOf } from '../src/commands/host.js';
import { NO_FORMATS } from '../src/contract/formats.js';
import { SURROUNDINGS } from '../src/pipeline/surroundings.js';
import { createServices } from '../src/session/services.js';
import { answerCall, clientOver } from '../src/wire/calls.js';
import { jobEnd, openCase, segment, writeTinyStudy } from './session/harness.js';
import { localWorker } from './session/localWorker.js';

/**
 * docs/architecture.md, "The two ways", is what runs: a request is carried out in this process, V8 counts which functions were called
 * meanwhile, and the files that they stand in are those that are named there.
 */

/** Files that run elsewhere, or on being loaded alone: named in the document, not seen here. */
const NOT_SEEN = {
  segment: ['cli/program'],
  export: ['renderer/views/export/ExportDialog', 'electron/preload', 'electron/ipc', 'electron/processes'],
};

/** What is not counted as a part of a way. */
const NOT_COUNTED = [
  // Below the pipeline: files, images, the network; writers of one format.
  /^(files|volume|network|kernels|masks|model|dicom|recognise|intake|evaluate|engine|prepare|segment|checks|kept)\//,
  /^export\/(?!output$)/,
  // Words and numbers.
  /^(errors|terms|numbers|halfPrecision|statistics|trace|sideBySide)$/,
  /^contract\//,
  // Leaves that look at images or at the clock, or write one format.
  /^pipeline\/(formats\/.*|facts|stopwatch|surroundings)$/,
  /^jobs\/estimate$/,
  // Hear every event, and let those of others pass.
  /^session\/(cohorts|followups)\//,
  // The answer on its way back.
  /^cli\/(results|table)$/,
];

const inspector = new Session();
let folder: string;
let study: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-ways-'));
  study = await writeTinyStudy(folder);
  inspector.connect();
  await inspector.post('Profiler.enable');
});
afterAll(async () => {
  inspector.disconnect();
  await rm(folder, { recursive: true, force: true });
});

/** Modules of `src`, as the document names them, of which a function was called. */
async function calledIn(work: () => Promise<unknown>): Promise<string[]> {
  await inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await inspector.post('Profiler.takePreciseCoverage');
  await work();
  const { result } = await inspector.post('Profiler.takePreciseCoverage');
  await inspector.post('Profiler.stopPreciseCoverage');
  const source = join(process.cwd(), 'src/');
  return result
    .filter(({ functions }) => functions.some(({ functionName, ranges }) => functionName && ranges[0].count))
    .flatMap(({ url }) => {
      const at = url.indexOf(source);
      return at < 0 ? [] : [url.slice(at + source.length).replace(/\.ts$/, '')];
    })
    .filter((module) => !NOT_COUNTED.some((pattern) => pattern.test(module)));
}

/** The files of a way in the document, and how many it says they are. */
async function documented(title: string): Promise<{ count: number; files: string[] }> {
  const text = await readFile('docs/architecture.md', 'utf8');
  const [, count, list] = new RegExp(`^- \\*\\*${title}, (\\d+):\\*\\* (.*)$`, 'm').exec(text)!;
  return { count: Number(count), files: list.match(/[\w/]+/g)! };
}

const fileOf = (module: string) =>
  ['src/', ''].flatMap((room) => ['.ts', '.svelte'].map((ending) => room + module + ending)).find(existsSync);

it('a case is segmented by the command line through the files that are named', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const command = segmentCommand(hostOf(join(folder, 'command')));
  const called = await calledIn(() =>
    command.parseAsync([study, '--out', join(folder, 'out'), '--force', '--device', 'cpu'], { from: 'user' }),
  );
  vi.restoreAllMocks();
  const { count, files } = await documented('`quorum segment`');
  expect([...called, ...NOT_SEEN.segment].sort()).toEqual(files.toSorted());
  expect(files).toHaveLength(count);
  expect(files.filter((file) => !fileOf(file))).toEqual([]);
});

it('a window exports a result through the files that are named', async () => {
  const launchWorker = localWorker(SURROUNDINGS);
  const services = createServices({ profileFolder: join(folder, 'window'), launchWorker });
  const { id } = await openCase(services, study);
  await segment(services, id);
  const client = clientOver({
    request: (message) => answerCall(services, message),
    onEvent: (listener) => services.onEvent(listener),
  });
  const called = await calledIn(async () => {
    const { job } = await client.call('export.start', {
      ...NO_FORMATS,
      case: id,
      folder: join(folder, 'exported'),
      combination: 't1+t1ce+t2+flair',
    });
    expect((await jobEnd(services, job)).state).toBe('done');
  });
  await services.close();
  const { count, files } = await documented('A window’s export');
  expect([...called, ...NOT_SEEN.export].sort()).toEqual(files.toSorted());
  expect(files).toHaveLength(count);
  expect(files.filter((file) => !fileOf(file))).toEqual([]);
});
